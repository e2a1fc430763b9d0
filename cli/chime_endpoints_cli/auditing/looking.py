"""Looks for endpoints that a stack once named, and tells which of them no stack holds.

What is registered is read before what stacks hold: an endpoint that a stack takes meanwhile is seen with its stack.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from botocore.exceptions import ClientError

from chime_endpoints_cli.at_once import each
from chime_endpoints_cli.holders import Holdings, holdings
from chime_endpoints_cli.listing import endpoints_of_all, users_in
from chime_endpoints_cli.registered import Registered
from chime_endpoints_cli.services import Services
from chime_endpoints_cli.stacks import Stack, all_stacks, deleted_stack_ids, was_left_in_place

from .marks import Mark

_NOT_ENABLED = frozenset(
    {"UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure", "OptInRequired", "InvalidToken"}
)
"""What a region answers that the account has not enabled, and in which it can have no stack; and what an enabled one
answers to a session of the global STS endpoint whose tokens are not valid everywhere. So they are told of."""


class Verdict(StrEnum):
    """What an endpoint is that bears a mark and that no stack holds."""

    ORPHAN = "orphan"
    """The stack that its name proves exists no more, or does not hold it."""
    LEFT = "left in place"
    """Its stack has left it registered on purpose (removal policy RETAIN)."""
    CHANGING = "in doubt"
    """A deployment is under way that may be about to hold it."""
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
    marked: tuple[Marked, ...]
    regions: tuple[str, ...]
    passed_over: tuple[str, ...] = ()
    """Regions that did not let anybody in: not enabled, as a rule."""

    def of(self, verdict: Verdict) -> list[Marked]:
        """Those of one verdict."""
        return [each for each in self.marked if each.verdict is verdict]


def look(services: Services, arns: Sequence[str], regions: Sequence[str]) -> Audit:
    """Audits the endpoints of users and app instances.

    Args:
        services: the account.
        arns: of users and app instances.
        regions: where stacks may be; those that the account has not enabled are passed over.
    """
    endpoints = endpoints_of_all(services, users_in(services, arns))
    marked = [(endpoint, mark) for endpoint in endpoints if (mark := Mark.of(endpoint.name))]
    if not marked:
        return Audit(looked_at=len(endpoints), marked=(), regions=())
    found = each(regions, lambda region: _stacks_in(services, region), what="Looking for stacks")
    there = {region: stacks for region, stacks in zip(regions, found, strict=True) if stacks is not None}
    living = {stack.id: stack for stacks in there.values() for stack in stacks}
    held = holdings(services, list(living.values()))
    free = [(endpoint, mark) for endpoint, mark in marked if held.holder_of(endpoint.physical_id) is None]
    known = [*living] if free else []
    for region in there if free else ():
        known += deleted_stack_ids(services.stacks(region))
    return Audit(
        looked_at=len(endpoints),
        marked=tuple(_judged(services, endpoint, mark, known, living, held) for endpoint, mark in free),
        regions=tuple(there),
        passed_over=tuple(region for region in regions if region not in there),
    )


def _stacks_in(services: Services, region: str) -> list[Stack] | None:
    try:
        return all_stacks(services.stacks(region))
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in _NOT_ENABLED and region != services.region:
            return None
        raise


def _judged(
    services: Services,
    endpoint: Registered,
    mark: Mark,
    known: Sequence[str],
    living: dict[str, Stack],
    held: Holdings,
) -> Marked:
    stack_id = mark.giver(known)
    if stack_id is None:
        verdict = Verdict.UNPROVEN
    elif held.is_unsettled or (stack_id in living and living[stack_id].is_changing):
        verdict = Verdict.CHANGING
    elif was_left_in_place(_cloudformation_of(services, stack_id), stack_id, endpoint.physical_id):
        verdict = Verdict.LEFT
    else:
        verdict = Verdict.ORPHAN
    return Marked(endpoint=endpoint, mark=mark, verdict=verdict, stack_id=stack_id)


def _cloudformation_of(services: Services, stack_id: str) -> Any:
    return services.stacks(stack_id.split(":", 4)[3])
