"""Translates any exception into the failure of a command."""

from __future__ import annotations

import errno
import traceback

from chime_endpoints_cli.output.codes import ISSUES, CommandCode
from chime_endpoints_cli.output.console.readable import readable
from chime_endpoints_cli.output.errors import CommandError

from .credentials import of_credentials
from .network_and_settings import of_network, of_settings
from .service_errors import of_caller, of_refusal

_LONGEST = 300
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def command_error_for(error: Exception) -> CommandError:
    """Return what happened and what to do; for an unexpected error, how to report it."""
    if isinstance(error, CommandError):
        return error
    for translated in (of_settings, of_credentials, of_network, of_refusal, _of_files):
        if (found := translated(error)) is not None:
            return found
    return _unexpected(error)


def in_one_line(error: Exception) -> str:
    """Return the explanation in one line, for a list of findings."""
    told = command_error_for(error)
    code = f" [{told.code}]" if told.code else ""
    return f"{told.problem}{code}{f'. {told.remedy}' if told.remedy else ''}"


def known_error_for(error: Exception) -> CommandError | None:
    """Return the failure if the user's settings, credentials or network cause it, otherwise None."""
    if isinstance(error, CommandError):
        return error
    return of_settings(error) or of_credentials(error) or of_network(error) or of_caller(error)


def _of_files(error: Exception) -> CommandError | None:
    if not isinstance(error, OSError) or error.errno is None:
        return None
    where = f"{error.filename}: " if error.filename is not None else ""
    remedy = (
        "Free some disk space, then run the command again."
        if error.errno in _FULL
        else ("Check the path and its permissions." if where else "Run the command again with --debug to see where.")
    )
    return CommandError(f"{where}{error.strerror or type(error).__name__}", remedy=remedy, code=CommandCode.FILES)


def _unexpected(error: Exception) -> CommandError:
    said = readable(" ".join(traceback.format_exception_only(error)[-1].split()))[:_LONGEST]
    return CommandError(
        f"chime-endpoints failed unexpectedly: {said}",
        remedy=f"This is a bug. Run the command again with --debug, and report the output: {ISSUES}",
        code=CommandCode.UNEXPECTED,
    )
