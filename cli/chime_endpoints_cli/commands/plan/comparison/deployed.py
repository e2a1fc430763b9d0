"""The deployed stacks that a deployment would change, with everything that their templates say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.stacks.stacks import Stack, StackResource, physical_ids, resources_of
from chime_endpoints_cli.account.stacks.templates.constructs import deployed_template
from chime_endpoints_cli.commands.plan.declared.templates import DeclaredStack

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


def read_deployed(services: Services, declared: DeclaredStack, stacks: Sequence[Stack], account: str) -> DeployedStack:
    """Return the deployed stack with the name of a declared one.

    Args:
        services: the account.
        declared: the declared stack.
        stacks: all stacks of its region.
        account: the account's id.
    """
    region = declared.region or services.region
    found = next((stack for stack in stacks if stack.name == declared.name and stack.status != "DELETE_COMPLETE"), None)
    if found is None:
        stack_id = f"arn:aws:cloudformation:{region}:{account}:stack/{declared.name}/{_NOT_YET}"
        parameters = _parameters(declared.template, {})
        return DeployedStack(
            stack=Stack(name=declared.name, id=stack_id, status="", parameters=parameters), exists=False
        )
    cloudformation = services.stacks(found.region)
    return DeployedStack(
        stack=found,
        template=deployed_template(cloudformation, found),
        resources=physical_ids(cloudformation, found),
        held={each.logical_id: each for each in resources_of(cloudformation, found)},
    )


def with_parameters_of(deployed: DeployedStack, template: Mapping[str, Any]) -> Stack:
    """Return the stack with the parameters of a template: the values that it has, or their defaults."""
    return replace(deployed.stack, parameters=_parameters(template, deployed.stack.parameters))


def _parameters(template: Mapping[str, Any], current: Mapping[str, str]) -> dict[str, str]:
    declared = template.get("Parameters") or {}
    return {name: current.get(name, _default(parameter)) for name, parameter in declared.items()}


def _default(parameter: Mapping[str, Any]) -> str:
    is_looked_up = str(parameter.get("Type", "")).startswith("AWS::SSM::")
    return "****" if is_looked_up or "Default" not in parameter else str(parameter["Default"])
