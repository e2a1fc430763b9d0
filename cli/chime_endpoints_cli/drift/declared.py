"""What a deployed stack declares, resource by resource: its template with the values that CloudFormation put in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from chime_endpoints_cli.services import Services
from chime_endpoints_cli.stacks import Held, Stack, held_by, physical_ids
from chime_endpoints_cli.template_values import Surroundings, value_of


@dataclass(frozen=True, kw_only=True)
class Declared:
    """A resource of a stack with its properties; None where the template does not have it."""

    held: Held
    path: str
    properties: Mapping[str, Any] | None = field(repr=False)


class _Loader(yaml.SafeLoader):
    """Reads a template in YAML with CloudFormation's short forms, such as `!Ref`."""


def _long_form(loader: yaml.SafeLoader, short: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        value = value.split(".", 1) if short == "GetAtt" else value
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)  # type: ignore[arg-type] # the third kind that there is
    return {short if short in ("Ref", "Condition") else f"Fn::{short}": value}


_Loader.add_multi_constructor("!", _long_form)


def declared_by(services: Services, stack: Stack, exports: Callable[[], Mapping[str, str]]) -> list[Declared]:
    """The stack's resources of our types."""
    cloudformation = services.stacks(stack.region)
    held = held_by(cloudformation, stack)
    if not held:
        return []
    template = _template(cloudformation.get_template(StackName=stack.id, TemplateStage="Processed")["TemplateBody"])
    around = Surroundings(
        stack=stack, template=template, resources=physical_ids(cloudformation, stack), exports=exports
    )
    written = template.get("Resources", {})
    return [
        Declared(
            held=each,
            path=_path(written.get(each.logical_id, {}), each.logical_id),
            properties=(
                value_of(written[each.logical_id].get("Properties", {}), around) if each.logical_id in written else None
            ),
        )
        for each in held
    ]


def _template(body: Any) -> Mapping[str, Any]:
    """A template, of which boto3 has parsed JSON already."""
    if isinstance(body, str):
        try:
            return dict(json.loads(body))
        except ValueError:
            return dict(yaml.load(body, Loader=_Loader))  # noqa: S506 - it is a SafeLoader
    return dict(body)


def _path(resource: Mapping[str, Any], logical_id: str) -> str:
    """The path of the construct that a person wrote: without the stack, and the part that is CDK's own."""
    path = str((resource.get("Metadata") or {}).get("aws:cdk:path", ""))
    parts = path.split("/")
    if len(parts) > 2 and parts[-1] == "Resource":
        parts.pop()
    return "/".join(parts[1:]) or logical_id
