"""Registering a replacement under the name that marks it as ours, past whatever holds its device token."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from . import idempotent
from .adoption import adopt
from .advice import Kind
from .calls import Attempts
from .deadline import Phase
from .endpoints import Registered
from .errors import HandlerError, ServiceError
from .ownership import bears_our_name, deregister, holders, listed_twice
from .physical_id import Endpoint
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
    """
    for round_number in range(_ROUNDS - 1):
        try:
            return _register_marked(situation, f"replace {round_number}")
        except ServiceError as error:
            if not _is_conflict(error):
                raise
        if chosen := _resolve_conflict(situation):
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
        if attempts.may_have_happened and _is_conflict(error) and (ours := _find_own(situation, _holders(situation))):
            return dataclasses.replace(ours, is_new=True)
        _remove_attempt(situation, attempts)
        raise
    return Chosen(endpoint_id, name, wanted.allow_messages, is_new=True)


def _resolve_conflict(situation: Situation) -> Chosen | None:
    """The device token is registered already; None where it is not any more, so that another try may succeed."""
    holding = _holders(situation)
    if ours := _find_own(situation, holding):
        return ours
    everywhere = [*holding, *situation.holders_of_former_user()]
    predecessors = [holder for holder in everywhere if situation.is_predecessor(holder)]
    strays = [holder for holder in _others(everywhere, predecessors) if bears_our_name(holder, situation.work.request)]
    strangers = _others(holding, predecessors, strays)
    if not any(_is_in_the_way(stranger, situation) for stranger in strangers):
        for stray in strays:
            stop_if_stale(situation.work)
            deregister(situation.endpoints_of(stray), stray.endpoint_id)
        if strays:
            return None
        for predecessor in predecessors:
            if chosen := _register_in_place_of(predecessor, situation):
                return chosen
    adopted = adopt(situation.endpoints, strangers, situation.wanted, situation.work)
    return Chosen(adopted.endpoint_id, situation.wanted.name, situation.wanted.allow_messages, is_adopted=True)


def _holders(situation: Situation) -> list[Registered]:
    return holders(situation.endpoints, situation.wanted.identity, situation.work)


def _find_own(situation: Situation, holding: Iterable[Registered]) -> Chosen | None:
    return next(map(Chosen.found, filter(situation.is_ours, holding)), None)


def _others(holders: Iterable[Registered], *known: Sequence[Registered]) -> list[Registered]:
    return [holder for holder in holders if not any(holder in each for each in known)]


def _is_in_the_way(stranger: Registered, situation: Situation) -> bool:
    """Whether nothing else needs to give way: a token is taken among one user's endpoints or one application's.

    Which of the two the service does not say, nor whether an INACTIVE endpoint takes it.
    """
    return stranger.identity.resource_arn == situation.wanted.identity.resource_arn and not stranger.inactive


def _register_in_place_of(predecessor: Registered, situation: Situation) -> Chosen | None:
    """The old endpoint holds the device token and gives way; it comes back if the new one cannot be registered.

    None where it was not, or not alone, in the way.
    """
    stop_if_stale(situation.work)
    deregister(situation.endpoints_of(predecessor), predecessor.endpoint_id)
    try:
        chosen = _register_marked(situation, "replace after the predecessor gave way")
    except HandlerError as error:
        bring_back(predecessor, situation)
        if _is_conflict(error):
            return None
        raise
    return dataclasses.replace(chosen, predecessor=predecessor)


def bring_back(predecessor: Registered, situation: Situation) -> None:
    """Registers what gave way again, where nothing takes its place after all."""
    work = situation.work
    work.deadline.enter(Phase.CLEANUP)
    with suppress(HandlerError):  # why the new one failed is what is told; the rollback registers the old one again
        endpoint_id = situation.endpoints_of(predecessor).register(
            predecessor.identity,
            name=predecessor.name,
            allow_messages=predecessor.allow_messages,
            client_request_token=work.request.client_request_token(f"bring {predecessor.endpoint_id} back"),
            attempts=Attempts(),
        )
        work.note(Endpoint(predecessor.identity.user_arn, endpoint_id))


def _remove_attempt(situation: Situation, attempts: Attempts) -> None:
    """Removes what a failed registration may have left; what stays is removed by the rollback's Update."""
    if not attempts.may_have_happened:
        return
    situation.work.deadline.enter(Phase.CLEANUP)
    with suppress(HandlerError):  # the failure of the registration is what is told
        situation.remove_strays(listed_twice(situation.endpoints))


def _is_conflict(error: HandlerError) -> bool:
    return isinstance(error, ServiceError) and error.kind is Kind.CONFLICT
