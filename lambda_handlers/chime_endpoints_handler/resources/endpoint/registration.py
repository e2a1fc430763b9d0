"""Registering a replacement under the name that marks it as ours, past whatever holds its device token."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from chime_endpoints_handler.aws.calls import Attempts
from chime_endpoints_handler.aws.deadline import Phase
from chime_endpoints_handler.aws.endpoints import Registered
from chime_endpoints_handler.aws.failures.errors import HandlerError, ServiceError
from chime_endpoints_handler.aws.failures.remedies import Kind
from chime_endpoints_handler.model.physical_id import Endpoint

from . import idempotent, leftovers
from .adoption import adopt
from .ownership import deregister, holders
from .situation import Situation
from .staleness import stop_if_stale

_ROUNDS = 3  # a registration can meet strays of earlier attempts; a third refusal is an answer


@dataclass(frozen=True)
class Chosen:
    """The endpoint that the answer will name, as it is before it is settled."""

    endpoint_id: str
    name: str | None = field(repr=False)
    allow_messages: str
    is_new: bool = False
    is_adopted: bool = False
    predecessor: Registered | None = None
    """What gave way to it, and is to come back if it cannot stay."""

    @classmethod
    def found(cls, endpoint: Registered) -> Chosen:
        """One of this resource's own."""
        return cls(endpoint.endpoint_id, endpoint.name, endpoint.allow_messages)


def register(situation: Situation) -> Chosen:
    """The declared endpoint: registered now, found to be there already, or adopted.

    Raises:
        AlreadyRegisteredError: somebody else's endpoint holds the device token.
        ServiceError, OutOfTimeError: it could not be registered.
        SourceError, InvalidRequestError: what is declared is no device token. A rollback registers all the same what
            there was before.
    """
    refusal = situation.wanted.refusal
    if refusal is not None and not situation.work.id_before_update():
        raise refusal
    for round_number in range(_ROUNDS - 1):
        try:
            return _register_marked(situation, f"replace {round_number}")
        except ServiceError as error:
            if not _is_conflict(error):
                raise
        if chosen := _resolve_conflict(situation, is_first=round_number == 0):
            return chosen
    return _register_marked(situation, f"replace {_ROUNDS - 1}")


def _register_marked(situation: Situation, purpose: str) -> Chosen:
    """Registers under the marked name; where that fails, removes what it may have left."""
    work, wanted, attempts = situation.work, situation.wanted, Attempts()
    name = work.request.own_name
    try:
        endpoint_id = idempotent.register(
            work, situation.endpoints, wanted, name=name, purpose=purpose, attempts=attempts
        )
    except HandlerError as error:
        if attempts.may_have_happened:
            if _is_conflict(error) and (ours := _find_own(situation, _holders(situation))):
                return dataclasses.replace(ours, is_new=True)
            if not _is_conflict(error):
                _remove_attempt(situation)
        raise
    return Chosen(endpoint_id, name, wanted.allow_messages, is_new=True)


def _resolve_conflict(situation: Situation, *, is_first: bool) -> Chosen | None:
    """The device token is registered already; None where it is not any more, so that another try may succeed."""
    holding = _holders(situation)
    if ours := _find_own(situation, holding):
        return ours
    predecessors, strays, strangers = _sort(situation, holding)
    if not any(_is_certainly_in_the_way(stranger, situation) for stranger in strangers):
        predecessors_elsewhere, strays_elsewhere, _ = _sort(situation, situation.holders_elsewhere())
        strays += strays_elsewhere
        for stray in strays:
            stop_if_stale(situation.work)
            deregister(situation.endpoints_of(stray), stray.endpoint_id)
        if strays:
            return None
        predecessors += predecessors_elsewhere
        if predecessors:
            return _register_in_place_of(predecessors[0], strangers, situation)
        if is_first and not strangers and situation.work.arrival.is_repeat:
            return None  # nobody is in the way: a service may remember that it refused an earlier delivery
    return _adopt(strangers, situation)


def _holders(situation: Situation) -> list[Registered]:
    return holders(situation.endpoints, situation.wanted.identity, situation.work)


