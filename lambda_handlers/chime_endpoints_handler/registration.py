"""Registering a replacement under the name that marks it as ours, past whatever holds its device token."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field

from . import idempotent
from .adoption import adopt
from .advice import Kind
from .calls import Attempts
from .deadline import Phase
from .endpoints import Registered
from .errors import HandlerError, ServiceError
from .ownership import bears_our_name, deregister, holders
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
            if error.kind is not Kind.CONFLICT:
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
    except HandlerError:
        _remove_attempt(situation, attempts)
        raise
    return Chosen(endpoint_id, name, wanted.allow_messages, is_new=True)


def _resolve_conflict(situation: Situation) -> Chosen | None:
    """The device token is registered already; None where it is not any more, so that another try may succeed."""
    holding = holders(situation.endpoints, situation.wanted.identity, situation.work)
    if ours := next(filter(situation.is_ours, holding), None):
        return Chosen.found(ours)
    for holder in holding:
        if situation.is_current(holder.endpoint_id) or situation.was_brought_back(holder):
            return _register_in_place_of(holder, situation)
        if bears_our_name(holder, situation.work.request):
            stop_if_stale(situation.work)
            deregister(situation.endpoints, holder.endpoint_id)
            return None
    adopted = adopt(situation.endpoints, holding, situation.wanted, situation.work)
    return Chosen(adopted.endpoint_id, situation.wanted.name, situation.wanted.allow_messages, is_adopted=True)


def _register_in_place_of(predecessor: Registered, situation: Situation) -> Chosen:
    """The old endpoint holds the device token and gives way; it comes back if the new one cannot be registered."""
    stop_if_stale(situation.work)
    deregister(situation.endpoints, predecessor.endpoint_id)
    try:
        return _register_marked(situation, "replace after the predecessor gave way")
    except HandlerError:
        _bring_back(predecessor, situation)
        raise


def _bring_back(predecessor: Registered, situation: Situation) -> None:
    work = situation.work
    work.deadline.enter(Phase.CLEANUP)
    with suppress(HandlerError):  # why the new one failed is what is told; the rollback registers the old one again
        endpoint_id = situation.endpoints.register(
            predecessor.identity,
            name=predecessor.name,
            allow_messages=predecessor.allow_messages,
            client_request_token=work.request.client_request_token(f"bring {predecessor.endpoint_id} back"),
            attempts=Attempts(),
        )
        work.note(situation.id_of(endpoint_id))


def _remove_attempt(situation: Situation, attempts: Attempts) -> None:
    """Removes what a failed registration may have left; what stays is removed by the rollback's Update."""
    if not attempts.may_have_happened:
        return
    situation.work.deadline.enter(Phase.CLEANUP)
    with suppress(HandlerError):  # the failure of the registration is what is told
        situation.remove_strays(situation.endpoints.list())
