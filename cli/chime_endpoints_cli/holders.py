"""Which stack holds which endpoint: by the physical ids that CloudFormation keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chime_endpoints_handler.declaration import ENDPOINT_TYPE

from .at_once import each
from .reach import Reach, stacks_within_reach
from .services import Services
from .stacks import Held, Stack, all_stacks, held_by


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """The stacks of some regions and the endpoints that they hold."""

    by_physical_id: dict[str, Held]
    is_unsettled: bool
    """Whether some stack is about to hold an endpoint or to let one go."""

    def holder_of(self, physical_id: str) -> Held | None:
        """The resource that holds an endpoint."""
        return self.by_physical_id.get(physical_id)


def holdings_in(services: Services, regions: Sequence[str | None]) -> Holdings:
    """What all stacks of some regions hold now."""
    return holdings(services, [stack for region in regions for stack in all_stacks(services.stacks(region))])


def holdings_within_reach(services: Services, regions: Sequence[str], *, given: bool) -> tuple[Holdings, Reach]:
    """The same of the regions that can be looked into, and which these are; see `stacks_within_reach`."""
    reach = stacks_within_reach(services, regions, given=given)
    return holdings(services, reach.stacks), reach


def holdings(services: Services, stacks: Sequence[Stack]) -> Holdings:
    """What stacks hold now."""
    held = each(stacks, lambda stack: held_by(services.stacks(stack.region), stack), what="Reading stacks")
    endpoints = [one for of_stack in held for one in of_stack if one.type == ENDPOINT_TYPE]
    return Holdings(
        by_physical_id={one.physical_id: one for one in endpoints if one.physical_id},
        is_unsettled=any(one.status.endswith("_IN_PROGRESS") for one in endpoints),
    )
