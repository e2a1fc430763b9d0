"""What the commands that start a run have in common: --watch, the exit codes, and what they print."""

from __future__ import annotations

import click

from chime_endpoints_cli.account.fleets.runs.progress import Watcher
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.commands.fleet.selection import Selected
from chime_endpoints_cli.commands.fleet.status.command import INTERVAL, exit_code
from chime_endpoints_cli.commands.fleet.status.following import GOES_ON, follow
from chime_endpoints_cli.output.console.terminal import complain, say, show_json

STARTED = {
    ExitCode.DONE: "the run was started; with --watch, it has ended and no endpoint failed",
    ExitCode.FAILED: "failed; the message says why",
    ExitCode.FOUND: "with --watch: endpoints failed, or the run failed or was refused",
    ExitCode.INTERRUPTED: f"interrupted; {GOES_ON}",
}

watch_option = click.option("--watch", "is_watch", is_flag=True, help="Follow the run until it has ended.")


def follow_started(chosen: Selected, run: str, *, is_watch: bool, as_json: bool) -> ExitCode:
    """Print the run that was started, or follow it."""
    if is_watch:
        complain(f"run {run} was started; it continues if you interrupt this command")
        watcher = Watcher(chosen.services, chosen.fleet)
        return exit_code(follow(watcher, chosen.fleet, interval=INTERVAL, as_json=as_json, run=run))
    if as_json:
        show_json({"fleet": chosen.fleet.id, "run": run})
    else:
        say(f"Run {run} was started. Follow it: chime-endpoints fleet status --watch")
    return ExitCode.DONE
