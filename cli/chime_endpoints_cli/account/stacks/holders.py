"""Which stack each endpoint belongs to, found by CloudFormation's physical ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chime_endpoints_cli.account.calls.concurrency import call_for_each
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_handler.model.declaration import ENDPOINT_TYPE

from .regions import RegionsRead, stacks_in_regions
from .stacks import FLEET_TYPE, Stack, StackResource, all_stacks, resources_of


@dataclass(frozen=True, kw_only=True)
class StackEndpoints:
    """The endpoints that belong to stacks, and the resource that manages each."""

    by_physical_id: dict[str, StackResource]
    is_unsettled: bool
    """Whether an endpoint of some stack is being created, updated or deleted."""
    fleets: tuple[StackResource, ...] = ()
    """The stacks' fleets. Their endpoints are known once the fleets' ledgers have been read."""
    fleet_keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The key in its manifest of each endpoint of a fleet, by physical id."""
    unread_fleets: Mapping[str, str] = field(default_factory=dict)
    """Why the ledgers of fleets could not be read, by the fleet's id."""

    def holder_of(self, physical_id: str) -> StackResource | None:
        """Return the resource that manages an endpoint, or None."""
        return self.by_physical_id.get(physical_id)


def stack_endpoints_in(services: Services, regions: Sequence[str | None]) -> StackEndpoints:
    """Return the endpoints of all stacks in some regions."""
    return stack_endpoints_of(services, [stack for region in regions for stack in all_stacks(services.stacks(region))])


def stack_endpoints_in_regions(
    services: Services, regions: Sequence[str], *, given: bool
) -> tuple[StackEndpoints, RegionsRead]:
    """Return the endpoints of the stacks that can be read, and which regions those are; see `stacks_in_regions`."""
    reach = stacks_in_regions(services, regions, given=given)
    return stack_endpoints_of(services, reach.stacks), reach


def stack_endpoints_of(services: Services, stacks: Sequence[Stack]) -> StackEndpoints:
    """Return the endpoints that belong to these stacks."""
    held = call_for_each(
        stacks,
        lambda stack: resources_of(services.stacks(stack.region), stack, (ENDPOINT_TYPE, FLEET_TYPE)),
        what="Reading stacks",
    )
    resources = [one for of_stack in held for one in of_stack]
    endpoints = [one for one in resources if one.type == ENDPOINT_TYPE]
    return StackEndpoints(
        by_physical_id={one.physical_id: one for one in endpoints if one.physical_id},
        is_unsettled=any(one.status.endswith("_IN_PROGRESS") for one in resources),
        fleets=tuple(one for one in resources if one.type == FLEET_TYPE),
    )
