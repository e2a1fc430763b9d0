"""The `chime-endpoints` command."""

import signal
import sys
from typing import NoReturn

import click
from botocore.exceptions import BotoCoreError, ClientError

from .demo import run_demo
from .errors import CommandError
from .listing import list_command
from .local_commands import local
from .terminal import complain, write_raw

INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cdk-chime-endpoints")
def cli() -> None:
    """Amazon Chime SDK push endpoints: what is registered, and a local cloud to try it on."""


@cli.command()
@click.option("--verbose", is_flag=True, help="Show all that cdk prints.")
def demo(*, verbose: bool) -> None:
    """Deploy endpoints.yaml onto a local cloud, look, change it, look again, destroy it."""
    run_demo(verbose=verbose)


cli.add_command(list_command)
cli.add_command(local)


def main() -> NoReturn:
    """Runs a command; whatever ends it, all that it started is stopped first."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _end)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """The exit code of a command line; every foreseeable failure is one message."""
    try:
        cli.main(arguments, prog_name="chime-endpoints", standalone_mode=False)
    except CommandError as error:
        write_raw(error.output and f"{error.output.rstrip()}\n")
        notes = getattr(error, "__notes__", [])
        complain("\n".join(filter(None, (f"error: {error.problem}", error.remedy, *notes))))
        return 1
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (ClientError, BotoCoreError) as error:
        complain(f"error: {error}")
        return 1
    except (KeyboardInterrupt, click.Abort):
        complain("\ninterrupted: everything that was started has been stopped")
        return INTERRUPTED
    return 0


def _end(number: int, _frame: object) -> NoReturn:
    """Ends as Ctrl-C does, so that everything is stopped on the way out."""
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
