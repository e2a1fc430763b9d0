"""What can go wrong at one position of a life."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from botocore.exceptions import ClientError, ConnectionClosedError

from lifecycle.enumeration.wire import RESPONSE, Effect, KilledError, Mishap, Wire, refusal

_WRITES = ("register_", "update_", "deregister_", "tag_", "untag_")
_OURS = "app_instance_user_endpoint"


def _refused(code: str, status: int, message: str = "canary") -> Mishap:
    def mishap(_wire: Wire, _effect: Effect) -> None:
        raise refusal(code, status, message)

    return mishap


def _after(fail: Callable[[Wire], object]) -> Mishap:
    def mishap(wire: Wire, effect: Effect) -> object:
        with suppress(ClientError):
            effect()
        return fail(wire)

    return mishap


def _server_error(_wire: Wire) -> None:
    raise refusal("ServiceFailureException", 500)


def _reset(_wire: Wire) -> None:
    raise ConnectionClosedError(endpoint_url="https://canary.example")


def _kill(wire: Wire, _effect: Effect) -> None:
    wire.is_dead = True
    raise KilledError


def _outage(seconds: int) -> Mishap:
    def mishap(wire: Wire, _effect: Effect) -> None:
        wire.outage = f"outage of {seconds} s"
        wire.outage_ends = wire.clock.now() + seconds
        wire.time_out()

    return mishap


def _outage_after(wire: Wire, effect: Effect) -> None:
    with suppress(ClientError):
        effect()
    wire.outage, wire.outage_ends = "outage after", wire.clock.now() + 95
    wire.time_out()


DENIAL = "User: canary is not authorized to perform: chime:canary"
BEFORE: Mapping[str, Mishap] = {
    "throttled": _refused("ThrottledClientException", 429),
    "error before": _refused("ServiceFailureException", 500),
    "refused 400": _refused("BadRequestException", 400),
    "refused 403": _refused("ForbiddenException", 403),
    "denied": _refused("AccessDeniedException", 403, DENIAL),
    "killed": _kill,
    "outage of 10 s": _outage(10),
    "outage of 100 s": _outage(100),
}
AFTER: Mapping[str, Mishap] = {
    "error after": _after(_server_error),
    "reset after": _after(_reset),
    "timeout after": _after(Wire.time_out),
    "empty after": _after(lambda _: {}),
    "outage after": _outage_after,
}
"""After a read, these are the same as one of the others."""


def _lost(_wire: Wire, _effect: Effect) -> str:
    return "lost"


def _expired(_wire: Wire, _effect: Effect) -> str:
    return "expired"


def _killed_afterwards(wire: Wire, effect: Effect) -> None:
    effect()
    _kill(wire, effect)


def _twice(_wire: Wire, _effect: Effect) -> str:
    return "twice"


RESPONSES: Mapping[str, Mishap] = {
    "response lost": _lost,
    "response expired": _expired,
    "killed before": _kill,
    "killed after": _killed_afterwards,
    "delivered twice": _twice,
}
MISHAPS = {**BEFORE, **AFTER, **RESPONSES}
LASTS = frozenset({"refused 400", "refused 403", "denied", "outage of 100 s", "outage after", "response expired"})
"""What may make the event fail that meets it, because a refusal is decided rather than retried."""

PASSES = frozenset({"throttled", "error before", "empty after", *AFTER, *RESPONSES} - LASTS)
"""What is over at the next attempt."""


def possible_at(operation: str) -> Iterator[str]:
    """Yield the names of what can go wrong at a position with this operation."""
    if operation == RESPONSE:
        yield from RESPONSES
        return
    yield from BEFORE
    if operation.startswith(_WRITES):
        yield from AFTER
    else:
        yield "empty after"
