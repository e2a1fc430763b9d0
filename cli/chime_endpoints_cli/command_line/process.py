"""The process of a command: its signals, its standard streams and its end."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

from chime_endpoints_cli.output.console.streams import prepare
from chime_endpoints_cli.output.errors import CommandError

from .exit_codes import ExitCode


def exit_with(run: Callable[[list[str]], int]) -> NoReturn:
    """Run a command line and exit with its exit code; everything that the command started is stopped first.

    Args:
        run: runs the command line, without the program name, and returns the exit code.
    """
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
