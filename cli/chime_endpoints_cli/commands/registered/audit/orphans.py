"""Finds endpoints that belong to no stack, although their names or the events of a stack say that they did.

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
from chime_endpoints_cli.account.fleets.entries import with_fleets
from chime_endpoints_cli.account.stacks.holders import stack_endpoints_of
from chime_endpoints_cli.account.stacks.regions import UnreadableRegion, stacks_in_regions
from chime_endpoints_cli.account.stacks.stacks import Stack, deleted_stack_ids, was_left_in_place

from .stack_events import Evidence, Proof, evidence_of
from .stack_names import StackName


class Verdict(StrEnum):
    """The result for an endpoint that belongs to no stack, and seems to have belonged to one."""

    ORPHAN = "orphan"
    """The stack that its name or an event proves is deleted, or no longer manages it."""
    UNHELD = "may be an orphan"
    """It belongs to no stack, but a stack declared such an endpoint before this one was registered."""
    LEFT = "left in place"
    """Its stack left it registered on purpose (removal policy RETAIN)."""
    CHANGING = "in doubt"
    """A deployment in progress may be about to take it over."""
    UNSEEN = "not known"
    """It belongs to none of the stacks and fleets that could be read, and some could not be read."""
    UNPROVEN = "unproven"
    """CloudFormation has no record of the stack in its name: deleted over 90 days ago, or not yours."""


@dataclass(frozen=True, kw_only=True)
class AuditedEndpoint:
    """An endpoint that belongs to no stack, with its verdict."""

    endpoint: ObservedEndpoint
    verdict: Verdict
    stack_id: str | None
    logical_id: str
    evidence: str
    """What it is named after, or what the events of the stack say."""


@dataclass(frozen=True, kw_only=True)
class Audit:
    """The result of an audit."""

    looked_at: int
    unmarked: int = 0
    """Endpoints of no stack, about which neither a name nor an event of a stack says anything."""
    found: tuple[AuditedEndpoint, ...]
    regions: tuple[str, ...]
    passed_over: Mapping[str, UnreadableRegion] = field(default_factory=dict)
    """Regions that could not be read, and why. If there are any, no endpoint counts as an orphan."""
    of_fleets: int = 0
    """Endpoints that belong to fleets."""
    unread_fleets: Mapping[str, str] = field(default_factory=dict)
    """Fleets whose ledgers could not be read, and why. If there are any, no endpoint counts as an orphan."""

    def of(self, verdict: Verdict) -> list[AuditedEndpoint]:
        """Return the endpoints with a verdict."""
        return [each for each in self.found if each.verdict is verdict]


def find_orphans(services: Services, arns: Sequence[str], regions: Sequence[str], *, given: bool = True) -> Audit:
    """Audit the endpoints of users and app instances.

    Args:
        services: the account.
        arns: ARNs of users and app instances.
        regions: the regions to search for stacks.
        given: whether the user named the regions; otherwise, a region that cannot be read is skipped.
    """
    endpoints = endpoints_of_all(services, users_in(services, arns))
    if not endpoints:
        return Audit(looked_at=0, found=(), regions=())
    reach = stacks_in_regions(services, regions, given=given)
    reach.require_some()
    living = {stack.id: stack for stack in reach.stacks}
    of_stacks = stack_endpoints_of(services, list(living.values()))
    held = with_fleets(services, of_stacks, among={endpoint.physical_id for endpoint in endpoints})
    free = [endpoint for endpoint in endpoints if held.holder_of(endpoint.physical_id) is None]
    known = [*living] if free else []
    for region in reach.regions if free else ():
        known += deleted_stack_ids(services.stacks(region))
    is_complete = not (reach.passed_over or held.unread_fleets)
    stacks = _Stacks(services, known, living, is_unsettled=held.is_unsettled, is_complete=is_complete)
    unmarked = [endpoint for endpoint in free if StackName.of(endpoint.name) is None]
    evidence = evidence_of(services, unmarked, known)
    named = [_by_name(endpoint, mark, stacks) for endpoint in free if (mark := StackName.of(endpoint.name))]
    seen = [_by_events(each, evidence[each.physical_id], stacks) for each in unmarked if each.physical_id in evidence]
    return Audit(
        looked_at=len(endpoints),
        unmarked=len(unmarked) - len(seen),
        found=(*named, *seen),
        regions=reach.regions,
        passed_over=reach.passed_over,
        of_fleets=sum(endpoint.physical_id in held.fleet_keys for endpoint in endpoints),
        unread_fleets=held.unread_fleets,
    )


@dataclass(frozen=True)
class _Stacks:
    """The stacks of the regions that could be read."""

    services: Services
    known: Sequence[str]
    living: Mapping[str, Stack]
    is_unsettled: bool
    is_complete: bool

    def are_changing(self, stack_id: str) -> bool:
        """Whether this stack, or another with endpoints, is being changed."""
        return self.is_unsettled or (stack_id in self.living and self.living[stack_id].is_changing)


def _by_name(endpoint: ObservedEndpoint, mark: StackName, stacks: _Stacks) -> AuditedEndpoint:
    stack_id = mark.giver(stacks.known)
    if stack_id is None:
        verdict = Verdict.UNPROVEN if stacks.is_complete else Verdict.UNSEEN
    elif stacks.are_changing(stack_id):
        verdict = Verdict.CHANGING
    elif was_left_in_place(_cloudformation_of(stacks.services, stack_id), stack_id, endpoint.physical_id):
        verdict = Verdict.LEFT
    else:
        verdict = Verdict.ORPHAN if stacks.is_complete else Verdict.UNSEEN
    return AuditedEndpoint(
        endpoint=endpoint,
        verdict=verdict,
        stack_id=stack_id,
        logical_id=mark.logical_id,
        evidence=f"named after {mark.logical_id} in stack {stack_id or mark.stack_name}",
    )


def _by_events(endpoint: ObservedEndpoint, evidence: Evidence, stacks: _Stacks) -> AuditedEndpoint:
    if stacks.are_changing(evidence.stack_id):
        verdict = Verdict.CHANGING
    elif evidence.proof is Proof.LEFT:
        verdict = Verdict.LEFT
    elif not stacks.is_complete:
        verdict = Verdict.UNSEEN
    else:
        verdict = Verdict.ORPHAN if evidence.proof is Proof.HELD else Verdict.UNHELD
    return AuditedEndpoint(
        endpoint=endpoint,
        verdict=verdict,
        stack_id=evidence.stack_id,
        logical_id=evidence.logical_id,
        evidence=str(evidence),
    )


def _cloudformation_of(services: Services, stack_id: str) -> Any:
    return services.stacks(stack_id.split(":", 4)[3])
