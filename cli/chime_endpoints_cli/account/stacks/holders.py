"""Which stack each endpoint belongs to, found by CloudFormation's physical ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chime_endpoints_cli.account.calls.concurrency import each
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_handler.model.declaration import ENDPOINT_TYPE

from .regions import Reach, stacks_within_reach
from .stacks import Held, Stack, all_stacks, held_by


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """The endpoints that belong to stacks, and the resource that manages each."""

    by_physical_id: dict[str, Held]
    is_unsettled: bool
    """Whether an endpoint of some stack is being created, updated or deleted."""

    def holder_of(self, physical_id: str) -> Held | None:
        """Return the resource that manages an endpoint, or None."""
        return self.by_physical_id.get(physical_id)


def holdings_in(services: Services, regions: Sequence[str | None]) -> Holdings:
    """Return the endpoints of all stacks in some regions."""
    return holdings(services, [stack for region in regions for stack in all_stacks(services.stacks(region))])


def holdings_within_reach(services: Services, regions: Sequence[str], *, given: bool) -> tuple[Holdings, Reach]:
    """Return the endpoints of the stacks that can be read, and which regions those are; see `stacks_within_reach`."""
    reach = stacks_within_reach(services, regions, given=given)
    return holdings(services, reach.stacks), reach


def holdings(services: Services, stacks: Sequence[Stack]) -> Holdings:
    """Return the endpoints that belong to these stacks."""
    held = each(stacks, lambda stack: held_by(services.stacks(stack.region), stack), what="Reading stacks")
    endpoints = [one for of_stack in held for one in of_stack if one.type == ENDPOINT_TYPE]
    return Holdings(
        by_physical_id={one.physical_id: one for one in endpoints if one.physical_id},
        is_unsettled=any(one.status.endswith("_IN_PROGRESS") for one in endpoints),
    )
