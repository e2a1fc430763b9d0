"""Makes a plan: reads what is declared, deployed and registered, and runs the deployment on it without a change."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chime_endpoints.declared.stack_assignment.resources import STACK
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.stacks.stacks import Stack, all_stacks
from chime_endpoints_cli.output.console.terminal import waiting
from chime_endpoints_handler.model.declaration import ENDPOINT_TYPE

from .checks.function_roles import role_of
from .checks.service_checks import ServiceChecks
from .comparison.changes import changes_of
from .comparison.reading import StackReading, read_stacks
from .comparison.stack_states import in_progress, refusals
from .declared.templates import Declared
from .dry_run.deployment import Simulated, deploy
from .dry_run.prefetch import prefetch
from .dry_run.services.identity import SimulatedIdentity
from .dry_run.services.observations import Observations
from .result.entries import Plan
from .result.holders import causes
from .result.moves import entries_of

_NUMBERED = re.compile(rf"{STACK}\d*")


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """A deployment that was run without changing anything."""

    declared: Declared
    existing: Sequence[Stack]
    """All stacks of the regions."""
    readings: Sequence[StackReading]
    simulated: Sequence[Simulated]
    identity: SimulatedIdentity
    """The service afterwards."""


def make_plan(services: Services, declared: Declared) -> Plan:
    """Return what a deployment would do."""
    return plan_of(services, simulate(services, declared, now=time.time()))


def simulate(services: Services, declared: Declared, *, now: float) -> Simulation:
    """Read what decides about a deployment, and run the deployment in memory."""
    with waiting("Reading stacks"):
        regions = dict.fromkeys(each.region for each in declared.stacks)
        existing = [stack for region in regions for stack in all_stacks(services.stacks(region))]
    readings = read_stacks(services, declared.stacks, existing)
    changes = [list(changes_of(each)) for each in readings]
    identity = SimulatedIdentity(observations=Observations(services), checks=ServiceChecks(services), now=now)
    prefetch([each for of_stack in changes for each in of_stack], identity)
    roles = {
        each.deployed.stack.id: role_of(services, each, of_stack)
        for each, of_stack in zip(readings, changes, strict=True)
    }
    simulated = list(deploy(changes, identity, roles))
    return Simulation(declared=declared, existing=existing, readings=readings, simulated=simulated, identity=identity)


def plan_of(services: Services, simulation: Simulation) -> Plan:
    """Return the plan that a simulation shows."""
    declared, deployed = simulation.declared, [each.deployed for each in simulation.readings]
    stacks = tuple(each.stack for each in deployed)
    found = causes(services, simulation.simulated, simulation.existing)
    return Plan(
        source=declared.source,
        stacks=stacks,
        entries=tuple(entries_of(simulation.simulated, found, is_file=declared.is_file)),
        left_out=(*_unread(simulation.readings), *in_progress(stacks)),
        refused=tuple(refusals(stacks)),
        remarks=tuple(_remarks(declared, simulation.existing)),
        deployed=sum(each.type == ENDPOINT_TYPE for its in deployed for each in its.held.values()),
    )


def _unread(readings: Sequence[StackReading]) -> list[str]:
    """Return which nested stacks could not be read; a nested stack is among the readings, and in that of its parent."""
    return list(dict.fromkeys(sentence for each in readings for sentence in each.declared.unread()))


def _remarks(declared: Declared, existing: Sequence[Stack]) -> Iterator[str]:
    if declared.is_file:
        names = {each.name for each in declared.stacks}
        for stack in existing:
            if _NUMBERED.fullmatch(stack.name) and stack.name not in names:
                yield (
                    f"{stack.name} is deployed, but no entry is assigned to it any more. `cdk deploy` leaves it, with"
                    f" its endpoints. To deregister them, run: cdk destroy {stack.name}"
                )
