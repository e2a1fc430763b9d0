"""The `chime-endpoints` command."""

from __future__ import annotations

import signal
import sys
from typing import NoReturn

import click
from botocore.exceptions import BotoCoreError, ClientError

from chime_endpoints_handler.advice import Kind
from chime_endpoints_handler.errors import HandlerError, ServiceError

from .auditing.audit_command import audit_command
from .completion import VARIABLE, completion_command
from .demo_command import demo
from .drift.drift_command import drift_command
from .errors import CommandError
from .exit_codes import ExitCode
from .importing.import_command import import_command
from .listing import list_command
from .local_commands import local
from .readable import readable
from .schema_command import schema_command
from .services import Services
from .terminal import complain, write_raw
from .validating import validate_command


class _InOrder(click.Group):
    """Lists the commands in the order in which a person meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self.commands)


@click.group(cls=_InOrder, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cdk-chime-endpoints")
def cli() -> None:
    """Amazon Chime SDK push endpoints: what is registered, and a local cloud to try it on.

    Every command works on AWS as the SDK's own settings say (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL and so on),
    and with --local on the local cloud.
    """


for command in (
    list_command,
    drift_command,
    import_command,
    audit_command,
    validate_command,
    schema_command,
    completion_command,
    local,
    demo,
):
    cli.add_command(command)


def main() -> NoReturn:
    """Runs a command; whatever ends it, all that it started is stopped first."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, _end)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str], *, services: Services | None = None) -> int:
    """The exit code of a command line; every foreseeable failure is one message.

    Args:
        arguments: the command line, without the command's own name.
        services: an account to work on, instead of the one that the settings name.
    """
    try:
        result = cli.main(
            arguments, prog_name="chime-endpoints", complete_var=VARIABLE, standalone_mode=False, obj=services
        )
    except CommandError as error:
        write_raw(error.output and f"{error.output.rstrip()}\n")
        notes = getattr(error, "__notes__", [])
        complain("\n".join(filter(None, (f"error: {readable(error.problem)}", error.remedy, *notes))))
        return ExitCode.FAILED
    except click.ClickException as error:
        error.show()
        return ExitCode.FAILED
    except ServiceError as error:
        complain(f"error: {error.operation} failed: {error.said} [{error.code}]\n{_remedy(error)}")
        return ExitCode.FAILED
    except (HandlerError, ClientError, BotoCoreError) as error:
        complain(f"error: {readable(str(error))}")
        return ExitCode.FAILED
    except (KeyboardInterrupt, click.Abort):
        complain("\ninterrupted: everything that was started has been stopped")
        return ExitCode.INTERRUPTED
    return int(result or ExitCode.DONE)


def _remedy(error: ServiceError) -> str:
    """What the person who runs a command can do; the error itself speaks to the one who deploys."""
    if error.kind is Kind.UNAUTHENTICATED:
        return "Your credentials are missing or have expired: sign in again, or name a profile with AWS_PROFILE."
    if error.kind.is_transient:
        return "Is there a way to the service (AWS_ENDPOINT_URL, proxies)? If it is only busy, try again."
    return f"Check that what was asked for exists, and that your credentials may call chime:{error.operation} on it."


def _end(number: int, _frame: object) -> NoReturn:
    """Ends as Ctrl-C does, so that everything is stopped on the way out."""
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
