"""Where `import` writes: the standard output, a new file, or a file that is replaced as a whole."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from typing import NoReturn, Protocol, Self

from chime_endpoints_cli.errors import CommandError
from chime_endpoints_cli.terminal import write_raw


class Output(Protocol):
    """A destination that is opened before anything else is changed, and written last."""

    def __enter__(self) -> Self:
        """Open the destination."""

    def __exit__(self, *_: object) -> None:
        """Remove what was not finished."""

    def reserve(self, text: bytes) -> None:
        """Prove that a text of this length can be written."""

    def finish(self, text: bytes) -> None:
        """Write the text."""


class StandardOutput:
    """The standard output, which cannot be tried beforehand."""

    def __enter__(self) -> Self:
        """Do nothing."""
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing."""

    def reserve(self, text: bytes) -> None:
        """Do nothing."""

    def finish(self, text: bytes) -> None:
        """Print the text."""
        write_raw(text.decode())


class FileOutput:
    """A file, written beside its place and then put there in one step, so that it is never half written.

    A link is followed, and a file that is replaced keeps its mode.
    """

    def __init__(self, path: Path, *, replaces: bytes | None = None) -> None:
        """Take the file and, if it is to be replaced, what it contains now.

        Raises:
            CommandError: the file exists, and nothing is to be replaced.
        """
        self._shown = path
        self._path = Path(os.path.realpath(path))
        self._replaces = replaces
        self._draft = self._path.with_name(f".{self._path.stem}.{os.getpid()}{self._path.suffix}")
        self._refuse_others_changes()

    @property
    def path(self) -> Path:
        """The file, as a person named it."""
        return self._shown

    @property
    def draft(self) -> Path:
        """The unfinished file, with the suffix of the file that it becomes."""
        return self._draft

    def __enter__(self) -> Self:
        """Open the unfinished file.

        Raises:
            CommandError: the directory does not exist or cannot be written to, or the file is read-only.
        """
        try:
            if self._replaces is not None and not os.access(self._path, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            self._draft.unlink(missing_ok=True)
            self._file = self._draft.open("xb")
        except OSError as error:
            self._refuse(error)
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the unfinished file."""
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self._draft.unlink(missing_ok=True)

    def reserve(self, text: bytes) -> None:
        """Write the text into the unfinished file.

        Raises:
            CommandError: the disk is full, for example.
        """
        self._write(text)

    def finish(self, text: bytes) -> None:
        """Write the text and put the file in its place.

        Raises:
            CommandError: the file cannot be written, or someone else has written it meanwhile.
        """
        self._write(text)
        self._refuse_others_changes()
        try:
            if self._replaces is not None:
                self._draft.chmod(self._path.stat().st_mode & 0o7777)
            self._file.close()
            self._draft.replace(self._path)
        except OSError as error:
            self._refuse(error)

    def _write(self, text: bytes) -> None:
        try:
            self._file.seek(0)
            self._file.write(text)
            self._file.truncate()
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            self._refuse(error)

    def _refuse_others_changes(self) -> None:
        if self._path.is_dir():
            raise CommandError(f"{self._shown} is a directory", remedy="Name a file in it.")
        if self._replaces is None:
            if os.path.lexists(self._path):
                raise CommandError(
                    f"{self._shown} exists already",
                    remedy=f"Name another file, or add the entries to this one: --into {self._shown}",
                )
            return
        try:
            is_as_before = self._path.read_bytes() == self._replaces
        except OSError as error:
            self._refuse(error)
        if not is_as_before:
            raise CommandError(
                f"{self._shown} was changed meanwhile; it is left as it is", remedy="Run the command again."
            )

    def _refuse(self, error: OSError) -> NoReturn:
        raise CommandError(
            f"{self._shown} cannot be written: {error.strerror or error}",
            remedy="Name a file in a directory that exists and that you may write to.",
        ) from error
