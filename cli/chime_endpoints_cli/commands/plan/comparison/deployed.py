"""The deployed stacks that a deployment would change, with everything that their templates say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.stacks.stacks import Stack, StackResource, physical_ids, resources_of
from chime_endpoints_cli.account.stacks.templates.constructs import deployed_template

_NOT_YET = "00000000-0000-0000-0000-000000000000"  # the id of a stack that does not exist


@dataclass(frozen=True, kw_only=True)
class DeployedStack:
    """A stack as it is deployed, or as it would be called if it is not."""

    stack: Stack
    template: Mapping[str, Any] = field(default_factory=dict, repr=False)
    resources: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """The type and physical id of each resource, by logical id."""
    held: Mapping[str, StackResource] = field(default_factory=dict)
    """Its resources of this project's types, by logical id."""
    exists: bool = True


def read_deployed(services: Services, stack: Stack) -> DeployedStack:
    """Return an existing stack."""
    cloudformation = services.stacks(stack.region)
    return DeployedStack(
        stack=stack,
        template=deployed_template(cloudformation, stack),
        resources=physical_ids(cloudformation, stack),
        held={each.logical_id: each for each in resources_of(cloudformation, stack)},
    )


def not_deployed(name: str, *, region: str | None, account: str) -> DeployedStack:
    """Return a stack that does not exist."""
    stack_id = f"arn:aws:cloudformation:{region}:{account}:stack/{name}/{_NOT_YET}"
    return DeployedStack(stack=Stack(name=name, id=stack_id, status=""), exists=False)
