"""Whose the endpoint is that has a device token already."""

from __future__ import annotations

from collections.abc import Sequence

from botocore.exceptions import ClientError

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.stacks.holders import StackEndpoints, stack_endpoints_of
from chime_endpoints_cli.account.stacks.stacks import Stack
from chime_endpoints_cli.account.stacks.templates.constructs import keys_of
from chime_endpoints_cli.commands.plan.comparison.changes import Event
from chime_endpoints_cli.commands.plan.dry_run.deployment import Simulated


def causes(services: Services, simulated: Sequence[Simulated], stacks: Sequence[Stack]) -> dict[tuple[str, str], str]:
    """Return why resources fail, as far as the deployment would not say it, by stack and logical id.

    Args:
        services: the account.
        simulated: what the deployment does with each resource.
        stacks: all stacks of the regions.
    """
    made = {
        done.outcome.physical_id: done
        for done in simulated
        if done.change.event in (Event.CREATE, Event.UPDATE) and done.outcome.physical_id != done.change.physical_id
    }
    found = {done.change.place: done.cause for done in simulated if done.cause}
    conflicts = [done for done in simulated if done.holder]
    held: StackEndpoints | None = None
    for done in conflicts:
        endpoint_id = done.holder.rpartition("/")[2]
        if (other := made.get(done.holder)) is not None and other is not done:
            found[done.change.place] = f"{other.change.key} in {other.change.stack.name} has the same device token."
            continue
        held = _held(services, stacks) if held is None else held
        holder = None if held is None else held.holder_of(done.holder)
        if holder is not None:
            key = keys_of(services, [holder]).get((holder.stack.id, holder.logical_id), holder.logical_id)
            found[done.change.place] = f"Endpoint {endpoint_id} belongs to {key} in stack {holder.stack.name}."
        elif held is not None:
            found[done.change.place] = f"Endpoint {endpoint_id} belongs to no stack."
    return found


def _held(services: Services, stacks: Sequence[Stack]) -> StackEndpoints | None:
    try:
        return stack_endpoints_of(services, stacks)
    except ClientError:
        return None  # the failure is known all the same, only not whose the endpoint is
