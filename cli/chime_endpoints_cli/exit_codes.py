"""How commands end, the same for all of them; `--help` shows the part that a command can end with."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes."""

    DONE = 0
    FAILED = 1
    """Also for a command line that is wrong: 2 is an answer here."""
    FOUND = 2
    INTERRUPTED = 130


MEANINGS = {
    ExitCode.DONE: "done; nothing was found that asks for anything to be done",
    ExitCode.FAILED: "failed, or could not be told: the message says why; also a wrong command line",
    ExitCode.FOUND: "the command has looked, and found what it looks for",
    ExitCode.INTERRUPTED: "interrupted; what was started has been stopped",
}
