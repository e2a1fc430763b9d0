"""The fleet that a command is about, and the options that name it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.fleets.finding import the_fleet
from chime_endpoints_cli.account.fleets.fleet import Fleet
from chime_endpoints_cli.command_line import options


@dataclass(frozen=True, kw_only=True)
class Selected:
    """A deployed fleet and the account that has it."""

    services: Services
    fleet: Fleet


def fleet_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --fleet, --region and --local, which `selected` understands."""
    named = click.option(
        "--fleet",
        "name",
        metavar="FLEET",
        help="The fleet: STACK, STACK/LOGICAL-ID or its id. Not needed if the region has one fleet only.",
    )
    region = click.option("--region", metavar="REGION", help="The region of the fleet's stack.")
    return named(region(options.local(command)))


def selected(*, name: str | None, region: str | None, local: bool) -> Selected:
    """Return the fleet that the options name.

    Raises:
        CommandError: there is none, or there are several.
    """
    services = options.services_of(local=local)
    return Selected(services=services, fleet=the_fleet(services, name, region))
