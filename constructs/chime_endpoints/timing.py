"""How long the function may take, and how long CloudFormation waits for it."""

from __future__ import annotations

from aws_cdk import Duration

from chime_endpoints_handler.codes import Code

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
    if timeout.is_unresolved():
        problem = "timeout is a CDK token, but the time that CloudFormation waits is computed from it. Give a number."
        return [f"{problem} [{Code.WRONG_KIND}]"]
    return _limits("timeout", timeout, _SHORTEST, _LONGEST, f"{_SHORTEST} s to {_LONGEST // 60} minutes")


def service_timeout_problems(waits: Duration) -> list[str]:
    """What is wrong with the time that CloudFormation is to wait."""
    if waits.is_unresolved():
        return []
    return _limits("service_timeout", waits, 1, _CLOUDFORMATIONS_LONGEST, "1 s to 1 hour")


def _limits(parameter: str, given: Duration, shortest: int, longest: int, allowed: str) -> list[str]:
    seconds = given.to_seconds(integral=False)
    if not shortest <= seconds <= longest:
        return [f"{parameter} is {seconds:g} s; {allowed} are allowed."]
    if seconds != int(seconds):
        return [f"{parameter} is {seconds:g} s; give whole seconds."]
    return []
