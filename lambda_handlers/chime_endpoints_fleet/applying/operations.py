"""Make one change with the handler's own code; the ledger answers what CloudFormation answers otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from chime_endpoints_handler.aws.endpoints.api import Identity
from chime_endpoints_handler.aws.failures.errors import AlreadyRegisteredError, HandlerError
from chime_endpoints_handler.cloudformation.request import Request, RequestType
from chime_endpoints_handler.model.codes import Code
from chime_endpoints_handler.model.declaration import ENDPOINT_TYPE, AllowMessages
from chime_endpoints_handler.model.physical_id import Endpoint, NotApplied, PhysicalId

from ..ledger.entry import Entry, Intent
from ..manifest.digests import UNKNOWN, digests_of, number_of
from ..manifest.lines import Declared
from .difference import Kind
from .handling.clients import LedgerStack, Remembered
from .handling.event import HandlerEvent, Limits
from .handling.looks import FleetLooks, LedgerLooks
from .handling.others import Others
from .handling.surroundings import Surroundings

_TWICE = "Key {} of the fleet declares the same endpoint. Remove one of the two lines."
_BEGUN = (
    "An interrupted run may have registered this endpoint for another key, and that has not been cleared up yet. Run"
    " chime-endpoints fleet resume."
)
_SKEW = 30.0
"""Seconds by which the clocks of two workers may differ."""
_REPEATED = 3.0
"""Seconds after which the handler takes an event for one that was delivered before."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a change has led to."""

    intent: Intent
    entry: Entry | None
    """The key's entry from now on; None if there is none."""
    failure: HandlerError | None = None
    is_in_doubt: bool = False
    """Whether something may have been registered that the entry does not name. The intent is carried out again."""
    is_early: bool = False
    """Whether it began in the first minute of the run, before a call of the worker had succeeded."""


