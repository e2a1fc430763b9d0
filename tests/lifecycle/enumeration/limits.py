"""The documented limits that a life may meet; `docs/guarantees.md` and `docs/guarantees-in-detail.md` list them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from lifecycle.enumeration.mishaps import PASSES

if TYPE_CHECKING:
    from lifecycle.enumeration.life import Life

_AT_ONCE = 0.25
"""Seconds in which the clocks of CloudFormation and Lambda may differ, so that one operation looks like the next."""
_ASKED = ("describe_stacks", "describe_stack_events")


def _cannot_be_asked(life: Life, _finding: str) -> bool:
    """Limits L6 and L10: CloudFormation does not say when a Create began, or with which endpoint an update did.

    The former is reported. The latter matters if the update is rolled back, and ages and names do not say it either: a
    source was rotated, an endpoint adopted, or a stranger's is equal.
    """
    is_unasked = any(operation in _ASKED and name not in PASSES for _, name, operation in life.wire.met)
    is_reported = any("CE-418" in line for line in life.function.told)
    return is_unasked and (life.case.rotates or bool(life.case.stranger) or is_reported)


def _second_delivery_fails(life: Life, _finding: str) -> bool:
    """Limit L8: Lambda delivers an event twice at once, and something goes wrong in one of these deliveries."""
    twice = {event for event, name, _ in life.wire.met if name == "delivered twice"}
    return any(event in twice and name != "delivered twice" for event, name, _ in life.wire.met)


def _gave_way_in_between(life: Life, finding: str) -> bool:
    """Limit L8: CloudFormation cancels an Update after the question about it, before the predecessor is removed."""
    return life.overtaken_after is not None and life.shares_a_token and finding.endswith("the endpoint is missing")


def _changed_in_between(life: Life, finding: str) -> bool:
    """Limit L8: CloudFormation cancels an Update right before the call that changes the name and AllowMessages."""
    is_changeable = finding in ("afterwards: not the declared messages", "afterwards: not the declared name")
    return life.overtaken_after is not None and is_changeable


def _overtaken_at_once(life: Life, _finding: str) -> bool:
    """Limit L8: the rollback begins within the seconds by which clocks may differ."""
    return life.overtaken_after is not None and life.overtaken_after <= _AT_ONCE


LIMITS: Mapping[str, Callable[[Life, str], bool]] = {
    "L6 and L10, CloudFormation cannot be asked": _cannot_be_asked,
    "L8, a second delivery fails": _second_delivery_fails,
    "L8, gave way in between": _gave_way_in_between,
    "L8, changed in between": _changed_in_between,
    "L8, overtaken at once": _overtaken_at_once,
}


def limit_of(life: Life, finding: str) -> str:
    """Return the name of the documented limit that a finding is an instance of; empty if it is none."""
    return next((name for name, applies in LIMITS.items() if applies(life, finding)), "")
