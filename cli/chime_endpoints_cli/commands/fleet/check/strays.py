"""Deregister strays, each only if a second look right before confirms that it belongs to nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chime_endpoints_cli.account.calls.concurrency import call_for_each
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.endpoints.listing import endpoints_of_all
from chime_endpoints_cli.account.fleets.entries import with_fleets
from chime_endpoints_cli.account.fleets.fleet import Fleet
from chime_endpoints_cli.account.stacks.holders import stack_endpoints_in_regions
from chime_endpoints_cli.account.stacks.stacks import was_left_in_place
from chime_endpoints_fleet.runs.checking.findings import Finding
from chime_endpoints_fleet.runs.checking.strays import key_in
from chime_endpoints_handler.aws.endpoints.api import Endpoints
from chime_endpoints_handler.aws.endpoints.presence import deregister
from chime_endpoints_handler.model.physical_id import Endpoint

_CHANGING = "A deployment or a run in progress may be about to take it over. Repair again when it has finished."
_LEFT = "The stack left the fleet's endpoints registered on purpose (removal policy RETAIN)."
_UNSEEN = "Some stacks or fleets could not be read, and it may belong to one of them: chime-endpoints audit names them."
_HELD = "It belongs to another resource or another key now."


@dataclass(frozen=True, kw_only=True)
class Strays:
    """What a repair may deregister, and why it leaves the others alone."""

    removable: Sequence[Finding]
    reason: str = ""


def look(services: Services, fleet: Fleet, found: Sequence[Finding]) -> Strays:
    """Return which strays belong to nothing: to no key of a fleet, and to no resource of a stack in any region.

    Their endpoints are listed before the stacks are read: what is adopted in between is seen as belonging to someone.

    Args:
        services: the account.
        fleet: the fleet that was checked.
        found: the strays that the check has found.
    """
    stack = fleet.held.stack
    named = _still_named(services, fleet, found)
    if not named:
        return Strays(removable=())
    among = {_physical_id(each) for each in named}
    of_stacks, reach = stack_endpoints_in_regions(services, services.every_region(), given=False)
    reach.require_some()
    held = with_fleets(services, of_stacks, among=among)
    if reach.passed_over or held.unread_fleets:
        return Strays(removable=(), reason=_UNSEEN)
    if held.is_unsettled or any(each.id == stack.id and each.is_changing for each in reach.stacks):
        return Strays(removable=(), reason=_CHANGING)
    if was_left_in_place(services.stacks(stack.region), stack.id, fleet.id):
        return Strays(removable=(), reason=_LEFT)
    free = [each for each in named if held.holder_of(_physical_id(each)) is None]
    return Strays(removable=free, reason=_HELD if len(free) < len(named) else "")


def deregister_strays(services: Services, fleet: Fleet, agreed: Sequence[Finding]) -> list[Finding]:
    """Deregister the strays that still belong to nothing, and return them.

    Raises:
        ServiceError: an endpoint could not be deregistered.
    """
    still = list(look(services, fleet, agreed).removable)
    call_for_each(still, lambda stray: _deregister(services, stray), what="Deregistering")
    return still


def _still_named(services: Services, fleet: Fleet, found: Sequence[Finding]) -> list[Finding]:
    """Return the strays that are registered, and whose names prove that this fleet gave them."""
    users = list(dict.fromkeys(each.user_arn for each in found))
    names = {each.physical_id: each.name for each in endpoints_of_all(services, users)}
    return [
        each
        for each in found
        if key_in(names.get(_physical_id(each), ""), fleet.held.stack.id, fleet.held.logical_id) == each.key
    ]


def _deregister(services: Services, stray: Finding) -> None:
    deregister(Endpoints(stray.user_arn, clients=services, call=services.call()), stray.endpoint_id)


def _physical_id(stray: Finding) -> str:
    return str(Endpoint(stray.user_arn, stray.endpoint_id))
