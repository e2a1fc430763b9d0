"""How long the function may take, and how long CloudFormation waits for it."""

from __future__ import annotations

from aws_cdk import Duration

from .kinds import duration_problems

DEFAULT_TIMEOUT = Duration.minutes(2)
"""Enough for throttling by others: 50 requests a second are shared by the whole account."""
RETRIES = 2
"""How often Lambda delivers an event again that was not answered (its own default, stated)."""

_SHORTEST, _LONGEST = 30, 900
_PAUSES = 60 + 120  # before Lambda's first and second retry of an asynchronous event
_MARGIN = 60
_CLOUDFORMATIONS_LONGEST = 3600


def service_timeout(timeout: Duration) -> Duration:
    """The time CloudFormation waits: for every delivery of an event, with the pauses in between."""
    return Duration.seconds((1 + RETRIES) * timeout.to_seconds() + _PAUSES + _MARGIN)  # at most 2,940 s


def timeout_problems(timeout: Duration) -> list[str]:
    """What is wrong with a function's timeout."""
    if wrong := list(duration_problems("timeout", timeout)):
        return wrong
    if timeout.is_unresolved() or _SHORTEST <= timeout.to_seconds() <= _LONGEST:
        return []
    return [f"timeout is {timeout.to_seconds():g} s; {_SHORTEST} s to {_LONGEST // 60} minutes are allowed."]


def service_timeout_problems(waits: Duration) -> list[str]:
    """What is wrong with the time that CloudFormation is to wait."""
    if wrong := list(duration_problems("service_timeout", waits)):
        return wrong
    if waits.is_unresolved() or 1 <= waits.to_seconds() <= _CLOUDFORMATIONS_LONGEST:
        return []
    return [f"service_timeout is {waits.to_seconds():g} s; 1 s to 1 hour are allowed."]
