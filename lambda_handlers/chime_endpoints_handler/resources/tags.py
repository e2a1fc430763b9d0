"""Manage the tags of an identity: set declared keys, and remove only keys that still have our value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from ..aws.calls import Attempts
from ..aws.deadline import Phase
from ..aws.endpoints.api import may_mean_no_user
from ..aws.endpoints.presence import unless_refused
from ..aws.failures.errors import HandlerError, ServiceError, StaleEventError
from ..cloudformation.request import RequestType
from ..cloudformation.stack.status import is_overtaken
from ..model import physical_id
from ..model.arns import region_of
from ..model.codes import Code
from ..model.declaration import TAGS_TYPE, TagsDeclaration, read_tags, tag_list, tag_map
from ..model.rules.violations import violations
from .context import EventContext, Result


def manage(context: EventContext) -> Result:
    """Set the declared tags, or remove them in a Delete."""
    request = context.request
    if request.request_type == RequestType.DELETE:
        return _remove(context)
    is_create = request.request_type == RequestType.CREATE
    context.note(context.id_of_nothing() if is_create else physical_id.read(request.physical_id))
    _stop_if_overtaken(context)
    new = read_tags(request.properties)
    identity, ours = _Identity(new.resource_arn, context), physical_id.Tags(new.resource_arn)
    if is_create or str(ours) != request.physical_id:
        _tag_or_undo(context, identity, new.tags)
    else:
        _change(context, identity, new)
    return Result(physical_id=ours)


def _change(context: EventContext, identity: _Identity, new: TagsDeclaration) -> None:
    """Set changed tags; remove undeclared ones that still have our value."""
    old = _read_leniently(context.request.old_properties)
    before: Mapping[str, str] = {}
    if old is not None and old.resource_arn == new.resource_arn:
        before = old.tags
    elif old is not None:
        # A rollback: the failed Update may have tagged another identity.
        _Identity(old.resource_arn, context).untag_ours(old.tags, may_be_gone=True)
    identity.untag_ours({key: value for key, value in before.items() if key not in new.tags})  # first, to make room
    identity.tag({key: value for key, value in new.tags.items() if before.get(key) != value})


def _remove(context: EventContext) -> Result:
    """Remove the declared keys that still have our values."""
    current = physical_id.read(context.request.physical_id)
    context.note(current)
    declared = None if isinstance(current, physical_id.NotApplied) else _read_leniently(context.request.properties)
    if declared is not None and declared.tags and not _is_kept(declared, current, context):
        _Identity(declared.resource_arn, context).untag_ours(declared.tags, may_be_gone=True)
    return Result(physical_id=current)


class _Identity:
    """The tag operations of Amazon Chime SDK Identity for one resource."""

    def __init__(self, arn: str, context: EventContext) -> None:
        self._arn = arn
        self._region = region_of(arn)
        self._context = context

    def _call(self, operation: str, request: Callable[[Any], dict[str, Any]], **options: Any) -> dict[str, Any]:
        clients = self._context.clients_for(self._arn, self._context.call)
        return self._context.call(operation, lambda: request(clients.chime(self._region)), **options)

    def tag(self, tags: Mapping[str, str], *, attempts: Attempts | None = None, propagates: bool = False) -> None:
        if tags:
            self._call(
                "TagResource",
                lambda client: client.tag_resource(ResourceARN=self._arn, Tags=tag_list(tags)),
                attempts=attempts,
                propagates=propagates,
            )

    def untag_ours(self, tags: Mapping[str, str], *, may_be_gone: bool = False) -> None:
        """Remove those of the tags that still have the given values."""
        if not tags:
            return
        look = self._list_unless_gone if may_be_gone else self._list
        if not (keys := _still_ours(look(), tags)):
            return
        try:
            self._call("UntagResource", lambda client: client.untag_resource(ResourceARN=self._arn, TagKeys=keys))
        except ServiceError as error:
            if not (may_be_gone and may_mean_no_user(error)) or _still_ours(look(), tags):
                raise

    def _list_unless_gone(self) -> dict[str, str]:
        """Return the tags; none if the service refuses twice, because the identity no longer exists."""
        return unless_refused(self._list, {}, may_mean_no_user)

    def _list(self) -> dict[str, str]:
        answer = self._call("ListTagsForResource", lambda client: client.list_tags_for_resource(ResourceARN=self._arn))
        return tag_map(answer.get("Tags") or [])


def _still_ours(there: Mapping[str, str], tags: Mapping[str, str]) -> list[str]:
    """Return the keys that still have the values that this resource set."""
    return sorted(key for key, value in tags.items() if there.get(key) == value)


def _tag_or_undo(context: EventContext, identity: _Identity, tags: Mapping[str, str]) -> None:
    attempts = Attempts()
    is_create = context.request.request_type == RequestType.CREATE
    if is_create:
        context.note(context.unconfirmed_id())  # it makes the Delete after a failed Create look again
    try:
        identity.tag(tags, attempts=attempts, propagates=True)
    except HandlerError:
        context.deadline.enter(Phase.CLEANUP)
        with suppress(HandlerError):  # the Reason says why tagging failed
            if attempts.may_have_happened:
                identity.untag_ours(tags)
            if is_create:
                context.note(context.id_of_nothing())
        raise


def _read_leniently(properties: object) -> TagsDeclaration | None:
    """Read the declaration; None if the current rules reject it."""
    if violations(TAGS_TYPE, properties) or not isinstance(properties, dict):
        return None
    return read_tags(properties)


def _stop_if_overtaken(context: EventContext) -> None:
    """Stop an event that CloudFormation is no longer waiting for."""
    if context.arrival.is_late and is_overtaken(context.request, context.arrival, context.status()):
        raise StaleEventError(
            Code.OVERTAKEN,
            f"CloudFormation is no longer waiting for this {context.request.request_type}. No tags were changed.",
        )


def _is_kept(declared: TagsDeclaration, current: physical_id.PhysicalId, context: EventContext) -> bool:
    """Whether the tags are another ID's, or declared again: an old Delete arrives late."""
    if isinstance(current, physical_id.Tags) and current.resource_arn != declared.resource_arn:
        return True
    if not context.arrival.is_late:
        return False
    status = context.status()
    return status.is_known and not status.is_given_up and status.physical_id == str(current)
