"""The command line of `fleet status`."""

from __future__ import annotations

import click

from chime_endpoints_cli.account.fleets.runs.progress import Progress, Watcher, to_json
from chime_endpoints_cli.command_line import options
from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.commands.fleet.selection import fleet_options, selected
from chime_endpoints_cli.output.console.terminal import console, show_json
from chime_endpoints_cli.output.errors import CommandError

from .following import GOES_ON, follow
from .view import View

INTERVAL = 5
"""The default pause between two looks of --watch, in seconds."""
_LONGEST = 3600


@click.command(
    "status",
    cls=Command,
    examples=[
        ("chime-endpoints fleet status", "the only fleet in the region"),
        ("chime-endpoints fleet status --fleet Push --watch", "until the run has ended"),
        ("chime-endpoints fleet status --json | jq .remaining", "for another program"),
    ],
    exit_codes={
        ExitCode.DONE: "no endpoint failed; the run has ended or is in progress",
        ExitCode.FAILED: "failed; the message says why",
        ExitCode.FOUND: "endpoints failed, or the run failed, was refused or does not progress",
        ExitCode.INTERRUPTED: f"interrupted; {GOES_ON}",
    },
)
@click.option("--watch", "is_watch", is_flag=True, help="Look again and again until the run has ended, or Ctrl-C.")
@click.option(
    "--interval",
    type=click.IntRange(min=1, max=_LONGEST),
    metavar="SECONDS",
    help=f"With --watch, the pause between two looks: {INTERVAL} by default.",
)
@fleet_options
@options.as_json
def status_command(
    *, is_watch: bool, interval: int | None, name: str | None, region: str | None, local: bool, as_json: bool
) -> ExitCode:
    """Show how far the newest run of a fleet is.

    The command shows how many operations are done, how many a second, how long the rest will take, and how many
    endpoints failed. It reads the headers of the fleet's ledgers in Amazon S3.

    --watch looks again until the run has ended. On a terminal, it redraws. Otherwise, it prints one line for each look:
    text, or with --json a JSON object. The run continues if you interrupt the command.
    """
    if interval is not None and not is_watch:
        raise CommandError("--interval does nothing without --watch", remedy="Add --watch, or leave it out.")
    chosen = selected(name=name, region=region, local=local)
    watcher = Watcher(chosen.services, chosen.fleet)
    if is_watch:
        return exit_code(follow(watcher, chosen.fleet, interval=interval or INTERVAL, as_json=as_json))
    now = watcher.look()
    if as_json:
        show_json({"fleet": chosen.fleet.id} | to_json(now, now.rate_since(None)))
    else:
        console().print(View(fleet=chosen.fleet, now=now, rate=now.rate_since(None)))
    return exit_code(now)


def exit_code(progress: Progress) -> ExitCode:
    """Return the exit code for the state of a run."""
    return ExitCode.FOUND if progress.failed or progress.phase.is_bad else ExitCode.DONE
