"""Mistakes in a declaration file: where each is and what to do, all of them in one error."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Place:
    """A place in the file; lines and columns count from 1."""

    line: int = 1
    column: int = 1


_LONGEST = 60
_LONGEST_NAME = 200
LONGEST_ARN = 300
"""So much is shown of an ARN: one that is right is shorter, and what is wrong may stand at its end."""


def quoted(value: str, *, longest: int = _LONGEST) -> str:
    """What was found, for a message: cut where it is long, and escaped where it would not show."""
    return repr(value if len(value) <= longest else f"{value[:longest]}…")


def _plain(name: str) -> str:
    """A name from the file in a form that fits a line of a message."""
    shown = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"
    return shown if shown.isprintable() else repr(shown)[1:-1]


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake. Its text never holds a value that may be a device token."""

    place: Place
    text: str
    entry: str = ""
    """The key of the endpoint that it is in, if it is in one."""
    field: str = ""
    """The field's path in the entry, as `device_token.secret`."""
    code: str = ""
    """The code of the function's own mistake of this kind, where there is one, as `CE-101`."""

    def __str__(self) -> str:
        told = "".join(f"{_plain(part)}: " for part in (self.entry, self.field) if part) + self.text
        return f"{told} [{self.code}]" if self.code else told


class DeclaredFileError(ValueError):
    """A declaration file that cannot be deployed.

    Attributes:
        path: the file.
        problems: every mistake, in the order of the file.
    """

    def __init__(self, path: str, problems: Iterable[Problem]) -> None:
        self.path = path
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(f"{path}:{each.place.line}:{each.place.column}: {each}" for each in self.problems))
