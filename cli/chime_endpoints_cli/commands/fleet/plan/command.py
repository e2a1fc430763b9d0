"""The command line of `fleet plan`."""

from __future__ import annotations

from pathlib import Path

import click

from chime_endpoints_cli.account.fleets.finding import the_fleet_if_any
from chime_endpoints_cli.command_line import options
from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.commands.fleet.selection import fleet_options
from chime_endpoints_cli.output.console.terminal import progress_of_bytes, show_csv, show_json
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_handler.model.declaration import AllowMessages, EndpointType

from . import report
from .basis import Basis, basis_of, new_basis
from .manifest_file import read_manifest
from .planning import FleetPlan, plan


@click.command(
    "plan",
    cls=Command,
    examples=[
        ("chime-endpoints fleet plan devices.jsonl", "the only fleet in the region"),
        ("chime-endpoints fleet plan devices.jsonl --fleet Push --format csv", "a line for each changed endpoint"),
        ("chime-endpoints fleet plan devices.jsonl --application $NEW", "before you change a default of the fleet"),
        ("chime-endpoints fleet plan devices.jsonl --new --allow-changes", "check the file alone, for example in CI"),
    ],
    exit_codes={
        ExitCode.DONE: "nothing to do; with --allow-changes, also changes that the run would make",
        ExitCode.FAILED: "failed; the message says why",
        ExitCode.FOUND: "there are changes, or the run would be refused",
    },
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--new", "is_new", is_flag=True, help="Compare with no fleet, and make no call to AWS.")
@click.option("--app-instance", metavar="ARN", help="The default app instance instead of the deployed one.")
@click.option("--application", metavar="ARN", help="The default application instead of the deployed one.")
@click.option("--type", "type_", type=click.Choice(list(EndpointType)), help="The default type.")
@click.option("--allow-messages", type=click.Choice(list(AllowMessages)), help="The default of allow_messages.")
@click.option(
    "--allow-changes", is_flag=True, help="Exit with 0 instead of 2 if there are changes that the run would make."
)
@fleet_options
@options.formats("table", "json", "csv")
@options.as_json
def plan_command(
    *,
    file: Path,
    is_new: bool,
    app_instance: str | None,
    application: str | None,
    type_: str | None,
    allow_messages: str | None,
    allow_changes: bool,
    name: str | None,
    region: str | None,
    local: bool,
    form: str | None,
    as_json: bool,
) -> ExitCode:
    """Show what a run with the manifest FILE would do.

    The command reads the file on this machine, checks every line, and compares it with the ledgers of the deployed
    fleet. It changes nothing and makes no call to Amazon Chime. It shows how many endpoints would be created (`+`),
    changed in place (`~`), replaced (`-/+`) and removed (`-`). It also shows wrong lines, keys and device tokens that
    occur twice, and whether the run would be refused because it removes too many endpoints.

    If the region has no fleet, or with --new, every line is a new endpoint.
    """
    form = options.form_of(form, as_json=as_json, default="table")
    if is_new and name is not None:
        raise CommandError("--new and --fleet cannot be used together", remedy="Use one of them.")
    given = {
        "AppInstance": app_instance,
        "Application": application,
        "Type": type_,
        "AllowMessages": allow_messages,
    }
    defaults = {member: value for member, value in given.items() if value is not None}
    if is_new:
        basis = new_basis(defaults)
    else:
        services = options.services_of(local=local)
        basis = basis_of(services, the_fleet_if_any(services, name, region), defaults)
    made = _plan(file, basis)
    if form == "json":
        show_json(report.to_json(made, basis))
    elif form == "csv":
        show_csv(report.COLUMNS, report.records(made))
    else:
        report.show(made, basis)
    return exit_code(made, allow_changes=allow_changes)


def exit_code(made: FleetPlan, *, allow_changes: bool) -> ExitCode:
    """Return the exit code for a plan."""
    is_fine = not made.changes or (allow_changes and not made.same_tokens)
    return ExitCode.DONE if is_fine and not made.is_refused else ExitCode.FOUND


def _plan(file: Path, basis: Basis) -> FleetPlan:
    try:
        size = file.stat().st_size
    except OSError:
        size = 0  # reading it says what is wrong
    with progress_of_bytes(f"Reading {file}", total=size) as advance:
        return plan(
            read_manifest(file, basis.rules, advance),
            basis.entries,
            fleet=basis.fleet_id,
            most_deletions_percent=basis.most_deletions_percent,
        )