@dataclass(kw_only=True)
class Operations:
    """Changes the endpoints of one shard."""

    fleet: str
    stack_id: str
    logical_id: str
    surroundings: Surroundings
    limits: Limits
    may_adopt: bool
    """Whether AdoptExisting is followed. It is not while endpoints of the fleet itself may be about to be removed."""
    others: Others
    entries: Mapping[str, Entry] = field(default_factory=dict)
    remembered: Remembered = field(default_factory=Remembered)

    def carry_out(self, intent: Intent, declared: Declared | None, *, is_repeated: bool) -> Outcome:
        """Carry out an intent.

        Args:
            intent: the change.
            declared: what the intent's run declares for the key; None for a change that only removes.
            is_repeated: whether another worker may have carried it out already.
        """
        entry = self.entries.get(intent.key)
        match Kind(intent.operation):
            case Kind.CREATE if declared is not None:
                return self._create(intent, declared, is_repeated=is_repeated)
            case Kind.SETTLE | Kind.REPLACE if declared is not None and entry is not None:
                return self._update(intent, declared, entry, is_repeated=is_repeated)
            case Kind.REMOVE | Kind.DELETE if entry is not None:
                return self._remove(intent, entry, is_repeated=is_repeated)
        return Outcome(intent=intent, entry=entry)  # nothing is known of it: the ledger was restored by hand

    def _create(self, intent: Intent, declared: Declared, *, is_repeated: bool) -> Outcome:
        change = self.event(RequestType.CREATE, intent, declared.properties, "", is_repeated=is_repeated)
        try:
            endpoint = _endpoint(change.run())
        except HandlerError as error:
            is_clean = isinstance(change.noted, NotApplied) or not (change.may_have_registered or is_repeated)
            left = None if is_clean else self._undo(intent, declared, change.noted)
            return Outcome(intent=intent, entry=None, failure=error, is_in_doubt=left is not None)
        digests = digests_of(self.fleet, declared.properties)
        return Outcome(intent=intent, entry=Entry(key=intent.key, endpoint=endpoint, digests=digests))

    def _undo(self, intent: Intent, declared: Declared, noted: PhysicalId) -> HandlerError | None:
        """Remove what a failed registration may have left, as CloudFormation does; return why that failed."""
        try:
            self.event(RequestType.DELETE, intent, declared.properties, str(noted), is_repeated=True).run()
        except HandlerError as error:
            return error
        return None

    def _update(self, intent: Intent, declared: Declared, entry: Entry, *, is_repeated: bool) -> Outcome:
        former = _settled_otherwise(declared.properties) if intent.operation == Kind.SETTLE else None
        change = self.event(
            RequestType.UPDATE,
            intent,
            declared.properties,
            str(entry.endpoint),
            former,
            is_repeated=is_repeated,
            is_settled=not is_repeated and entry.digests != UNKNOWN,
        )
        try:
            endpoint = _endpoint(change.run())
        except HandlerError as error:
            current = change.noted if isinstance(change.noted, Endpoint) else entry.endpoint
            unsure = Entry(key=entry.key, endpoint=current, digests=UNKNOWN, predecessors=entry.predecessors)
            return Outcome(intent=intent, entry=unsure, failure=error, is_in_doubt=change.may_have_registered)
        predecessors = entry.predecessors if endpoint == entry.endpoint else (*entry.predecessors, entry.endpoint)
        changed = Entry(
            key=entry.key,
            endpoint=endpoint,
            digests=digests_of(self.fleet, declared.properties),
            predecessors=tuple(
                each for each in predecessors if each != endpoint and each.endpoint_id not in change.deregistered
            ),
        )
        return Outcome(intent=intent, entry=changed)

    def _remove(self, intent: Intent, entry: Entry, *, is_repeated: bool) -> Outcome:
        is_deletion = intent.operation == Kind.DELETE
        left = [*entry.predecessors, *([entry.endpoint] if is_deletion else ())]
        while left:
            properties = {"AppInstanceUserArn": left[0].user_arn}
            try:
                self.event(RequestType.DELETE, intent, properties, str(left[0]), is_repeated=is_repeated).run()
            except HandlerError as error:
                return Outcome(intent=intent, entry=_without_predecessors(entry, left), failure=error)
            left.pop(0)
        return Outcome(intent=intent, entry=None if is_deletion else _without_predecessors(entry, left))

    def event(
        self,
        kind: RequestType,
        intent: Intent,
        properties: Mapping[str, Any],
        current: str,
        former: Mapping[str, Any] | None = None,
        *,
        is_repeated: bool,
        is_settled: bool = False,
    ) -> HandlerEvent:
        """Return an event for the handler.

        Args:
            kind: the type of the event.
            intent: the change that it is for.
            properties: what is declared.
            current: the physical id of the endpoint; empty if there is none.
            former: what was declared before.
            is_repeated: whether another worker may have handled it already.
            is_settled: whether the ledger knows everything that was registered for the key.
        """
        if not self.may_adopt or intent.run != self.others.run:
            properties = {name: value for name, value in properties.items() if name != "AdoptExisting"}
        request = Request(
            request_type=kind,
            request_id=intent.request_id,
            stack_id=self.stack_id,
            logical_id=self._logical_id(intent.key),
            resource_type=ENDPOINT_TYPE,
            physical_id=current,
            properties=properties,
            old_properties=former,
            response_url="",
        )
        now = self.surroundings.now()
        started = min(intent.at, now) - _SKEW - _REPEATED if is_repeated else now
        stack = LedgerStack(request, started - 1, self._physical_ids, self._held_elsewhere)
        return HandlerEvent(
            request,
            stack,
            started=started,
            now=now,
            limits=self.limits,
            surroundings=self.surroundings,
            remembered=self.remembered,
            looks=partial(
                LedgerLooks if is_settled else FleetLooks,
                is_taken=lambda identity: self._is_taken(intent, properties, identity),
                holder_of=lambda endpoint: self._resource(intent, self.others.holder_of(endpoint)),
            ),
        )

    def _logical_id(self, key: str) -> str:
        return f"{self.logical_id}.{key}"

    def _held_elsewhere(self, logical_id: str) -> str:
        key = logical_id.removeprefix(f"{self.logical_id}.")
        return "" if key == logical_id else self.others.held_by(key)

    def _resource(self, intent: Intent, key: str) -> str:
        """Return the logical id of another key than the intent's; empty if there is none."""
        return "" if key in ("", intent.key) else self._logical_id(key)

    def _is_taken(self, intent: Intent, properties: Mapping[str, Any], identity: Identity) -> HandlerError | None:
        """Return why a key must not register what it declares, because another key may register the same."""
        if intent.operation not in (Kind.CREATE, Kind.REPLACE) or intent.run != self.others.run:
            return None
        number = number_of(self.fleet, properties)
        if not self.may_adopt and number in self.others.begun:
            return AlreadyRegisteredError(Code.TAKEN, _BEGUN)
        if other := self.others.claimed_by(intent.key, number, identity):
            return AlreadyRegisteredError(Code.TAKEN, _TWICE.format(other))
        return None

    def _physical_ids(self) -> Mapping[str, str]:
        return {self._logical_id(key): str(entry.endpoint) for key, entry in self.entries.items()}


def _endpoint(answered: PhysicalId) -> Endpoint:
    assert isinstance(answered, Endpoint)  # noqa: S101 - a Create and an Update answer with nothing else
    return answered


def _settled_otherwise(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a declaration of the same endpoint that differs in what is changed in place."""
    former = {name: value for name, value in properties.items() if name not in ("Name", "AllowMessages")}
    is_all = properties.get("AllowMessages", AllowMessages.ALL) == AllowMessages.ALL
    return {**former, "AllowMessages": str(AllowMessages.NONE if is_all else AllowMessages.ALL)}


def _without_predecessors(entry: Entry, left: list[Endpoint]) -> Entry:
    predecessors = tuple(each for each in left if each != entry.endpoint)
    return Entry(key=entry.key, endpoint=entry.endpoint, digests=entry.digests, predecessors=predecessors)
