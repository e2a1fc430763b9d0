"""Validation of a fleet's options at synthesis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from aws_cdk import RemovalPolicy

from chime_endpoints._cdk.identity import application_arn
from chime_endpoints._cdk.unresolved import as_text, is_unresolved
from chime_endpoints._validation.endpoint_problems import app_instance_problems, application_problems
from chime_endpoints._validation.option_types import CheckedOptions
from chime_endpoints_handler.model.codes import Code

from .options.defaults import defaults_of

_LIMITS = {
    "requests_per_second": (1, 50),
    "at_once": (1, 40),
    "tolerated_failures": (0, 1_000_000),
    "most_deletions_percent": (0, 100),
}


def fleet_problems(checked: CheckedOptions, given: Mapping[str, Any]) -> Iterator[str]:
    """Yield the problems of options that have the right type.

    Args:
        checked: the result of checking the types.
        given: the options by name.
    """
    instances = [as_text(each) for each in checked.valid_or("app_instances", given["app_instances"], ())]
    arns = [application_arn(each) for each in checked.valid_or("applications", given["applications"], ())]
    for arn in instances:
        yield from app_instance_problems("app_instances", arn)
    for arn in arns:
        yield from application_problems("applications", arn)
    for name, listed in (("app_instances", instances), ("applications", arns)):
        if not listed and name not in checked.wrong:
            yield f"{name} is empty, so the function could register nothing; add at least one."
    defaults = defaults_of(checked.valid_or("defaults", given["defaults"], None))
    if not (wrong := list(defaults.problems())):
        known = defaults.to_properties()
        yield from _not_allowed("defaults.app_instance", known.get("AppInstance"), "app_instances", instances)
        yield from _not_allowed("defaults.application", known.get("Application"), "applications", arns)
    yield from wrong
    for name, (least, most) in _LIMITS.items():
        if checked.is_number(given[name], name) and not least <= given[name] <= most:
            yield f"{name} is {given[name]}; it must be {least:,} to {most:,}."
    if given["removal_policy"] is RemovalPolicy.SNAPSHOT:
        yield (
            "removal_policy is SNAPSHOT, but fleets do not support snapshots. Use RemovalPolicy.RETAIN or"
            f" RemovalPolicy.DESTROY. [{Code.NOT_A_CHOICE}]"
        )


def _not_allowed(name: str, arn: str | None, parameter: str, listed: list[str]) -> Iterator[str]:
    """Yield the problem of a default that the role could not use. Tokens may be equal when they are resolved."""
    if arn is not None and arn not in listed and not any(map(is_unresolved, [arn, *listed])):
        yield f"{name} is not in {parameter}; add it there. [{Code.CONTRADICTION}]"
