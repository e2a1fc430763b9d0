"""The documented limits that a life may meet; `docs/guarantees.md` and `docs/guarantees-in-detail.md` list them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from lifecycle.enumeration.mishaps import PASSES

if TYPE_CHECKING:
    from lifecycle.enumeration.life import Life

_AT_ONCE = 0.25
"""Seconds in which the clocks of CloudFormation and Lambda may differ, so that one operation looks like the next."""
_GONE = "a stranger's endpoint is gone"
_ASKED = ("describe_stacks", "describe_stack_events", "describe_stack_resource")


def _cannot_be_asked(life: Life, _finding: str) -> bool:
    """Limits L6 and L10: CloudFormation does not say when a Create began, or with which endpoint an update did.

    The former is reported. The latter matters if the update is rolled back, and ages and names do not say it either: a
    source was rotated, an endpoint adopted, or a stranger's is equal. An inactive endpoint stays, because it may belong
    to a rollback, and another resource's endpoint may be adopted.
    """
    case = life.case
    asked = [name for _, name, operation in life.wire.met if operation in _ASKED]
    is_unasked = len(asked) > 1 or any(name not in PASSES for name in asked)
    is_reported = any("CE-418" in line for line in life.function.told)
    return is_unasked and (bool(case.source or case.stranger) or case.code == "CE-417" or is_reported)


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


def _adopted_in_vain(life: Life, finding: str) -> bool:
    """Limit L15: an event adopts an endpoint, sets its name or messages, and then fails."""
    return "AdoptExisting" in life.case.new and finding.endswith("a stranger's endpoint was changed")


def _retained_without_a_name(life: Life, finding: str) -> bool:
    """Limit L15: a later Create fails or is cancelled, and what the resource retains has no declared name."""
    is_unnamed = life.case.former == "deleted with RETAIN" and "Name" not in life.case.new
    return is_unnamed and (finding.endswith(_GONE) or life.overtaken_after is not None)


def _rollback_of_a_lost_endpoint_is_cancelled(life: Life, _finding: str) -> bool:
    """Limit L9: a rollback is cancelled and continued while it registers an endpoint that was lost before."""
    is_rolled_back = life.case.is_gone and life.case.then != "stays"
    return is_rolled_back and life.overtaken_after is not None


def _retained_from_a_late_create(life: Life, finding: str) -> bool:
    """Limit L15: the Create that registered what is retained is delivered again once the resource is gone."""
    is_late = any(name.startswith("event 0 again") for _, name, _ in life.wire.met)
    return is_late and life.case.former.endswith("with RETAIN") and finding.endswith(_GONE)


def _success_without_an_endpoint(life: Life, finding: str) -> bool:
    """Limit L11: the service reports success for an Update of an endpoint that does not exist."""
    is_silent = life.switches["missing_endpoint"] == "success"
    return is_silent and life.case.is_gone and finding.endswith("the endpoint is missing")


def _lost_and_two_more(life: Life, _finding: str) -> bool:
    """Limit L7: the endpoint was lost before, and both the event and its rollback are in trouble."""
    return life.case.is_gone and len(life.mishaps) > 1


LIMITS: Mapping[str, Callable[[Life, str], bool]] = {
    "L6 and L10, CloudFormation cannot be asked": _cannot_be_asked,
    "L7, lost and two more": _lost_and_two_more,
    "L8, a second delivery fails": _second_delivery_fails,
    "L8, gave way in between": _gave_way_in_between,
    "L8, changed in between": _changed_in_between,
    "L8, overtaken at once": _overtaken_at_once,
    "L9, rollback of a lost endpoint is cancelled": _rollback_of_a_lost_endpoint_is_cancelled,
    "L15, adopted in vain": _adopted_in_vain,
    "L15, retained without a name": _retained_without_a_name,
    "L15, retained from a late Create": _retained_from_a_late_create,
    "L11, success without an endpoint": _success_without_an_endpoint,
}


def limit_of(life: Life, finding: str) -> str:
    """Return the name of the documented limit that a finding is an instance of; empty if it is none."""
    return next((name for name, applies in LIMITS.items() if applies(life, finding)), "")
