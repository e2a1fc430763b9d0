"""`fleet drain`: deregisters all endpoints of a fleet, for example before its stack is deleted."""

from __future__ import annotations

import click

from chime_endpoints_cli.account.fleets.runs.commands import FleetCommand, send
from chime_endpoints_cli.account.fleets.runs.progress import Watcher
from chime_endpoints_cli.command_line import options
from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.commands.fleet.selection import fleet_options, selected
from chime_endpoints_cli.output.console.terminal import counted, is_asked, say
from chime_endpoints_cli.output.errors import CommandError

from .started import STARTED, follow_started, watch_option


@click.command(
    "drain",
    cls=Command,
    examples=[("chime-endpoints fleet drain --watch", "before cdk destroy: a stack waits for an hour at most")],
    exit_codes=STARTED,
)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@watch_option
@fleet_options
@options.as_json
def drain_command(
    *, yes: bool, is_watch: bool, name: str | None, region: str | None, local: bool, as_json: bool
) -> ExitCode:
    """Deregister all endpoints of a fleet.

    The fleet stays deployed, and `fleet sync` registers its endpoints again. Drain a large fleet before you delete its
    stack: CloudFormation waits for an hour at most, which is enough for about 80,000 endpoints.
    """
    if not yes and (as_json or not is_asked()):
        raise CommandError(
            "fleet drain cannot ask for confirmation here", remedy="With JSON, or without a terminal, add --yes."
        )
    chosen = selected(name=name, region=region, local=local)
    number = Watcher(chosen.services, chosen.fleet).look().registered
    question = f"Deregister {counted(number, 'endpoint')} of fleet {chosen.fleet.id}? This cannot be undone"
    if not yes and not click.confirm(question, err=True):
        say("Nothing was changed.")
        return ExitCode.DONE
    run = send(chosen.services, chosen.fleet, FleetCommand.DRAIN)
    return follow_started(chosen, run, is_watch=is_watch, as_json=as_json)
