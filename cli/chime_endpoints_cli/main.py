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
    """Inspect, import and audit Amazon Chime SDK push endpoints, or try them on a local cloud.

    Commands use your AWS settings (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL and so on). With --local, they use the
    local cloud instead.
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
    """Run the command line and exit; everything that the command started is stopped first."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _end)
    try:
        prepare()
        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # interrupted while the error message was written
        _leave(ExitCode.INTERRUPTED)
    if threading.active_count() > 1:
        _leave(code)
    sys.exit(code)


def run(arguments: list[str], *, services: Services | None = None) -> int:
    """Run a command line and return its exit code; a failure prints one message.

    Args:
        arguments: the command line, without the program name.
        services: the account to use instead of the one in the settings.
    """
    return caught(
        arguments,
        lambda: cli.main(
            arguments, prog_name="chime-endpoints", complete_var=VARIABLE, standalone_mode=False, obj=services
        ),
    )


def _leave(code: int) -> NoReturn:
    """Exit without waiting for threads whose results are no longer needed."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, CommandError):
            stream.flush()
    os._exit(code)


def _end(number: int, _frame: object) -> NoReturn:
    """Raise KeyboardInterrupt as Ctrl-C does, so that cleanup runs."""
    signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
