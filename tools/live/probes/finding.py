"""What a probe has found, and the errors of the service in the words of the switches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from live.account import code_of
from live.sandbox.sandbox import Sandbox


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The value of a switch as observed, with what was observed."""

    value: Any
    evidence: str


class UnsettledError(Exception):
    """The value of a switch cannot be observed; the message says why."""


Probe = Callable[[Sandbox], Finding]

_VALUES = {
    "ForbiddenException": "forbidden",
    "NotFoundException": "not_found",
    "BadRequestException": "bad_request",
    "": "success",
}


def value_of(code: str) -> str:
    """Return the value of a switch for an error code.

    Raises:
        UnsettledError: no switch has a value for this error.
    """
    if code not in _VALUES:
        raise UnsettledError(f"{code}, which no value of the switch stands for")
    return _VALUES[code]


def same_refusal(calls: Mapping[str, Callable[[], Any]]) -> Finding:
    """Make several calls that the emulator refuses in one way, and return how the service refuses them.

    Raises:
        UnsettledError: it refuses them in different ways, which the switch cannot express.
    """
    codes = {name: code_of(call) for name, call in calls.items()}
    told = "; ".join(f"{name}: {code or 'success'}" for name, code in codes.items())
    if len({*codes.values()}) > 1:
        raise UnsettledError(f"the operations differ: {told}")
    return Finding(value=value_of(codes.popitem()[1]), evidence=told)
