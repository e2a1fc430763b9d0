"""`fleet stop`: stops the run in progress."""

from __future__ import annotations

import click

from chime_endpoints_cli.account.fleets.runs.commands import FleetCommand, send
from chime_endpoints_cli.command_line import options
from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.commands.fleet.selection import fleet_options, selected
from chime_endpoints_cli.output.console.terminal import say, show_json


@click.command(
    "stop",
    cls=Command,
    examples=[("chime-endpoints fleet stop", "and later: chime-endpoints fleet resume")],
)
@fleet_options
@options.as_json
def stop_command(*, name: str | None, region: str | None, local: bool, as_json: bool) -> None:
    """Stop the run in progress.

    Calls that are under way still take effect, and the fleet's ledgers record them. Nothing is undone: the next run
    begins where this one stopped.
    """
    chosen = selected(name=name, region=region, local=local)
    run = send(chosen.services, chosen.fleet, FleetCommand.STOP)
    if as_json:
        show_json({"fleet": chosen.fleet.id, "run": run})
    else:
        say(f"Run {run} was stopped. Resume it: chime-endpoints fleet resume")
