"""The function's timeout, and how long CloudFormation waits for a response."""

from __future__ import annotations

from aws_cdk import Duration

from chime_endpoints_handler.model.codes import Code

from . import seconds

DEFAULT_TIMEOUT = Duration.seconds(seconds.DEFAULT_TIMEOUT)

_SHORTEST, _LONGEST = 30, 900
_CLOUDFORMATIONS_LONGEST = 3600


def service_timeout(timeout: Duration) -> Duration:
    """Return how long CloudFormation waits: all deliveries of an event and the delays between them."""
    return Duration.seconds(seconds.service_timeout(timeout.to_seconds()))


def timeout_problems(timeout: Duration) -> list[str]:
    """Return the problems of a function's timeout."""
    if timeout.is_unresolved():
        problem = (
            "timeout is a CDK token, but ServiceTimeout is computed from it at synthesis. Set it to a Duration with a"
            " fixed number."
        )
        return [f"{problem} [{Code.WRONG_KIND}]"]
    return _limits("timeout", timeout, _SHORTEST, _LONGEST, f"{_SHORTEST} s to {_LONGEST // 60} minutes")


def service_timeout_problems(waits: Duration) -> list[str]:
    """Return the problems of the time that CloudFormation waits."""
    if waits.is_unresolved():
        return []
    return _limits("service_timeout", waits, 1, _CLOUDFORMATIONS_LONGEST, "1 s to 1 hour")


def _limits(parameter: str, given: Duration, shortest: int, longest: int, allowed: str) -> list[str]:
    lasts = given.to_seconds(integral=False)
    if not shortest <= lasts <= longest:
        return [f"{parameter} is {lasts:g} s; it must be {allowed}."]
    if lasts != int(lasts):
        return [f"{parameter} is {lasts:g} s; it must be a whole number of seconds."]
    return []
