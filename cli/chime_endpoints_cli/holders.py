"""Which stack holds which endpoint: by the physical ids that CloudFormation keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chime_endpoints_handler.declaration import ENDPOINT_TYPE

from .at_once import each
from .services import Services
from .stacks import Held, Stack, all_stacks, held_by


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """The stacks of some regions and the endpoints that they hold."""

    stacks: tuple[Stack, ...]
    by_physical_id: dict[str, Held]

    def holder_of(self, physical_id: str) -> Held | None:
        """The resource that holds an endpoint."""
        return self.by_physical_id.get(physical_id)


def holdings(services: Services, regions: Sequence[str | None]) -> Holdings:
    """What stacks hold now."""
    stacks = [stack for region in regions for stack in all_stacks(services.stacks(region))]
    held = each(stacks, lambda stack: held_by(services.stacks(stack.region), stack), what="Reading stacks")
    return Holdings(
        stacks=tuple(stacks),
        by_physical_id={
            one.physical_id: one
            for of_stack in held
            for one in of_stack
            if one.type == ENDPOINT_TYPE and one.physical_id
        },
    )
