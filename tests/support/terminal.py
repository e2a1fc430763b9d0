"""A terminal that a test reads."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from io import StringIO

_STYLE = re.compile(r"\x1b\[[\d;]*m")


class Terminal(StringIO):
    """A standard stream that a person sees."""

    def isatty(self) -> bool:
        """Say that it is a terminal."""
        return True

    @property
    def shown(self) -> str:
        """The text without colors and without spaces at the ends of lines."""
        return "".join(f"{line.rstrip()}\n" for line in _STYLE.sub("", self.getvalue()).splitlines())


@contextlib.contextmanager
def on_terminal() -> Iterator[Terminal]:
    """Make one terminal of both standard streams during the block."""
    terminal = Terminal()
    with contextlib.redirect_stdout(terminal), contextlib.redirect_stderr(terminal):
        yield terminal
