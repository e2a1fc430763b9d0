"""`chime-endpoints local …`: the local cloud by hand."""

from pathlib import Path

import click

from .cdk import Cdk
from .clients import Clients
from .declared_file import read_declaration
from .environment import REGION, local_environment
from .errors import CommandError
from .keeping import KeptCloud, cloud_directory, is_kept, kept_cloud, note_variables, start_keeper, stop_keeper
from .prerequisites import make_prerequisites
from .services import Services
from .stacks import all_stacks
from .terminal import heading, say
from .verification import BOOTSTRAP_STACK

DECLARATION = Path("endpoints.yaml")

_PORT = click.IntRange(0, 65535)


@click.group()
def local() -> None:
    """Run a local cloud: MiniStack and the Chime service emulator on loopback."""


@local.command()
@click.option("--port", type=_PORT, default=0, help="MiniStack's port; by default any free one.")
@click.option("--chime-port", type=_PORT, default=0, help="The emulator's port; by default any free one.")
def up(*, port: int, chime_port: int) -> None:
    """Start the local cloud, with the users and tokens that endpoints.yaml speaks of."""
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


@local.command()
def status() -> None:
    """Say where the local cloud is."""
    _tell(kept_cloud())


@local.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("cdk_arguments", nargs=-1, type=click.UNPROCESSED)
def deploy(*, cdk_arguments: tuple[str, ...]) -> None:
    """Run `cdk deploy` against the local cloud, with these arguments for cdk."""
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


@local.command()
def down() -> None:
    """Stop the local cloud; what was on it is gone."""
    stop_keeper()
    say("The local cloud has stopped.")


def _tell(cloud: KeptCloud) -> None:
    heading("The local cloud is running; for programs that are to use it:")
    settings = {
        "AWS_ENDPOINT_URL": cloud.addresses.aws_url,
        "AWS_ENDPOINT_URL_CHIME_SDK_IDENTITY": cloud.addresses.chime_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        **cloud.variables,
    }
    for name, value in settings.items():
        say(f"export {name}={value}")
