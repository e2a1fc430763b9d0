"""The `chime-endpoints` command."""

from __future__ import annotations

from typing import NoReturn

import click

from .account.calls.services import Services
from .command_line.command import Group
from .command_line.error_handler import exit_code_of
from .command_line.process import exit_with
from .commands.file.init import init_command
from .commands.file.schema import schema_command
from .commands.file.validate.command import validate_command
from .commands.fleet.group import fleet
from .commands.help.completion import VARIABLE, completion_command
from .commands.help.explain import explain_command
from .commands.local.cloud_commands import local
from .commands.plan.command import plan_command
from .commands.registered.audit.command import audit_command
from .commands.registered.doctor.command import doctor_command
from .commands.registered.drift.command import drift_command
from .commands.registered.import_.command import import_command
from .commands.registered.list.command import list_command


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cdk-chime-endpoints")
def cli() -> None:
    """Inspect, import and audit Amazon Chime SDK push endpoints, or try them on a local cloud.

    Commands use your AWS settings (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL and so on). With --local, they use the
    local cloud instead.
    """


for command in (
    init_command,
    plan_command,
    list_command,
    drift_command,
    doctor_command,
    import_command,
    audit_command,
    fleet,
    validate_command,
    schema_command,
    explain_command,
    completion_command,
    local,
):
    cli.add_command(command)


def main() -> NoReturn:
    """Run the command line and exit; everything that the command started is stopped first."""
    exit_with(run)


def run(arguments: list[str], *, services: Services | None = None) -> int:
    """Run a command line and return its exit code; a failure prints one message.

    Args:
        arguments: the command line, without the program name.
        services: the account to use instead of the one in the settings.
    """
    return exit_code_of(
        arguments,
        lambda: cli.main(
            arguments, prog_name="chime-endpoints", complete_var=VARIABLE, standalone_mode=False, obj=services
        ),
    )


if __name__ == "__main__":
    main()
