"""The journal of an import: what was read so far, so that an interrupted import continues where it stopped.

Each line holds the endpoints of one user, also if there are none. The journal has device tokens and is readable by its
owner only. It is removed when the manifest is complete.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NoReturn, Self

from chime_endpoints_cli.account.endpoints.observed import DescribedEndpoint
from chime_endpoints_cli.output.codes import CommandCode
from chime_endpoints_cli.output.errors import CommandError

_FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class ReadUser:
    """A user whose endpoints were read."""

    user_arn: str
    endpoints: tuple[DescribedEndpoint, ...] = field(default=(), repr=False)
    unfit: tuple[tuple[str, str], ...] = ()
    """Physical ids of endpoints that cannot be declared as they are, with the reason."""
    held: tuple[tuple[str, str], ...] = ()
    """Physical ids of endpoints that belong to a stack or a fleet, with its name."""


class Journal:
    """A file beside the manifest."""

    def __init__(self, path: Path, *, arns: Sequence[str]) -> None:
        """Accept the path of the manifest and what is imported."""
        self._path = path.with_name(f".{path.name}.import")
        self._arns = list(arns)
        self._lock = threading.Lock()
        self._places: dict[str, int] = {}

    def __enter__(self) -> Self:
        """Open the journal, or create it.

        Raises:
            CommandError: it cannot be written, or belongs to another import.
        """
        try:
            self._file: BinaryIO = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        except OSError as error:
            self._refuse(error)
        try:
            self._continue()
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Close the journal; it stays until the manifest is complete."""
        self._file.close()

    @property
    def path(self) -> Path:
        """The path of the journal."""
        return self._path

    def has(self, user_arn: str) -> bool:
        """Whether the user was read."""
        return user_arn in self._places

    def users(self) -> Iterator[ReadUser]:
        """Yield what was read, in the order of the users' ARNs, whichever call was faster."""
        for _, place in sorted(self._places.items()):
            self._file.seek(place)
            yield _read(json.loads(self._file.readline()))

    def append(self, user: ReadUser) -> None:
        """Add a user, and make sure that it is on the disk; threads may call this at the same time.

        Raises:
            CommandError: the disk is full, for example.
        """
        with self._lock:
            self._places[user.user_arn] = self._write(json.dumps(asdict(user)).encode() + b"\n")

    def remove(self) -> None:
        """Remove the journal: the manifest is complete."""
        self._path.unlink(missing_ok=True)

    def _continue(self) -> None:
        """Check that it is of the same import, and drop a last line that was not written completely."""
        content_ends = 0
        first = self._file.readline()
        if first.endswith(b"\n"):
            if first != self._heading:
                raise CommandError(
                    f"{self._path} belongs to an interrupted import of other endpoints",
                    remedy="Repeat that import, or delete the file. It has device tokens.",
                )
            content_ends = self._file.tell()
            for line in iter(self._file.readline, b""):
                if line.endswith(b"\n"):
                    self._places[json.loads(line)["user_arn"]] = content_ends
                    content_ends = self._file.tell()
        self._file.seek(content_ends)
        self._file.truncate()
        if not content_ends:
            self._write(self._heading)

    @property
    def _heading(self) -> bytes:
        return json.dumps({"import": self._arns, "format": _FORMAT}).encode() + b"\n"

    def _write(self, text: bytes) -> int:
        """Append a text and return where it begins."""
        try:
            place = self._file.seek(0, os.SEEK_END)
            self._file.write(text)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            self._refuse(error)
        return place

    def _refuse(self, error: OSError) -> NoReturn:
        raise CommandError(
            f"{self._path} cannot be written: {error.strerror or error}",
            remedy="Name a file in an existing directory that you can write to.",
            code=CommandCode.FILES,
        ) from error


def _read(line: Mapping[str, Any]) -> ReadUser:
    return ReadUser(
        user_arn=line["user_arn"],
        endpoints=tuple(DescribedEndpoint(**each) for each in line["endpoints"]),
        unfit=tuple((physical_id, why) for physical_id, why in line["unfit"]),
        held=tuple((physical_id, holder) for physical_id, holder in line["held"]),
    )
