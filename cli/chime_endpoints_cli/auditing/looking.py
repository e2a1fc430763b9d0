"""Looks for endpoints that a stack once named, and tells which of them no stack holds.

What is registered is read before what stacks hold: an endpoint that a stack takes meanwhile is seen with its stack.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from chime_endpoints_cli.holders import Holdings, holdings
from chime_endpoints_cli.listing import endpoints_of_all, users_in
from chime_endpoints_cli.reach import Closed, stacks_within_reach
from chime_endpoints_cli.registered import Registered
from chime_endpoints_cli.services import Services
from chime_endpoints_cli.stacks import Stack, deleted_stack_ids, was_left_in_place

from .marks import Mark


class Verdict(StrEnum):
    """What an endpoint is that bears a mark and that no stack holds."""

    ORPHAN = "orphan"
    """The stack that its name proves exists no more, or does not hold it."""
    LEFT = "left in place"
    """Its stack has left it registered on purpose (removal policy RETAIN)."""
    CHANGING = "in doubt"
    """A deployment is under way that may be about to hold it."""
    UNSEEN = "not known"
    """No stack that could be seen holds it, and some regions could not be looked into."""
    UNPROVEN = "unproven"
    """CloudFormation knows no stack that gave this name: deleted over 90 days ago, or somebody else's."""


@dataclass(frozen=True, kw_only=True)
class Marked:
    """Such an endpoint, and what is known of where it comes from."""

    endpoint: Registered
    mark: Mark
    verdict: Verdict
    stack_id: str | None


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What was found, and where it was looked for."""

    looked_at: int
    unmarked: int = 0
    """Those of them whose names no stack gave; a stack may hold them all the same."""
    marked: tuple[Marked, ...]
    regions: tuple[str, ...]
    passed_over: Mapping[str, Closed] = field(default_factory=dict)
    """Regions that could not be looked into, and why. Without them nothing is an orphan."""

    def of(self, verdict: Verdict) -> list[Marked]:
        """Those of one verdict."""
        return [each for each in self.marked if each.verdict is verdict]


def look(services: Services, arns: Sequence[str], regions: Sequence[str], *, given: bool = True) -> Audit:
    """Audits the endpoints of users and app instances.

    Args:
        services: the account.
        arns: of users and app instances.
        regions: where stacks may be.
        given: whether the user named the regions; others are passed over if they cannot be looked into.
    """
    endpoints = endpoints_of_all(services, users_in(services, arns))
    marked = [(endpoint, mark) for endpoint in endpoints if (mark := Mark.of(endpoint.name))]
    if not marked:
        return Audit(looked_at=len(endpoints), unmarked=len(endpoints), marked=(), regions=())
    reach = stacks_within_reach(services, regions, given=given)
    reach.require_some()
    living = {stack.id: stack for stack in reach.stacks}
    held = holdings(services, list(living.values()))
    free = [(endpoint, mark) for endpoint, mark in marked if held.holder_of(endpoint.physical_id) is None]
    known = [*living] if free else []
    for region in reach.regions if free else ():
        known += deleted_stack_ids(services.stacks(region))
    return Audit(
        looked_at=len(endpoints),
        unmarked=len(endpoints) - len(marked),
        marked=tuple(
            _judged(services, endpoint, mark, known, living, held, is_complete=not reach.passed_over)
            for endpoint, mark in free
        ),
        regions=reach.regions,
        passed_over=reach.passed_over,
    )


def _judged(
    services: Services,
    endpoint: Registered,
    mark: Mark,
    known: Sequence[str],
    living: dict[str, Stack],
    held: Holdings,
    *,
    is_complete: bool,
) -> Marked:
    stack_id = mark.giver(known)
    if stack_id is None:
        verdict = Verdict.UNPROVEN if is_complete else Verdict.UNSEEN
    elif held.is_unsettled or (stack_id in living and living[stack_id].is_changing):
        verdict = Verdict.CHANGING
    elif was_left_in_place(_cloudformation_of(services, stack_id), stack_id, endpoint.physical_id):
        verdict = Verdict.LEFT
    elif not is_complete:
        verdict = Verdict.UNSEEN
    else:
        verdict = Verdict.ORPHAN
    return Marked(endpoint=endpoint, mark=mark, verdict=verdict, stack_id=stack_id)


def _cloudformation_of(services: Services, stack_id: str) -> Any:
    return services.stacks(stack_id.split(":", 4)[3])
