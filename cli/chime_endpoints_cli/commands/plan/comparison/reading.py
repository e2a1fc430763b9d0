"""Stacks as they are deployed, beside the templates that would be deployed; nested stacks after their parents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chime_endpoints_cli.account.calls.concurrency import call_for_each
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.stacks.stacks import NESTED, Stack
from chime_endpoints_cli.account.stacks.templates.intrinsic_functions import (
    Lookups,
    TemplateContext,
    is_known,
    value_of,
)
from chime_endpoints_cli.account.stacks.templates.lookups import lookups_of
from chime_endpoints_cli.commands.plan.declared.templates import DeclaredStack
from chime_endpoints_cli.output.errors import CommandError

from .deployed import DeployedStack, not_deployed, read_deployed

_UNKNOWN = "****"  # how CloudFormation shows a parameter that it hides


@dataclass(frozen=True, kw_only=True)
class StackReading:
    """A stack before and after the deployment, and what the values of both templates depend on."""

    declared: DeclaredStack
    deployed: DeployedStack
    old: TemplateContext
    new: TemplateContext


@dataclass(frozen=True)
class _Account:
    services: Services
    existing: Sequence[Stack]
    account: str
    lookups: Lookups

    def read(self, declared: DeclaredStack) -> list[StackReading]:
        region = declared.region or self.services.region
        found = next((each for each in self.existing if (each.name, each.region) == (declared.name, region)), None)
        return list(self._with_nested(declared, found, _given(declared.template, found)))

    def _with_nested(
        self, declared: DeclaredStack, found: Stack | None, parameters: Mapping[str, str]
    ) -> Iterator[StackReading]:
        if found is None:
            region = declared.region or self.services.region
            deployed = not_deployed(declared.name, region=region, account=self.account)
        else:
            deployed = read_deployed(self.services, found)
        old = TemplateContext(
            stack=deployed.stack, template=deployed.template, resources=deployed.resources, lookups=self.lookups
        )
        stack = replace(deployed.stack, parameters=parameters)
        new = replace(old, stack=stack, template=declared.template)
        yield StackReading(declared=declared, deployed=deployed, old=old, new=new)
        for logical_id, nested in declared.nested.items():
            yield from self._with_nested(
                nested, self._nested(deployed, logical_id), _passed(logical_id, nested.template, new)
            )
        for logical_id in deployed.resources:
            removed = self._nested(deployed, logical_id)
            if removed is not None and logical_id not in (declared.template.get("Resources") or {}):
                empty = DeclaredStack(name=f"{declared.name}/{logical_id}", template={}, region=declared.region)
                yield from self._with_nested(empty, removed, {})

    def _nested(self, parent: DeployedStack, logical_id: str) -> Stack | None:
        type_, physical_id = parent.resources.get(logical_id, ("", ""))
        if type_ != NESTED:
            return None
        return next((each for each in self.existing if each.id == physical_id), None)


def read_stacks(services: Services, declared: Sequence[DeclaredStack], existing: Sequence[Stack]) -> list[StackReading]:
    """Read the declared stacks that declare resources of this project, or have them now.

    Args:
        services: the account.
        declared: the stacks that would be deployed.
        existing: all stacks of their regions.

    Raises:
        CommandError: a stack that declares such resources is for another account.
    """
    named = {each.account for each in declared if each.account and each.has_ours}
    account = services.account() if named or not existing else existing[0].id.split(":", 5)[4]
    for other in sorted(named - {account}):
        names = ", ".join(each.name for each in declared if each.account == other and each.has_ours)
        raise CommandError(
            f"{names} would be deployed to account {other}, but your credentials are for account {account}",
            remedy="Use credentials for that account (AWS_PROFILE), or name the stacks of this account with --stack.",
        )
    of_account = _Account(services, existing, account, lookups_of(services))
    here = [each for each in declared if each.account in (None, account)]
    found = call_for_each(here, of_account.read, what="Reading stacks")
    return [each for of_stack in found if _concerns_us(of_stack) for each in of_stack]


def _concerns_us(readings: Sequence[StackReading]) -> bool:
    """Whether a stack or one nested in it declares resources of this project, or has them now."""
    return any(each.declared.has_ours or each.deployed.held for each in readings)


def _given(template: Mapping[str, Any], found: Stack | None) -> dict[str, str]:
    """Return the parameters of a stack: the values that it has, or their defaults."""
    current = {} if found is None else found.parameters
    declared = template.get("Parameters") or {}
    return {name: current.get(name, _default(parameter)) for name, parameter in declared.items()}


def _passed(logical_id: str, template: Mapping[str, Any], parent: TemplateContext) -> dict[str, str]:
    """Return the parameters of a nested stack: what its parent passes, or their defaults."""
    resource = (parent.template.get("Resources") or {})[logical_id]
    passed = value_of((resource.get("Properties") or {}).get("Parameters") or {}, parent)
    values = {name: _as_text(value) for name, value in passed.items()}
    declared = template.get("Parameters") or {}
    return {name: values.get(name, _default(parameter)) for name, parameter in declared.items()}


def _as_text(value: Any) -> str:
    if not is_known(value):
        return _UNKNOWN
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _default(parameter: Mapping[str, Any]) -> str:
    is_looked_up = str(parameter.get("Type", "")).startswith("AWS::SSM::")
    return _UNKNOWN if is_looked_up or "Default" not in parameter else str(parameter["Default"])
