"""Standard streams that never cause a traceback: in any locale, with a closed pipe or a full disk."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from typing import TextIO

from chime_endpoints_cli.output.codes import CommandCode
from chime_endpoints_cli.output.errors import CommandError

_GONE = {errno.EPIPE, errno.EINVAL} if os.name == "nt" else {errno.EPIPE}
"""The errors of writing to a pipe after its reader has closed it."""
_LOOKS_LIKE = {"…": "...", "─": "-"}  # characters that the commands use
_ERRORS = "chime-endpoints"


class Output(io.TextIOWrapper):
    """A stream that discards output after its reader has left (`| head -1`), and reports other write errors."""

    is_for_errors = False

    def write(self, text: str, /) -> int:
        """Write the text, or discard it if the reader has left."""
        try:
            return super().write(text)
        except OSError as error:
            self._failed(error)
        return len(text)

    def flush(self) -> None:
        """Flush the stream, or discard the output if the reader has left."""
        try:
            super().flush()
        except OSError as error:
            self._failed(error)

    def _failed(self, error: OSError) -> None:
        """Redirect the output to nowhere: otherwise, flushing at interpreter exit would fail again."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)
        if error.errno not in _GONE and not self.is_for_errors:
            raise CommandError(
                f"the output could not be written: {error.strerror}",
                remedy="Write to another place, or free some disk space.",
                code=CommandCode.FILES,
            ) from error


def prepare() -> None:
    """Replace the streams of this process with streams that accept every text."""
    codecs.register_error(_ERRORS, _escaped)
    sys.stdout = _output(sys.stdout)
    sys.stderr = _output(sys.stderr)
    sys.stderr.is_for_errors = True


def _output(stream: TextIO | None) -> Output:
    """Return the replacement of a stream, even if the process was started without it (`>&-`)."""
    if not isinstance(stream, io.TextIOWrapper):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        return Output(io.FileIO(nowhere, "w"), encoding="utf-8", write_through=True)
    stream.flush()
    encoding, is_by_line = stream.encoding, stream.line_buffering
    return Output(stream.detach(), encoding=encoding, errors=_ERRORS, line_buffering=is_by_line)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """Replace what the encoding lacks with a similar character or with Python's escape."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    shown = "".join(_LOOKS_LIKE.get(each) or each.encode("ascii", "backslashreplace").decode() for each in missing)
    return shown, error.end
