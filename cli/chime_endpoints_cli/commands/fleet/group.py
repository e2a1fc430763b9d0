"""The group of the commands about fleets."""

from __future__ import annotations

import click

from chime_endpoints_cli.command_line.command import Group

from .check.command import check_command
from .entries.failures import failures_command
from .entries.list import list_command
from .plan.command import plan_command
from .runs.drain import drain_command
from .runs.starting import resume_command, sync_command
from .runs.stop import stop_command
from .status.command import status_command


@click.group(cls=Group)
def fleet() -> None:
    """Plan, follow, start and stop the runs of a fleet.

    A fleet is one resource of a stack that registers the endpoints of a manifest: a file with one endpoint on each
    line, in Amazon S3. A run compares the manifest with what the fleet has registered, and applies the difference.
    """


for command in (
    plan_command,
    status_command,
    sync_command,
    resume_command,
    stop_command,
    failures_command,
    list_command,
    check_command,
    drain_command,
):
    fleet.add_command(command)
