"""Tags of an identity: declared keys get their values, and only what still has our value is ever removed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from . import physical_id
from .calls import Attempts
from .deadline import Phase
from .declaration import TAGS_TYPE, read_tags, tag_list, tag_map
from .errors import HandlerError, Kind, ServiceError, StaleEventError
from .rules import IDENTITY_ARN, violations
from .work import Outcome, Work


def create(work: Work) -> Outcome:
    """Gives the declared keys their values."""
    work.note(work.id_of_nothing())
    _stop_if_stale(work, expected=("CREATE_IN_PROGRESS",))
    declared = read_tags(work.request.properties)
    identity = _Identity(declared.resource_arn, work)
    _tag_or_undo(work, identity, declared.tags)
    return Outcome(physical_id=physical_id.Tags(declared.resource_arn))


def update(work: Work) -> Outcome:
    """Sets what changed; removes what is no longer declared and still has our value."""
    work.note(physical_id.read(work.request.physical_id))
    _stop_if_stale(work, expected=("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE", "CREATE_COMPLETE"))
    new = read_tags(work.request.properties)
    identity = _Identity(new.resource_arn, work)
    ours = physical_id.Tags(new.resource_arn)
    if str(ours) != work.request.physical_id:
        _tag_or_undo(work, identity, new.tags)
        return Outcome(physical_id=ours)
    old = _tags_of(work.request.old_properties, new.resource_arn)
    identity.tag({key: value for key, value in new.tags.items() if old.get(key) != value})
    identity.untag_ours({key: value for key, value in old.items() if key not in new.tags})
    return Outcome(physical_id=ours)


def delete(work: Work) -> Outcome:
    """Removes the declared keys that still have our values."""
    current = physical_id.read(work.request.physical_id)
    work.note(current)
    if isinstance(current, physical_id.NotApplied):
        return Outcome(physical_id=current)
    arn = current.resource_arn if isinstance(current, physical_id.Tags) else _arn_of(work.request.properties)
    tags = {} if arn is None else _tags_of(work.request.properties, arn)
    if arn is not None and tags and not _is_kept(work, current):
        try:
            _Identity(arn, work).untag_ours(tags)
        except ServiceError as error:
            if error.kind not in (Kind.FORBIDDEN, Kind.NOT_FOUND, Kind.INVALID):
                raise  # otherwise the identity is gone, and its tags with it
    return Outcome(physical_id=current)


class _Identity:
    """The tag operations of Amazon Chime SDK Identity for one resource."""

    def __init__(self, arn: str, work: Work) -> None:
        place = IDENTITY_ARN.fullmatch(arn)
        if place is None:
            raise ValueError("not the ARN of an identity")
        self._arn = arn
        self._region = place["region"]
        self._work = work

    @property
    def _client(self) -> Any:
        return self._work.clients.chime(self._region)

    def tag(self, tags: Mapping[str, str], *, attempts: Attempts | None = None, propagates: bool = False) -> None:
        if tags:
            self._work.call(
                "TagResource",
                lambda: self._client.tag_resource(ResourceARN=self._arn, Tags=tag_list(tags)),
                attempts=attempts,
                propagates=propagates,
            )

    def untag_ours(self, tags: Mapping[str, str]) -> None:
        """Removes those of the tags that still have the given values."""
        if not tags:
            return
        there = self._list()
        keys = sorted(key for key, value in tags.items() if there.get(key) == value)
        if keys:
            self._untag(keys)

    def _untag(self, keys: Iterable[str]) -> None:
        self._work.call("UntagResource", lambda: self._client.untag_resource(ResourceARN=self._arn, TagKeys=list(keys)))

    def _list(self) -> dict[str, str]:
        answer = self._work.call(
            "ListTagsForResource", lambda: self._client.list_tags_for_resource(ResourceARN=self._arn)
        )
        return tag_map(answer.get("Tags") or [])


def _tag_or_undo(work: Work, identity: _Identity, tags: Mapping[str, str]) -> None:
    attempts = Attempts()
    try:
        identity.tag(tags, attempts=attempts, propagates=True)
    except HandlerError:
        if attempts.may_have_happened:
            _undo(work, identity, tags)
        raise


def _undo(work: Work, identity: _Identity, tags: Mapping[str, str]) -> None:
    work.deadline.enter(Phase.CLEANUP)
    noted = physical_id.Unconfirmed(work.request.suffix)
    try:
        identity.untag_ours(tags)
    except HandlerError:
        # What is told is why tagging failed; the id makes the Delete that follows a failed Create look again.
        if work.request.request_type == "Create":
            work.note(noted)


def _tags_of(properties: object, arn: str) -> Mapping[str, str]:
    """The tags that properties declare for an identity; none where they are another's or cannot be read."""
    if violations(TAGS_TYPE, properties) or not isinstance(properties, dict):
        return {}
    declared = read_tags(properties)
    return declared.tags if declared.resource_arn == arn else {}


def _arn_of(properties: object) -> str | None:
    arn = properties.get("ResourceARN") if isinstance(properties, dict) else None
    return arn if isinstance(arn, str) and IDENTITY_ARN.fullmatch(arn) else None


def _stop_if_stale(work: Work, *, expected: tuple[str, ...]) -> None:
    if not work.arrival.is_late:
        return
    standing = work.standing()
    if standing is not None and standing.status not in expected:
        raise StaleEventError("CloudFormation has gone on without this event. No tag was changed.")


def _is_kept(work: Work, current: physical_id.PhysicalId) -> bool:
    """Whether the tags live on: a Delete that was delivered long ago, before they were declared anew."""
    if not work.arrival.is_late:
        return False
    standing = work.standing()
    return standing is not None and not standing.is_given_up and standing.physical_id == str(current)
