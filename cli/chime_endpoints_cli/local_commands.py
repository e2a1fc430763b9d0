"""`chime-endpoints local …`: the local cloud by hand."""

import shlex
from pathlib import Path

import click

from . import options
from .cdk import Cdk
from .clients import Clients
from .command import Command, Group
from .declared_file import read_declaration
from .environment import REGION, local_environment
from .errors import CommandError
from .exit_codes import ExitCode
from .keeping import KeptCloud, cloud_directory, is_kept, kept_cloud, note_variables, start_keeper, stop_keeper
from .local_cloud import require_ministack
from .prerequisites import make_prerequisites
from .services import Services
from .stacks import all_stacks
from .terminal import heading, say, show_json, write_raw
from .verification import BOOTSTRAP_STACK

DECLARATION = Path("endpoints.yaml")

_PORT = click.IntRange(0, 65535)


@click.group(cls=Group, needs_posix=True)
def local() -> None:
    """Run a local cloud on loopback: MiniStack and the Chime emulator."""


@local.command(
    cls=Command,
    examples=[
        ("chime-endpoints local up", "in the directory of the app, whose endpoints.yaml names users and tokens"),
        ("chime-endpoints local deploy", "then: cdk deploy against it"),
    ],
)
@click.option("--port", type=_PORT, default=0, help="MiniStack's port; by default any free one.")
@click.option("--chime-port", type=_PORT, default=0, help="The emulator's port; by default any free one.")
def up(*, port: int, chime_port: int) -> None:
    """Start the local cloud, with what endpoints.yaml speaks of.

    It runs until `chime-endpoints local down`, and keeps nothing.
    """
    require_ministack()
    if is_kept():
        raise CommandError("the local cloud is running already", remedy="See: chime-endpoints local status")
    cloud = start_keeper(aws_port=port, chime_port=chime_port)
    if DECLARATION.exists():
        try:
            made = make_prerequisites(Clients(local=cloud.addresses), read_declaration(DECLARATION))
        except BaseException:
            stop_keeper()
            raise
        note_variables(made.variables)
    _tell(kept_cloud())


@local.command(
    cls=Command,
    examples=[('eval "$(chime-endpoints local status)"', "the environment for other programs, such as aws and cdk")],
    exit_codes={ExitCode.DONE: "it is running", ExitCode.FAILED: "it is not running"},
)
@options.as_json
def status(*, as_json: bool) -> None:
    """Say where the local cloud is."""
    if as_json:
        show_json(settings(kept_cloud()))
    else:
        _tell(kept_cloud())


@local.command(
    cls=Command,
    context_settings={"ignore_unknown_options": True},
    examples=[
        ("chime-endpoints local deploy", "all stacks of the app in this directory"),
        ("chime-endpoints local deploy -c endpoints=other.yaml", "what follows is handed to cdk"),
    ],
    exit_codes={ExitCode.DONE: "deployed", ExitCode.FAILED: "cdk failed; it has said why"},
)
@click.argument("cdk_arguments", nargs=-1, type=click.UNPROCESSED)
def deploy(*, cdk_arguments: tuple[str, ...]) -> None:
    """Run `cdk deploy` against the local cloud."""
    cloud = kept_cloud()
    environment = local_environment(
        aws_url=cloud.addresses.aws_url, chime_url=cloud.addresses.chime_url, directory=cloud_directory()
    )
    cdk = Cdk(
        app=Path.cwd(),
        directory=cloud_directory(),
        environment={**environment, **cloud.variables},
        verbose=True,
    )
    stacks = all_stacks(Services(local=cloud.addresses).stacks(REGION))
    if all(stack.name != BOOTSTRAP_STACK for stack in stacks):
        cdk.bootstrap()
    cdk.deploy(*cdk_arguments)


@local.command(cls=Command, examples=[("chime-endpoints local down", "nothing is left running")])
def down() -> None:
    """Stop the local cloud; what was on it is gone."""
    stop_keeper()
    say("The local cloud has stopped.")


def _tell(cloud: KeptCloud) -> None:
    heading("# The local cloud is running; for programs that are to use it:")
    for name, value in settings(cloud).items():
        write_raw(f"  export {name}={shlex.quote(value)}\n")  # whole on its line, to be copied


def settings(cloud: KeptCloud) -> dict[str, str]:
    """What a program has in its environment to see the local cloud as AWS."""
    return {
        "AWS_ENDPOINT_URL": cloud.addresses.aws_url,
        "AWS_ENDPOINT_URL_CHIME_SDK_IDENTITY": cloud.addresses.chime_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,  # boto3 reads no other
        **cloud.variables,
    }
