"""The standard streams, so that no terminal, locale, full disk or closed pipe ends a command with a traceback."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from typing import TextIO

from .errors import CommandError
from .failing.codes import CommandCode

_GONE = {errno.EPIPE, errno.EINVAL} if os.name == "nt" else {errno.EPIPE}
"""What a write to a pipe fails with whose reader has left."""
_LOOKS_LIKE = {"…": "...", "─": "-"}  # what the commands themselves write
_ERRORS = "chime-endpoints"


class Output(io.TextIOWrapper):
    """A stream that goes on without a reader (`| head -1`), and says what else keeps it from being written."""

    is_for_errors = False

    def write(self, text: str, /) -> int:
        """Writes, or throws away what nobody reads."""
        try:
            return super().write(text)
        except OSError as error:
            self._failed(error)
        return len(text)

    def flush(self) -> None:
        """Flushes, or throws away what nobody reads."""
        try:
            super().flush()
        except OSError as error:
            self._failed(error)

    def _failed(self, error: OSError) -> None:
        """From here on the output goes nowhere: what is buffered would fail again when the interpreter ends."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)
        if error.errno not in _GONE and not self.is_for_errors:
            raise CommandError(
                f"the output could not be written: {error.strerror}",
                remedy="Write it to another place, or make room on the disk.",
                code=CommandCode.FILES,
            ) from error


def prepare() -> None:
    """Replaces the streams of this process; afterwards every text can be written to them."""
    codecs.register_error(_ERRORS, _escaped)
    sys.stdout = _output(sys.stdout)
    sys.stderr = _output(sys.stderr)
    sys.stderr.is_for_errors = True


def _output(stream: TextIO | None) -> Output:
    """Also where the process was started without one (`>&-`)."""
    if not isinstance(stream, io.TextIOWrapper):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        return Output(io.FileIO(nowhere, "w"), encoding="utf-8", write_through=True)
    stream.flush()
    encoding, is_by_line = stream.encoding, stream.line_buffering
    return Output(stream.detach(), encoding=encoding, errors=_ERRORS, line_buffering=is_by_line)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """What the encoding does not have: a character that looks like it, else Python's escape."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    shown = "".join(_LOOKS_LIKE.get(each) or each.encode("ascii", "backslashreplace").decode() for each in missing)
    return shown, error.end
