"""Destinations of `import`: the standard output, a new file, or a file that is replaced atomically."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from typing import NoReturn, Protocol, Self

from chime_endpoints_cli.output.console.terminal import write_raw
from chime_endpoints_cli.output.errors import CommandError


class Output(Protocol):
    """A destination that is opened before anything is changed, and written last."""

    def __enter__(self) -> Self:
        """Open the destination."""

    def __exit__(self, *_: object) -> None:
        """Remove an unfinished file."""

    def reserve(self, text: bytes) -> None:
        """Prove that a text of this length can be written."""

    def finish(self, text: bytes) -> None:
        """Write the text."""


class StandardOutput:
    """The standard output, which cannot be checked in advance."""

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
    """A file that is written to a draft and then renamed, so that it is never half written.

    Symbolic links are followed, and a replaced file keeps its mode.
    """

    def __init__(self, path: Path, *, replaces: bytes | None = None) -> None:
        """Accept the path and, to replace a file, its current content.

        Raises:
            CommandError: the file exists and must not be replaced, or has changed.
        """
        self._shown = path
        self._path = Path(os.path.realpath(path))
        self._replaces = replaces
        self._draft = self._path.with_name(f".{self._path.stem}.{os.getpid()}{self._path.suffix}")
        self._refuse_others_changes()

    @property
    def path(self) -> Path:
        """The path as the user gave it."""
        return self._shown

    @property
    def draft(self) -> Path:
        """The path of the draft, with the same suffix as the file."""
        return self._draft

    def __enter__(self) -> Self:
        """Open the draft.

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
        """Remove the draft."""
        with contextlib.suppress(OSError):
            self._file.close()
        with contextlib.suppress(OSError):
            self._draft.unlink(missing_ok=True)

    def reserve(self, text: bytes) -> None:
        """Write the text to the draft.

        Raises:
            CommandError: the draft cannot be written, for example because the disk is full.
        """
        self._write(text)

    def finish(self, text: bytes) -> None:
        """Write the text and rename the draft to the file.

        Raises:
            CommandError: the file cannot be written, or another program has written it in the meantime.
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
                    f"{self._shown} already exists",
                    remedy=f"Name another file, or add the entries to this one: --into {self._shown}",
                )
            return
        try:
            is_as_before = self._path.read_bytes() == self._replaces
        except OSError as error:
            self._refuse(error)
        if not is_as_before:
            raise CommandError(
                f"{self._shown} has changed in the meantime and was not overwritten", remedy="Run the command again."
            )

    def _refuse(self, error: OSError) -> NoReturn:
        raise CommandError(
            f"{self._shown} cannot be written: {error.strerror or error}",
            remedy="Name a file in an existing directory that you can write to.",
        ) from error
