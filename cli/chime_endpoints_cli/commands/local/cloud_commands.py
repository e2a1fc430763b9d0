"""`chime-endpoints local up`, `status` and `down`: start and stop the local cloud."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import click

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.command_line import options
from chime_endpoints_cli.command_line.command import Command, Group
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.local.background.background_process import (
    BackgroundCloud,
    background_cloud,
    cloud_directory,
    is_running,
    locked,
    note_contents,
    other_clouds,
    start_background_process,
    stop_background_process,
)
from chime_endpoints_cli.local.background.settings import Shell, settings, written_for
from chime_endpoints_cli.local.cloud.local_cloud import require_ministack
from chime_endpoints_cli.local.declaration.loading import PUSH_SECRET, LocalDeclaration, read_locally
from chime_endpoints_cli.local.declaration.prerequisites import Prerequisites, make_prerequisites
from chime_endpoints_cli.output.console.terminal import complain, counted, say, show_json, waiting, write_raw

from .cdk_commands import deploy, destroy, diff, exec_command

DECLARATION = Path("endpoints.yaml")

_PORT = click.IntRange(0, 65535)


@click.group(cls=Group, needs_posix=True)
def local() -> None:
    """Run a local cloud on this machine.

    It consists of MiniStack and the emulator of the Chime service, and listens on loopback only.
    """


@local.command(
    cls=Command,
    examples=[
        ("chime-endpoints local up", "in the directory of the app: also creates what endpoints.yaml refers to"),
        ("chime-endpoints local up -c endpoints=staging.yaml -c STAGE=dev", "another file, with a variable's value"),
        ("chime-endpoints local deploy", "then run cdk deploy on it"),
    ],
)
@click.option("--port", type=_PORT, default=0, help="The port of MiniStack; by default any free port.")
@click.option("--chime-port", type=_PORT, default=0, help="The port of the emulator; by default any free port.")
@options.context
def up(*, port: int, chime_port: int, context: tuple[str, ...]) -> None:
    """Start the local cloud, and create what endpoints.yaml refers to.

    The command creates the app instances and users, the applications with working channels, the secrets with their
    fields, and the parameters, with made-up device tokens. If you change the file, run the command again: it creates
    what is missing. The cloud runs until `chime-endpoints local down`, and does not keep its data.
    """
    require_ministack()
    given = dict(options.variables_in(context))
    file = Path(given.pop("endpoints", DECLARATION))  # as `cdk deploy -c endpoints=PATH`
    has_file = file.exists() or file != DECLARATION
    with locked():
        running = background_cloud() if is_running() else None
        earlier = running.variables if running else {}
        declared = _read(file, given, running) if has_file else None
        cloud = running or _start(port, chime_port, declared)
        if running:
            complain("The local cloud is already running.")
        if declared:
            try:
                cloud = _provide(cloud, declared, {**earlier, **given})
            except BaseException:
                if not running:
                    stop_background_process()
                raise
    _show(cloud, Shell.SH)


@local.command(
    cls=Command,
    examples=[
        ('eval "$(chime-endpoints local status)"', "set the environment for other programs, such as aws and cdk"),
        ("chime-endpoints local status --shell fish | source", "the same in fish"),
        ("chime-endpoints local status --shell powershell | Out-String | Invoke-Expression", "the same in PowerShell"),
    ],
    exit_codes={ExitCode.DONE: "it is running", ExitCode.FAILED: "it is not running"},
)
@click.option(
    "--shell",
    type=click.Choice([each.value for each in Shell]),
    default=Shell.SH.value,
    help="The shell whose syntax to print; sh also works in bash and zsh.",
)
@options.as_json
def status(*, shell: str, as_json: bool) -> None:
    """Print the settings for the local cloud.

    They are commands that a shell can evaluate.
    """
    if as_json:
        show_json(settings(background_cloud()))
    else:
        _show(background_cloud(), Shell(shell))


@local.command(cls=Command, examples=[("chime-endpoints local down", "stops all its processes")])
def down() -> None:
    """Stop the local cloud of this directory and delete its data."""
    with locked() if cloud_directory().exists() else nullcontext(), waiting("Stopping the local cloud"):
        stopped = stop_background_process()
    if stopped:
        say("The local cloud has stopped.")
    else:
        others = other_clouds()
        say(f"The local cloud is not running in this directory{others and f'; it is running in {others}'}.")


for command in (deploy, diff, destroy, exec_command):
    local.add_command(command)


def _read(file: Path, given: dict[str, str], running: BackgroundCloud | None) -> LocalDeclaration:
    if running is None:
        return read_locally(file, given)
    return read_locally(file, given, earlier=running.variables, account=running.account)


def _start(port: int, chime_port: int, declared: LocalDeclaration | None) -> BackgroundCloud:
    with waiting("Starting the local cloud"):
        if declared is None:
            return start_background_process(aws_port=port, chime_port=chime_port)
        return start_background_process(aws_port=port, chime_port=chime_port, account=declared.account)


def _provide(cloud: BackgroundCloud, declared: LocalDeclaration, known: dict[str, str]) -> BackgroundCloud:
    entries = declared.declarations.entries
    with waiting(f"Creating what {declared.declarations.path} refers to"):
        made = make_prerequisites(Services(local=cloud.addresses), cloud.addresses, entries, account=declared.account)
    for entry in entries:
        account = entry.declaration.app_instance_user_arn.split(":")[4]
        if account != declared.account:
            complain(
                f"warning: {entry.key}: its user is in account {account}, but the local cloud is account"
                f" {declared.account}. A deployment can use only one account."
            )
    complain(f"{declared.declarations.path}: {_made(made)}")
    variables = {**known, **declared.variables}
    if made.push_secret_arn:
        variables[PUSH_SECRET] = made.push_secret_arn
    return note_contents(variables, [arn.partition("/user/")[0] for arn in made.user_arns])


def _made(made: Prerequisites) -> str:
    parts = (
        (len(made.user_arns), "user"),
        (len(made.application_arns), "application"),
        (len(made.secret_arns), "secret"),
        (len(made.parameters), "parameter"),
    )
    return ", ".join(counted(number, thing) for number, thing in parts if number) + " on the local cloud."


def _show(cloud: BackgroundCloud, shell: Shell) -> None:
    write_raw("# The local cloud is running. Settings for programs that use it:\n")
    write_raw(written_for(shell, settings(cloud)))  # unwrapped, so that lines can be copied