def _find_own(situation: Situation, holding: Iterable[Registered]) -> Chosen | None:
    return next(map(Chosen.found, filter(situation.is_ours, holding)), None)


def _sort(situation: Situation, holding: Iterable[Registered]) -> tuple[list[Registered], ...]:
    """Predecessors, which may give way; strays, to be removed; and strangers, to be left alone."""
    predecessors, strays, strangers = [], [], []
    for holder in holding:
        if situation.is_predecessor(holder):
            predecessors.append(holder)
        elif situation.is_stray(holder):
            strays.append(holder)
        else:
            strangers.append(holder)
    return predecessors, strays, strangers


def _is_certainly_in_the_way(stranger: Registered, situation: Situation) -> bool:
    """Whether it holds the device token in whichever sense the service means that.

    A token may be taken among one user's endpoints or among one application's, and by an INACTIVE one or not.
    """
    return stranger.identity.resource_arn == situation.wanted.identity.resource_arn and not stranger.inactive


def _adopt(strangers: Sequence[Registered], situation: Situation) -> Chosen:
    adopted = adopt(situation.endpoints, strangers, situation.wanted, situation.work)
    return Chosen(adopted.endpoint_id, situation.wanted.name, situation.wanted.allow_messages, is_adopted=True)


def _register_in_place_of(predecessor: Registered, strangers: Sequence[Registered], situation: Situation) -> Chosen:
    """The old endpoint holds the device token and gives way; it comes back if there is to be no new one."""
    stop_if_stale(situation.work)
    try:
        deregister(situation.endpoints_of(predecessor), predecessor.endpoint_id)
        chosen = _register_or_adopt(predecessor, strangers, situation)
    except BaseException:
        bring_back(predecessor, situation)
        raise
    return dataclasses.replace(chosen, predecessor=predecessor)


def _register_or_adopt(predecessor: Registered, strangers: Sequence[Registered], situation: Situation) -> Chosen:
    try:
        return _register_marked(situation, f"replace after {predecessor.endpoint_id} gave way")
    except ServiceError as error:
        if not _is_conflict(error):
            raise
    # It was not, or not alone, in the way; or another delivery of this event was quicker.
    return _find_own(situation, _holders(situation)) or _adopt(strangers, situation)


def bring_back(predecessor: Registered, situation: Situation) -> None:
    """Registers what gave way again, where nothing takes its place after all and CloudFormation still waits."""
    work = situation.work
    work.deadline.enter(Phase.CLEANUP)
    with suppress(HandlerError):  # why the new one failed is what is told; the rollback registers the old one again
        stop_if_stale(work)
        work.note(Endpoint(predecessor.identity.user_arn, _register_again(predecessor, situation)))
        stop_if_stale(work)  # it may have been given up meanwhile: what came back has to go again


def _register_again(predecessor: Registered, situation: Situation) -> str:
    endpoints, work = situation.endpoints_of(predecessor), situation.work
    try:
        return endpoints.register(
            predecessor.identity,
            name=predecessor.name,
            allow_messages=predecessor.allow_messages,
            client_request_token=work.request.client_request_token(f"bring {predecessor.endpoint_id} back"),
            attempts=Attempts(),
        )
    except ServiceError:
        for holder in holders(endpoints, predecessor.identity, work):
            if (holder.identity, holder.name) == (predecessor.identity, predecessor.name):
                return holder.endpoint_id  # it had never gone, or is there again without an answer
        raise


def _remove_attempt(situation: Situation) -> None:
    """Removes what a failed registration may have left; what stays is removed by the rollback's Update."""
    work = situation.work
    work.deadline.enter(Phase.CLEANUP)
    with suppress(HandlerError):  # the failure of the registration is what is told
        if stop_if_stale(work) is None and situation.present is None:
            return  # nobody can say whether this event is still current: leave what may be a newer one's
        leftovers.remove_of_event(work, situation.wanted)


def _is_conflict(error: HandlerError) -> bool:
    return isinstance(error, ServiceError) and error.kind is Kind.CONFLICT
