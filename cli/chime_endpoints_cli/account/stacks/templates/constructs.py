"""The CDK constructs of a deployed stack, which its template names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from botocore.exceptions import ClientError

from chime_endpoints_cli.account.calls.concurrency import call_for_each
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.stacks.stacks import Stack, StackResource
from chime_endpoints_cli.output.errors import CommandError

from .template_text import read_template

Keys = Mapping[tuple[str, str], str]
"""Keys by stack id and logical id."""

_OF_THE_FILE = "Endpoints/"  # the construct that contains the entries of endpoints.yaml


def deployed_template(cloudformation: Any, stack: Stack) -> Mapping[str, Any]:
    """Return the deployed template, after transforms such as SAM's.

    Raises:
        CommandError: the template cannot be parsed.
    """
    body = cloudformation.get_template(StackName=stack.id, TemplateStage="Processed")["TemplateBody"]
    try:
        return read_template(body)
    except yaml.YAMLError as error:
        raise CommandError(f"the template of the stack {stack.name} cannot be read as JSON or YAML") from error


def construct_path(resource: Mapping[str, Any]) -> str:
    """Return the path of a resource's construct in the CDK app, without the stack and CDK's own last part, or ""."""
    parts = str((resource.get("Metadata") or {}).get("aws:cdk:path", "")).split("/")
    if len(parts) > 2 and parts[-1] == "Resource":
        parts.pop()
    return "/".join(parts[1:])


def keys_of(services: Services, resources: Iterable[StackResource]) -> Keys:
    """Return the key of each resource that has one: its entry's in endpoints.yaml, or the path of its construct.

    A stack whose template cannot be read has no keys, because everything else about its resources is still known.
    """
    held = list(resources)
    stacks = list({each.stack.id: each.stack for each in held}.values())
    found = call_for_each(stacks, lambda stack: _paths(services, stack), what="Reading templates")
    paths = dict(zip([stack.id for stack in stacks], found, strict=True))
    keys = {(each.stack.id, each.logical_id): paths[each.stack.id].get(each.logical_id, "") for each in held}
    return {place: path.removeprefix(_OF_THE_FILE) for place, path in keys.items() if path}


def _paths(services: Services, stack: Stack) -> Mapping[str, str]:
    """Return the construct paths in a stack by logical id."""
    try:
        template = deployed_template(services.stacks(stack.region), stack)
    except (ClientError, CommandError):
        return {}
    written = template.get("Resources") or {}
    return {name: construct_path(resource) for name, resource in written.items() if isinstance(resource, Mapping)}
