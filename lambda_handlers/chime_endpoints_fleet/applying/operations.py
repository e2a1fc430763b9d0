"""Make one change with the handler's own code; the ledger answers what CloudFormation answers otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chime_endpoints_handler.aws.clients import Clients
from chime_endpoints_handler.aws.deadline import Deadline
from chime_endpoints_handler.aws.endpoints.api import Endpoints, Listed, may_mean_no_user
from chime_endpoints_handler.aws.failures.errors import UNEXPECTED, HandlerError, ServiceError
from chime_endpoints_handler.cloudformation.arrival import Arrival
from chime_endpoints_handler.cloudformation.request import Request, RequestType
from chime_endpoints_handler.model import physical_id
from chime_endpoints_handler.model.codes import Code
from chime_endpoints_handler.model.declaration import ENDPOINT_TYPE, AllowMessages
from chime_endpoints_handler.model.physical_id import Endpoint, NotApplied, PhysicalId
from chime_endpoints_handler.resources.context import EventContext
from chime_endpoints_handler.resources.endpoint.reconcile import reconcile

from ..ledger.entry import Entry, Intent
from ..manifest.digests import UNKNOWN, digests_of, settled_digest
from ..manifest.lines import Declared
from .calling import FleetCaller, Patience
from .clients import FleetClients, LedgerStack, Remembered
from .difference import Kind
from .pace import Pace

_SKEW = 30.0
"""Seconds by which the clocks of two workers may differ."""
_REPEATED = 3.0
"""Seconds after which the handler takes an event for one that was delivered before."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """The environment of a worker; tests replace it."""

    clients: Clients
    now: Callable[[], float]
    """Seconds since the epoch."""
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    jitter: Callable[[float, float], float]
    warn: Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a change has led to."""

    intent: Intent
    entry: Entry | None
    """The key's entry from now on; None if there is none."""
    failure: HandlerError | None = None
    is_in_doubt: bool = False
    """Whether something may have been registered that the entry does not name. The intent is carried out again."""


@dataclass(kw_only=True)
class Operations:
    """Changes the endpoints of one shard."""

    fleet: str
    stack_id: str
    logical_id: str
    surroundings: Surroundings
    pace: Pace
    patience: Patience
    left: Callable[[], float]
    """Seconds in which this worker may make calls."""
    seconds: float
    """For one change."""
    may_adopt: bool
    """Whether AdoptExisting is followed. It is not while endpoints of the fleet itself may be about to be removed."""
    held_elsewhere: Callable[[str], str]
    """Returns the physical id of a key in another shard; empty if there is none."""
    may_be_held: Callable[[Intent, Endpoint], bool]
    """Whether another key of the fleet has an endpoint, or may be about to adopt it."""
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

    def settle_forgotten(self, intent: Intent, *, is_adopted: bool) -> Outcome:
        """Settle an intent of a run whose lines are gone: what it has registered is looked for, and deregistered.

        Args:
            intent: the change.
            is_adopted: whether the current run declares the key, and takes over what is registered.
        """
        entry = self.entries.get(intent.key)
        known = None if entry is None else replace(entry, digests=UNKNOWN)
        settled = Outcome(intent=intent, entry=known)
        if intent.operation not in (Kind.CREATE, Kind.REPLACE):
            return settled
        try:
            for endpoint in self._left_by(intent, entry):
                properties = {"AppInstanceUserArn": endpoint.user_arn}
                self._change(RequestType.DELETE, intent, properties, str(endpoint), is_repeated=True).run()
        except HandlerError as error:
            if is_adopted and isinstance(error, _NotRecognizedError):
                return settled
            return Outcome(intent=intent, entry=known, failure=error, is_in_doubt=True)
        return settled

    def _left_by(self, intent: Intent, entry: Entry | None) -> list[Endpoint]:
        """Return the endpoints that a change of a key has registered, and that no entry names.

        Raises:
            HandlerError: it cannot be told, or the user's endpoints could not be listed.
        """
        if not intent.user_arn:
            raise _NotRecognizedError(intent, "")
        held = () if entry is None else (entry.endpoint, *entry.predecessors)
        found = []
        for listed, is_own in self._candidates(intent):
            endpoint = Endpoint(intent.user_arn, listed.endpoint_id)
            if endpoint in held:
                continue
            if not is_own or self.may_be_held(intent, endpoint):
                raise _NotRecognizedError(intent, listed.endpoint_id)
            found.append(endpoint)
        return found

    def _candidates(self, intent: Intent) -> Iterator[tuple[Listed, bool]]:
        """Yield what a change may have registered, and whether its name proves that."""
        change = self._change(RequestType.DELETE, intent, {}, "", is_repeated=True)
        for listed in change.endpoints_of(intent.user_arn):
            is_own = listed.name == change.own_name
            digests = (
                settled_digest(self.fleet, listed.name, listed.allow_messages, requires_active=each)
                for each in (False, True)
            )
            if is_own or intent.settled in digests:
                yield listed, is_own

    def _create(self, intent: Intent, declared: Declared, *, is_repeated: bool) -> Outcome:
        change = self._change(RequestType.CREATE, intent, declared.properties, "", is_repeated=is_repeated)
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
            self._change(RequestType.DELETE, intent, declared.properties, str(noted), is_repeated=True).run()
        except HandlerError as error:
            return error
        return None

    def _update(self, intent: Intent, declared: Declared, entry: Entry, *, is_repeated: bool) -> Outcome:
        former = _settled_otherwise(declared.properties) if intent.operation == Kind.SETTLE else None
        change = self._change(
            RequestType.UPDATE, intent, declared.properties, str(entry.endpoint), former, is_repeated=is_repeated
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
            predecessors=tuple(each for each in predecessors if each != endpoint),
        )
        return Outcome(intent=intent, entry=changed)

    def _remove(self, intent: Intent, entry: Entry, *, is_repeated: bool) -> Outcome:
        is_deletion = intent.operation == Kind.DELETE
        left = [*entry.predecessors, *([entry.endpoint] if is_deletion else ())]
        while left:
            properties = {"AppInstanceUserArn": left[0].user_arn}
            try:
                self._change(RequestType.DELETE, intent, properties, str(left[0]), is_repeated=is_repeated).run()
            except HandlerError as error:
                return Outcome(intent=intent, entry=_without_predecessors(entry, left), failure=error)
            left.pop(0)
        return Outcome(intent=intent, entry=None if is_deletion else _without_predecessors(entry, left))

    def _change(
        self,
        kind: RequestType,
        intent: Intent,
        properties: Mapping[str, Any],
        current: str,
        former: Mapping[str, Any] | None = None,
        *,
        is_repeated: bool,
    ) -> _Change:
        if not self.may_adopt:
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
        return _Change(self, request, stack, started, now)

    def _logical_id(self, key: str) -> str:
        return f"{self.logical_id}.{key}"

    def _held_elsewhere(self, logical_id: str) -> str:
        key = logical_id.removeprefix(f"{self.logical_id}.")
        return "" if key == logical_id else self.held_elsewhere(key)

    def _physical_ids(self) -> Mapping[str, str]:
        return {self._logical_id(key): str(entry.endpoint) for key, entry in self.entries.items()}


