"""Compares all stacks and their resources, as fast as the account's rate limit allows."""

from __future__ import annotations

from collections.abc import Sequence

from chime_endpoints_cli.account.calls.concurrency import call_for_each
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.stacks.desired import desired_resources
from chime_endpoints_cli.account.stacks.stacks import FLEET_TYPE, OUR_TYPES, Stack, all_stacks, named_stacks
from chime_endpoints_cli.account.stacks.templates.lookups import lookups_of

from .comparison.resources import compare
from .findings import Finding

_TYPES = (*OUR_TYPES, FLEET_TYPE)


def compare_stacks(
    services: Services, *, names: Sequence[str], regions: Sequence[str], with_tokens: bool
) -> tuple[list[Stack], list[Finding]]:
    """Return the stacks with resources of this project, and a finding for each resource.

    Args:
        services: the account.
        names: the stacks to check; if empty, all stacks.
        regions: the regions to search; named stacks are looked up in the first one.
        with_tokens: whether to read and compare device tokens.
    """
    if names:
        stacks = named_stacks(services.stacks(regions[0] if regions else None), tuple(names))
    else:
        stacks = [stack for region in regions or (None,) for stack in all_stacks(services.stacks(region))]

    lookups = lookups_of(services)
    declared = call_for_each(
        stacks, lambda stack: desired_resources(services, stack, lookups, _TYPES), what="Reading stacks"
    )
    everything = [one for of_stack in declared for one in of_stack]
    findings = call_for_each(
        everything,
        lambda one: compare(one, services, with_tokens=with_tokens),
        what="Comparing resources",
    )
    ours = {one.held.stack.id for one in everything}
    return [stack for stack in stacks if stack.id in ours or names], findings
