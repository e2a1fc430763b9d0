"""`fleet sync` and `fleet resume`: start a run with the newest manifest, or resume the newest run."""

from __future__ import annotations

from typing import Any

import click

from chime_endpoints_cli.account.fleets.runs.commands import FleetCommand, declaration_of, send
from chime_endpoints_cli.command_line import options
from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.commands.fleet.selection import fleet_options, selected
from chime_endpoints_cli.output.console.terminal import complain

from .started import STARTED, follow_started, watch_option


@click.command(
    "sync",
    cls=Command,
    examples=[
        ("aws s3 cp devices.jsonl s3://BUCKET/devices.jsonl", "upload the new manifest"),
        ("chime-endpoints fleet plan devices.jsonl", "see what it would change"),
        ("chime-endpoints fleet sync --watch", "apply it, and follow the run"),
        ("chime-endpoints fleet sync --adopt", "after the fleet's ledger was damaged or deleted"),
    ],
    exit_codes=STARTED,
)
@click.option("--adopt", "adopts", is_flag=True, help="Take over what is registered, also if a ledger is lost.")
@watch_option
@fleet_options
@options.as_json
def sync_command(
    *, adopts: bool, is_watch: bool, name: str | None, region: str | None, local: bool, as_json: bool
) -> ExitCode:
    """Start a run with the newest manifest.

    The run reads the manifest that the stack declares: the named version or, without a version, the newest one. It
    replaces a run that is still in progress, and continues where that one stopped.

    With --adopt, each line takes over an endpoint that is already registered with its device token, as if it had
    `adopt_existing`. A missing or damaged ledger is replaced with a new one. Endpoints that are no longer in the
    manifest then stay registered: `chime-endpoints list --unheld` shows them.
    """
    chosen = selected(name=name, region=region, local=local)
    more: dict[str, Any] = {"adopts": True, "declared": declaration_of(chosen.fleet)} if adopts else {}
    if named := chosen.fleet.named_version:
        complain(f"the stack declares version {named} of the manifest; to apply another one, declare it and deploy")
    run = send(chosen.services, chosen.fleet, FleetCommand.SYNC, **more)
    return follow_started(chosen, run, is_watch=is_watch, as_json=as_json)


@click.command(
    "resume",
    cls=Command,
    examples=[("chime-endpoints fleet resume --watch", "after a run failed or was stopped")],
    exit_codes=STARTED,
)
@watch_option
@fleet_options
@options.as_json
def resume_command(*, is_watch: bool, name: str | None, region: str | None, local: bool, as_json: bool) -> ExitCode:
    """Resume the newest run where it stopped.

    The run keeps its version of the manifest. What it has done is not done again, and what failed is tried again.
    """
    chosen = selected(name=name, region=region, local=local)
    run = send(chosen.services, chosen.fleet, FleetCommand.RESUME)
    return follow_started(chosen, run, is_watch=is_watch, as_json=as_json)
