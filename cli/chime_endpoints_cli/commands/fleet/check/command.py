"""The command line of `fleet check`."""

from __future__ import annotations

import click

from chime_endpoints_cli.account.fleets.runs.checks import Check, read_check
from chime_endpoints_cli.account.fleets.runs.commands import FleetCommand, send
from chime_endpoints_cli.account.fleets.runs.progress import Progress, Watcher
from chime_endpoints_cli.command_line import options
from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.commands.fleet.selection import fleet_options, selected
from chime_endpoints_cli.commands.fleet.status.command import INTERVAL
from chime_endpoints_cli.commands.fleet.status.following import GOES_ON, follow
from chime_endpoints_cli.output.console.terminal import complain, is_asked, show_csv, show_json
from chime_endpoints_cli.output.errors import CommandError

from . import repair, report


@click.command(
    "check",
    cls=Command,
    examples=[
        ("chime-endpoints fleet check", "about 3 hours for a million endpoints of 500,000 users"),
        ("chime-endpoints fleet check --last --format csv > check.csv", "the report of the last check"),
        ("chime-endpoints fleet check --last --repair", "make what it has found as declared, after you confirm"),
    ],
    exit_codes={
        ExitCode.DONE: "what is registered is what the ledgers say, or was repaired",
        ExitCode.FAILED: "failed, or some users could not be listed",
        ExitCode.FOUND: "differences were found",
        ExitCode.INTERRUPTED: f"interrupted; {GOES_ON}",
    },
)
@click.option("--tokens", "with_tokens", is_flag=True, help="Compare device tokens, too: a call for each endpoint.")
@click.option("--last", "is_last", is_flag=True, help="Start no check: follow or report the last one.")
@click.option("--repair", "is_repair", is_flag=True, help="Start a run that repairs what was found, after you confirm.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@fleet_options
@options.formats("table", "json", "csv")
@options.as_json
def check_command(
    *,
    with_tokens: bool,
    is_last: bool,
    is_repair: bool,
    yes: bool,
    name: str | None,
    region: str | None,
    local: bool,
    form: str | None,
    as_json: bool,
) -> ExitCode:
    """Compare what is registered with the fleet's ledgers.

    The fleet's functions list the endpoints of each user, at the fleet's rate, and change nothing. The command waits
    for them and reports endpoints that are gone, INACTIVE, or whose name or allow_messages was changed outside the
    fleet, and strays: endpoints that the fleet named and that no ledger has. Names that the manifest does not declare
    are not compared.

    --tokens also compares device tokens with what the newest manifest and its secrets and parameters say. That takes a
    call for each endpoint: 11 hours for a million at 25 a second. Lines that a run has not applied yet are left out.

    The check continues if you interrupt the command. `--last` then shows its report.

    --repair starts a run with the newest manifest. It registers again what is gone, replaces what has an old device
    token, and resets what was changed. Then the command deregisters strays, each only if two looks show that it belongs
    to no stack and no fleet in any region of the account. It never touches an endpoint that belongs to one, that the
    fleet's stack left registered on purpose, or that a deployment or a run in progress may be about to take over.

    INACTIVE endpoints stay as they are: only a new device token in the manifest helps. So do endpoints that two keys
    have: remove the line of one key first.
    """
    form = options.form_of(form, as_json=as_json, default="table")
    if is_repair and not yes and (form != "table" or not is_asked()):
        raise CommandError(
            "--repair cannot ask for confirmation here", remedy="With JSON or CSV, or without a terminal, add --yes."
        )
    if is_last and with_tokens:
        raise CommandError("--last starts no check that could compare device tokens", remedy="Leave one of them out.")
    chosen = selected(name=name, region=region, local=local)
    more = {"tokens": True} if with_tokens else {}
    watcher = Watcher(chosen.services, chosen.fleet, is_of_checks=True)
    run = _last(watcher.look()) if is_last else send(chosen.services, chosen.fleet, FleetCommand.CHECK, **more)
    if not is_last:
        complain(f"check {run} was started; it continues if you interrupt this command")
    follow(watcher, chosen.fleet, interval=INTERVAL, run=run, on_stderr=True)
    checked = read_check(chosen.services, chosen.fleet)
    if checked is None:
        raise CommandError(f"the check {run} is gone", remedy="Start another one.")
    if form == "json":
        show_json(report.to_json(chosen.fleet.id, checked))
    elif form == "csv":
        show_csv(report.COLUMNS, (finding.to_json() for finding in checked.findings))
    else:
        report.show(checked)
    return repair.repair(chosen, checked, yes=yes, is_table=form == "table") if is_repair else exit_code(checked)


def exit_code(checked: Check) -> ExitCode:
    """Return the exit code for a check."""
    if checked.findings:
        return ExitCode.FOUND
    return ExitCode.DONE if checked.is_complete else ExitCode.FAILED


def _last(now: Progress) -> str:
    if now.run is None:
        raise CommandError("this fleet was never checked", remedy="Leave out --last to start a check.")
    return now.run.id
