"""Resources that a deployed stack declares: its template, with the values that CloudFormation inserted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.stacks.intrinsic_functions import Lookups, TemplateContext, value_of
from chime_endpoints_cli.account.stacks.stacks import Stack, StackResource, physical_ids, resources_of
from chime_endpoints_cli.account.stacks.template_text import read_template
from chime_endpoints_cli.output.errors import CommandError


@dataclass(frozen=True, kw_only=True)
class DesiredResource:
    """A resource of a stack with its properties, which are None if the template does not contain it."""

    held: StackResource
    path: str
    properties: Mapping[str, Any] | None = field(repr=False)


def desired_resources(services: Services, stack: Stack, lookups: Lookups) -> list[DesiredResource]:
    """Return the stack's resources of this project's types."""
    cloudformation = services.stacks(stack.region)
    held = resources_of(cloudformation, stack)
    if not held:
        return []
    template = _template(cloudformation, stack)
    around = TemplateContext(
        stack=stack, template=template, resources=physical_ids(cloudformation, stack), lookups=lookups
    )
    written = template.get("Resources") or {}
    return [
        DesiredResource(
            held=each,
            path=_path(written.get(each.logical_id, {}), each.logical_id),
            properties=(
                value_of(written[each.logical_id].get("Properties", {}), around) if each.logical_id in written else None
            ),
        )
        for each in held
    ]


def _template(cloudformation: Any, stack: Stack) -> Mapping[str, Any]:
    """Return the deployed template, after transforms such as SAM's.

    Raises:
        CommandError: the template cannot be parsed.
    """
    body = cloudformation.get_template(StackName=stack.id, TemplateStage="Processed")["TemplateBody"]
    try:
        return read_template(body)
    except yaml.YAMLError as error:
        raise CommandError(f"the template of the stack {stack.name} cannot be read as JSON or YAML") from error


def _path(resource: Mapping[str, Any], logical_id: str) -> str:
    """Return the path of the construct in the CDK app, without the stack and without CDK's own last part."""
    path = str((resource.get("Metadata") or {}).get("aws:cdk:path", ""))
    parts = path.split("/")
    if len(parts) > 2 and parts[-1] == "Resource":
        parts.pop()
    return "/".join(parts[1:]) or logical_id
