"""Makes a plan: reads what is declared, deployed and registered, and runs the deployment on it without a change."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence

from chime_endpoints.declared.stack_assignment.resources import STACK
from chime_endpoints_cli.account.calls.concurrency import call_for_each
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.stacks.stacks import Stack, all_stacks
from chime_endpoints_cli.account.stacks.templates.lookups import lookups_of
from chime_endpoints_cli.output.console.terminal import waiting

from .checks.service_checks import ServiceChecks
from .comparison.changes import changes_of
from .comparison.deployed import DeployedStack, read_deployed
from .declared.templates import Declared, DeclaredStack
from .dry_run.deployment import deploy
from .dry_run.prefetch import prefetch
from .dry_run.roles import Role
from .dry_run.services.identity import SimulatedIdentity
from .dry_run.services.observations import Observations
from .result.entries import Plan
from .result.moves import entries_of

_NUMBERED = re.compile(rf"{STACK}\d*")


def make_plan(services: Services, declared: Declared) -> Plan:
    """Return what a deployment would do."""
    with waiting("Reading stacks"):
        existing = _existing(services, declared.stacks)
    lookups = lookups_of(services)
    account = _account(services, declared, existing)
    deployed = call_for_each(
        declared.stacks,
        lambda each: read_deployed(services, each, existing[each.region or services.region], account),
        what="Reading stacks",
    )
    changes = [list(changes_of(each, its, lookups)) for each, its in zip(declared.stacks, deployed, strict=True)]
    observations = Observations(services)
    prefetch([each for of_stack in changes for each in of_stack], observations)
    identity = SimulatedIdentity(observations=observations, checks=ServiceChecks(services), now=time.time())
    roles = {each.stack.id: Role() for each in deployed}
    simulated = list(deploy(changes, identity, roles))
    return Plan(
        source=declared.source,
        stacks=tuple(each.stack for each in deployed),
        entries=tuple(entries_of(simulated, is_file=declared.is_file)),
        remarks=tuple(_remarks(declared, deployed, existing)),
        deployed=sum(bool(each.physical_id) for of_stack in changes for each in of_stack),
    )


def _existing(services: Services, stacks: Sequence[DeclaredStack]) -> dict[str | None, list[Stack]]:
    """Return all stacks of each region that is deployed to."""
    regions = dict.fromkeys(each.region or services.region for each in stacks)
    return {region: all_stacks(services.stacks(region)) for region in regions}


def _account(services: Services, declared: Declared, existing: dict[str | None, list[Stack]]) -> str:
    """Return the account's id, with a call only if nothing else tells it."""
    named = [each.account for each in declared.stacks if each.account]
    known = [stack.id.split(":", 5)[4] for stacks in existing.values() for stack in stacks]
    return next(iter([*known, *named]), "") or services.account()


def _remarks(
    declared: Declared, deployed: Sequence[DeployedStack], existing: dict[str | None, list[Stack]]
) -> Iterator[str]:
    for each in deployed:
        stack = each.stack
        if stack.is_changing:
            yield (
                f"A deployment of {stack.name} is in progress ({stack.status}). Run the command again when it has"
                " finished."
            )
        elif stack.status.endswith("ROLLBACK_FAILED"):
            yield (
                f"{stack.name} is in {stack.status}, so CloudFormation refuses to update it. Continue its rollback"
                f" first: aws cloudformation continue-update-rollback --stack-name {stack.name}"
            )
    if declared.is_file:
        names = {each.name for each in declared.stacks}
        for stack in (stack for stacks in existing.values() for stack in stacks):
            if _NUMBERED.fullmatch(stack.name) and stack.name not in names:
                yield (
                    f"{stack.name} is deployed, but no entry is assigned to it any more. `cdk deploy` leaves it, with"
                    f" its endpoints. To deregister them, run: cdk destroy {stack.name}"
                )
