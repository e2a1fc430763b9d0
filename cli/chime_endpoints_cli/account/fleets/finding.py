"""Finds deployed fleets by stack, by stack and logical id, or by the fleet's id."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chime_endpoints_cli.account.calls.concurrency import call_for_each
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.stacks.desired import DesiredResource, desired_resources
from chime_endpoints_cli.account.stacks.stacks import FLEET_TYPE, Stack, StackResource, all_stacks, named_stacks
from chime_endpoints_cli.account.stacks.templates.lookups import lookups_of
from chime_endpoints_cli.output.errors import CommandError

from .fleet import Fleet, read_fleet

_ID = re.compile(r"(?P<stack>[A-Za-z][A-Za-z0-9-]*)-(?P<logical>[A-Za-z0-9]+)-(?P<suffix>[0-9a-f]{16})")
_STACK = re.compile(r"(?P<stack>arn:[^/]+/[^/]+/[^/]+|[^/]+)(?:/(?P<logical>[A-Za-z0-9]+))?")
_WHICH = "Name it with --fleet STACK, --fleet STACK/LOGICAL-ID or --fleet FLEET-ID."


def the_fleet(services: Services, given: str | None, region: str | None) -> Fleet:
    """Return the fleet that the user means.

    Args:
        services: the account.
        given: a stack's name or ARN, optionally with `/` and a logical id, or a fleet's id; None if there is only one.
        region: the region of its stack, if it is not that of the settings.

    Raises:
        CommandError: there is none, or there are several.
    """
    wanted = _wanted(services, given, region)
    if not wanted:
        where = f"in {region or services.region}" if given is None else f"with the name {given}"
        raise CommandError(
            f"there is no fleet {where}", remedy="Check the name, AWS_PROFILE, and the region (--region)."
        )
    if len(wanted) > 1:
        names = ", ".join(f"{each.held.stack.name}/{each.held.logical_id}" for each in wanted)
        raise CommandError(f"there are {len(wanted)} fleets: {names}", remedy=_WHICH)
    return read_fleet(services, wanted[0])


def the_fleet_if_any(services: Services, given: str | None, region: str | None) -> Fleet | None:
    """Return the fleet that the user means, or None if no fleet is named and the region has none.

    Raises:
        CommandError: the named fleet does not exist, or there are several.
    """
    if given is None and not _wanted(services, None, region):
        return None
    return the_fleet(services, given, region)


def _wanted(services: Services, given: str | None, region: str | None) -> list[DesiredResource]:
    found = fleets_in(services, _stacks(services, given, region))
    return [each for each in found if is_meant(each.held, given)]


def fleets_in(services: Services, stacks: Sequence[Stack]) -> list[DesiredResource]:
    """Return the resources of all fleets of some stacks."""
    lookups = lookups_of(services)
    found = call_for_each(
        stacks, lambda stack: desired_resources(services, stack, lookups, (FLEET_TYPE,)), what="Looking for fleets"
    )
    return [one for of_stack in found for one in of_stack]


def _stacks(services: Services, given: str | None, region: str | None) -> list[Stack]:
    cloudformation = services.stacks(region)
    if given is None:
        return all_stacks(cloudformation)
    if by_id := _ID.fullmatch(given):
        try:
            return named_stacks(cloudformation, (by_id["stack"],))
        except CommandError:
            pass  # perhaps the name of a stack looks like this
    by_stack = _STACK.fullmatch(given)
    if by_stack is None:
        raise CommandError(f"{given!r} is not the name of a fleet", remedy=_WHICH)
    return named_stacks(cloudformation, (by_stack["stack"],))


def is_meant(fleet: StackResource, given: str | None) -> bool:
    """Whether a name on the command line means a fleet; None means every fleet."""
    if given is None or given == fleet.own_name:
        return True
    by_stack = _STACK.fullmatch(given)
    if by_stack is not None and by_stack["logical"]:
        return fleet.logical_id == by_stack["logical"] and by_stack["stack"] in (fleet.stack.name, fleet.stack.id)
    return _ID.fullmatch(given) is None or fleet.stack.name == given
