"""Mistakes in a declaration file, each with its place and remedy, and the error that lists them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Place:
    """A place in the file. Lines and columns count from 1."""

    line: int = 1
    column: int = 1


_LONGEST = 60
_LONGEST_NAME = 200
LONGEST_ARN = 300
"""The most characters of an ARN that a message shows. Valid ARNs are shorter, and a mistake can be at the end."""


def quoted(value: str, *, longest: int = _LONGEST) -> str:
    """Return a value for a message: quoted, truncated if it is long, and with invisible characters escaped."""
    return repr(value if len(value) <= longest else f"{value[:longest]}…")


def _plain(name: str) -> str:
    """Return a name from the file for a message: truncated if it is long, and without line breaks."""
    shown = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"
    return shown if shown.isprintable() else repr(shown)[1:-1]


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake. Its text never contains a value that might be a device token."""

    place: Place
    text: str
    entry: str = ""
    """The key of the endpoint that contains the mistake, if any."""
    field: str = ""
    """The field's path in the entry, such as `device_token.secret`."""
    code: str = ""
    """The error code, such as `CE-101`, if the function reports the same kind of mistake."""

    def __str__(self) -> str:
        told = "".join(f"{_plain(part)}: " for part in (self.entry, self.field) if part) + self.text
        return f"{told} [{self.code}]" if self.code else told


class DeclaredFileError(ValueError):
    """The declaration file cannot be deployed.

    Attributes:
        path: the path of the file.
        problems: all mistakes, in the order of the file.
    """

    def __init__(self, path: str, problems: Iterable[Problem]) -> None:
        self.path = path
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(f"{path}:{each.place.line}:{each.place.column}: {each}" for each in self.problems))