class _NotRecognizedError(HandlerError):
    """Nobody can tell what a change has registered, because the lines of its run are gone."""

    def __init__(self, intent: Intent, endpoint_id: str) -> None:
        what = f"endpoint {endpoint_id} of {intent.user_arn}" if endpoint_id else "an endpoint"
        text = (
            f"An interrupted {intent.operation} of run {intent.run} may have registered {what}, and the run's lines are"
            " gone. Deregister the endpoint if nothing else uses it, or adopt it: put its line into the manifest, and"
            " run chime-endpoints fleet sync --adopt."
        )
        super().__init__(Code.UNCLEAR, text)


class _Change:
    """One event for the handler."""

    def __init__(
        self, operations: Operations, request: Request, stack: LedgerStack, started: float, now: float
    ) -> None:
        surroundings = operations.surroundings
        began, at_entry = surroundings.monotonic(), min(operations.seconds, operations.left())
        deadline = Deadline(lambda: min(at_entry - (surroundings.monotonic() - began), operations.left()))
        self._call = FleetCaller(
            deadline=deadline,
            sleep=surroundings.sleep,
            jitter=surroundings.jitter,
            pace=operations.pace,
            patience=operations.patience,
        )
        self.noted: PhysicalId = physical_id.read(request.physical_id)
        """What the handler says it may leave if it fails."""
        self._context = EventContext(
            request=request,
            clients=FleetClients(surroundings.clients, stack, operations.remembered),
            assume=lambda *_: surroundings.clients,  # never called: the lines of a manifest name no roles
            deadline=deadline,
            call=self._call,
            arrival=Arrival(
                started=started,
                entered=now,
                is_told=True,
                is_seen=False,
                first_seen=now,
                process_began=now,
                now=surroundings.now,
            ),
            note=self._note,
            warn=lambda text: surroundings.warn(f"{request.logical_id}: {text}"),
            report=lambda text: surroundings.warn(f"{request.logical_id}: {text}"),
        )

    @property
    def may_have_registered(self) -> bool:
        """Whether a registration failed without saying what it did."""
        return self._call.may_have_registered

    @property
    def own_name(self) -> str:
        """The name that proves that an endpoint is the key's."""
        return self._context.request.own_name

    def endpoints_of(self, user_arn: str) -> list[Listed]:
        """Return the endpoints of a user; none if the user does not exist.

        Raises:
            HandlerError: they could not be listed.
        """
        try:
            return Endpoints(user_arn, clients=self._context.clients, call=self._call).list()
        except ServiceError as error:
            if may_mean_no_user(error):
                return []
            raise

    def run(self) -> PhysicalId:
        """Handle the event and return the physical id.

        Raises:
            HandlerError: it failed, and its cleanup is done.
        """
        try:
            return reconcile(self._context).physical_id
        except HandlerError:
            raise
        except Exception as error:  # noqa: BLE001 - one endpoint must not keep the others from being changed
            text = f"The function failed: {type(error).__name__}. {UNEXPECTED}"
            raise HandlerError(Code.UNEXPECTED, text) from None

    def _note(self, noted: PhysicalId) -> None:
        self.noted = noted


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
