"""Finds endpoints that are named after a stack but belong to none.

The endpoints are listed before the stacks are read: an endpoint that a stack adopts in between is seen as its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.endpoints.listing import endpoints_of_all, users_in
from chime_endpoints_cli.account.endpoints.observed import ObservedEndpoint
from chime_endpoints_cli.account.stacks.holders import StackEndpoints, stack_endpoints_of
from chime_endpoints_cli.account.stacks.regions import UnreadableRegion, stacks_in_regions
from chime_endpoints_cli.account.stacks.stacks import Stack, deleted_stack_ids, was_left_in_place

from .stack_names import StackName


class Verdict(StrEnum):
    """The result for an endpoint that is named after a stack but belongs to none."""

    ORPHAN = "orphan"
    """The stack that its name proves is deleted, or no longer manages it."""
    LEFT = "left in place"
    """Its stack left it registered on purpose (removal policy RETAIN)."""
    CHANGING = "in doubt"
    """A deployment in progress may be about to take it over."""
    UNSEEN = "not known"
    """It belongs to none of the stacks that could be read, and some regions could not be read."""
    UNPROVEN = "unproven"
    """CloudFormation has no record of the stack in its name: deleted over 90 days ago, or not yours."""


@dataclass(frozen=True, kw_only=True)
class NamedEndpoint:
    """An endpoint that is named after a stack but belongs to none, with its verdict."""

    endpoint: ObservedEndpoint
    mark: StackName
    verdict: Verdict
    stack_id: str | None


@dataclass(frozen=True, kw_only=True)
class Audit:
    """The result of an audit."""

    looked_at: int
    unmarked: int = 0
    """Endpoints whose names do not come from a stack; they can belong to a stack nevertheless."""
    marked: tuple[NamedEndpoint, ...]
    regions: tuple[str, ...]
    passed_over: Mapping[str, UnreadableRegion] = field(default_factory=dict)
    """Regions that could not be read, and why. If there are any, no endpoint counts as an orphan."""

    def of(self, verdict: Verdict) -> list[NamedEndpoint]:
        """Return the endpoints with a verdict."""
        return [each for each in self.marked if each.verdict is verdict]


def find_orphans(services: Services, arns: Sequence[str], regions: Sequence[str], *, given: bool = True) -> Audit:
    """Audit the endpoints of users and app instances.

    Args:
        services: the account.
        arns: ARNs of users and app instances.
        regions: the regions to search for stacks.
        given: whether the user named the regions; otherwise, a region that cannot be read is skipped.
    """
    endpoints = endpoints_of_all(services, users_in(services, arns))
    marked = [(endpoint, mark) for endpoint in endpoints if (mark := StackName.of(endpoint.name))]
    if not marked:
        return Audit(looked_at=len(endpoints), unmarked=len(endpoints), marked=(), regions=())
    reach = stacks_in_regions(services, regions, given=given)
    reach.require_some()
    living = {stack.id: stack for stack in reach.stacks}
    held = stack_endpoints_of(services, list(living.values()))
    free = [(endpoint, mark) for endpoint, mark in marked if held.holder_of(endpoint.physical_id) is None]
    known = [*living] if free else []
    for region in reach.regions if free else ():
        known += deleted_stack_ids(services.stacks(region))
    return Audit(
        looked_at=len(endpoints),
        unmarked=len(endpoints) - len(marked),
        marked=tuple(
            _verdict(services, endpoint, mark, known, living, held, is_complete=not reach.passed_over)
            for endpoint, mark in free
        ),
        regions=reach.regions,
        passed_over=reach.passed_over,
    )


def _verdict(
    services: Services,
    endpoint: ObservedEndpoint,
    mark: StackName,
    known: Sequence[str],
    living: dict[str, Stack],
    held: StackEndpoints,
    *,
    is_complete: bool,
) -> NamedEndpoint:
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
    return NamedEndpoint(endpoint=endpoint, mark=mark, verdict=verdict, stack_id=stack_id)


def _cloudformation_of(services: Services, stack_id: str) -> Any:
    return services.stacks(stack_id.split(":", 4)[3])
