"""`fleet check --repair`: a run for what the fleet has, and the removal of what it only named."""

from __future__ import annotations

import click

from chime_endpoints_cli.account.fleets.runs.checks import Check
from chime_endpoints_cli.account.fleets.runs.commands import FleetCommand, send
from chime_endpoints_cli.account.fleets.runs.progress import Watcher
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.commands.fleet.selection import Selected
from chime_endpoints_cli.commands.fleet.status.command import INTERVAL
from chime_endpoints_cli.commands.fleet.status.following import follow
from chime_endpoints_cli.output.console.terminal import complain, counted

from . import strays


def repair(chosen: Selected, checked: Check, *, yes: bool, is_table: bool) -> ExitCode:
    """Repair what a check has found after the user confirms, and return the exit code for what is left.

    Args:
        chosen: the fleet.
        checked: the check.
        yes: whether the user is not asked.
        is_table: whether a person reads the output.
    """
    left = len(checked.findings)
    if number := len(checked.repairable):
        question = f"Repair {counted(number, 'endpoint')}, and apply the newest manifest?"
        if yes or click.confirm(question, err=True):
            if not _run(chosen, checked):
                return ExitCode.FOUND
            left -= number
    if checked.strays:
        left -= _deregister(chosen, checked, yes=yes)
    if left and is_table:
        complain(f"not repaired: {counted(left, 'endpoint')}")
    if left:
        return ExitCode.FOUND
    return ExitCode.DONE if checked.is_complete else ExitCode.FAILED


def _run(chosen: Selected, checked: Check) -> bool:
    """Start the run that repairs, follow it, and return whether it succeeded."""
    run = send(chosen.services, chosen.fleet, FleetCommand.SYNC, repairs=checked.run)
    complain(f"run {run} was started; it continues if you interrupt this command")
    watcher = Watcher(chosen.services, chosen.fleet)
    ended = follow(watcher, chosen.fleet, interval=INTERVAL, run=run, on_stderr=True)
    return not (ended.failed or ended.phase.is_bad)


def _deregister(chosen: Selected, checked: Check, *, yes: bool) -> int:
    """Deregister the strays that belong to nothing, and return how many."""
    looked = strays.look(chosen.services, chosen.fleet, checked.strays)
    if looked.reason:
        complain(f"{counted(len(checked.strays) - len(looked.removable), 'stray')} left alone. {looked.reason}")
    if not (number := len(looked.removable)):
        return 0
    if not yes and not click.confirm(f"Deregister {counted(number, 'endpoint')}? This cannot be undone", err=True):
        return 0
    done = strays.deregister_strays(chosen.services, chosen.fleet, looked.removable)
    complain(f"deregistered: {len(done)} of {number}")
    return len(done)
