"""Resources that a deployed stack declares: its template, with the values that CloudFormation inserted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from chime_endpoints_cli.account.calls.services import Services

from .stacks import OUR_TYPES, Stack, StackResource, physical_ids, resources_of
from .templates.constructs import construct_path, deployed_template
from .templates.intrinsic_functions import Lookups, TemplateContext, value_of


@dataclass(frozen=True, kw_only=True)
class DesiredResource:
    """A resource of a stack with its properties, which are None if the template does not contain it."""

    held: StackResource
    path: str
    properties: Mapping[str, Any] | None = field(repr=False)


def desired_resources(
    services: Services, stack: Stack, lookups: Lookups, types: Collection[str] = OUR_TYPES
) -> list[DesiredResource]:
    """Return the stack's resources of some types."""
    cloudformation = services.stacks(stack.region)
    held = resources_of(cloudformation, stack, types)
    if not held:
        return []
    template = deployed_template(cloudformation, stack)
    around = TemplateContext(
        stack=stack, template=template, resources=physical_ids(cloudformation, stack), lookups=lookups
    )
    written = template.get("Resources") or {}
    return [
        DesiredResource(
            held=each,
            path=construct_path(written.get(each.logical_id, {})) or each.logical_id,
            properties=(
                value_of(written[each.logical_id].get("Properties", {}), around) if each.logical_id in written else None
            ),
        )
        for each in held
    ]
