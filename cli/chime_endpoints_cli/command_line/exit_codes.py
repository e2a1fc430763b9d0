"""The exit codes of all commands; `--help` shows those that a command can return."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes."""

    DONE = 0
    FAILED = 1
    """Also returned for a wrong command line, because 2 means FOUND."""
    FOUND = 2
    INTERRUPTED = 130


MEANINGS = {
    ExitCode.DONE: "done; nothing needs attention",
    ExitCode.FAILED: "failed, or not everything could be checked; the message says why; also a wrong command line",
    ExitCode.FOUND: "the command found what it looks for",
    ExitCode.INTERRUPTED: "interrupted; everything the command started has been stopped",
}
