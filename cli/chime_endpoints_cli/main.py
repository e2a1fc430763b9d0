"""The `chime-endpoints` command."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from typing import NoReturn

import click

from .auditing.audit_command import audit_command
from .command import Group
from .completion import VARIABLE, completion_command
from .demo_command import demo
from .drift.drift_command import drift_command
from .errors import CommandError
from .exit_codes import ExitCode
from .importing.import_command import import_command
from .listing import list_command
from .local_commands import local
from .net import caught
from .schema_command import schema_command
from .services import Services
from .streams import prepare
from .validating import validate_command


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
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
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)
    try:
        prepare()
        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # while the message of a failure was being written
        _leave(ExitCode.INTERRUPTED)
    if threading.active_count() > 1:
        _leave(code)
    sys.exit(code)


def run(arguments: list[str], *, services: Services | None = None) -> int:
    """The exit code of a command line; every failure is one message.

    Args:
        arguments: the command line, without the command's own name.
        services: an account to work on, instead of the one that the settings name.
    """
    return caught(
        arguments,
        lambda: cli.main(
            arguments, prog_name="chime-endpoints", complete_var=VARIABLE, standalone_mode=False, obj=services
        ),
    )


def _leave(code: int) -> NoReturn:
    """Ends without waiting for calls that are still under way in threads, whose answers nobody needs any more."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, CommandError):
            stream.flush()
    os._exit(code)


def _end(number: int, _frame: object) -> NoReturn:
    """Ends as Ctrl-C does, so that everything is stopped on the way out."""
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
