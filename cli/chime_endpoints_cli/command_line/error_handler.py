"""The outermost error handler: turns every exception into one message on the standard error and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Sequence

import click

from chime_endpoints_cli.output.codes import hint, page_of
from chime_endpoints_cli.output.console.readable import readable
from chime_endpoints_cli.output.console.terminal import complain, write_raw
from chime_endpoints_cli.output.failures.translation import command_error_for

from .exit_codes import ExitCode

DEBUG = "--debug"
DEBUG_VARIABLE = "CHIME_ENDPOINTS_DEBUG"


def exit_code_of(arguments: Sequence[str], command: Callable[[], ExitCode | None]) -> int:
    """Run a command and return its exit code; no exception escapes.

    Args:
        arguments: the command line, which can contain --debug.
        command: the function to run; it returns the exit code, or None for success.
    """
    try:
        result = command()
        sys.stdout.flush()
    except (KeyboardInterrupt, click.Abort) as error:
        cause = error.__cause__ if isinstance(error, click.Abort) else error  # click turns one into the other
        said = str(cause) if isinstance(cause, KeyboardInterrupt) else ""
        complain(f"\ninterrupted: {said or 'everything the command started has been stopped'}")
        return ExitCode.INTERRUPTED
    except click.ClickException as error:
        error.show()
        return ExitCode.FAILED
    except Exception as error:  # noqa: BLE001 - the outermost edge
        _show(error, with_trace=wants_trace(arguments))
        return ExitCode.FAILED
    return result or ExitCode.DONE


def wants_trace(arguments: Sequence[str]) -> bool:
    """Whether the command line or the environment requests the traceback."""
    return DEBUG in arguments or os.environ.get(DEBUG_VARIABLE, "").lower() not in ("", "0", "false", "no")


def _show(error: Exception, *, with_trace: bool) -> None:
    told = command_error_for(error)
    if with_trace:
        complain("".join(traceback.format_exception(error)).rstrip())
    write_raw(told.output and f"{told.output.rstrip()}\n")
    code = f" [{told.code}]" if told.code else ""
    page = f"See {page_of(told.code)}" if told.code else ""
    notes = getattr(error, "__notes__", [])
    # The cause can be the mistakes of a file, which have been printed before the error that counts them.
    explain = hint(f"{told.output}{told.problem}{code} {error.__cause__}", sys.stderr)
    complain("\n".join(filter(None, (f"error: {readable(told.problem)}{code}", told.remedy, page, *notes, explain))))
