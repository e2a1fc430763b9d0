"""A manifest on this machine, read line by line however large it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from chime_endpoints_cli.output.codes import CommandCode
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_fleet.manifest.lines import Declared, LineError, Problem, Rules, read_line
from chime_endpoints_fleet.manifest.ranges import BEYOND, count_lines, first_byte, lines_of, ranges_of

_RANGE = 4 * 1024 * 1024
"""Bytes to read at once."""


@dataclass(frozen=True, kw_only=True)
class ReadLine:
    """A line with what it declares, or with what is wrong with it."""

    number: int
    """Counted from 1."""
    declared: Declared | None = None
    problems: tuple[Problem, ...] = field(default=())


def read_manifest(path: Path, rules: Rules, advance: Callable[[int], object]) -> Iterator[ReadLine]:
    """Yield the lines that are not empty.

    Args:
        path: the file.
        rules: the defaults, and what lines may name.
        advance: is called with the number of bytes that were read.

    Raises:
        CommandError: the file cannot be read.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            before = 0
            for first, last in ranges_of(size, _RANGE):
                file.seek(first_byte(first))
                body = file.read(last + BEYOND - first_byte(first))
                for line in lines_of(body, first, last):
                    yield _read(before + line.number, line.text, rules)
                before += count_lines(body, first, last)
                advance(last - first)
    except OSError as error:
        raise CommandError(
            f"{path} cannot be read: {error.strerror or error}", remedy="Check the path.", code=CommandCode.FILES
        ) from error


def _read(number: int, text: bytes, rules: Rules) -> ReadLine:
    try:
        return ReadLine(number=number, declared=read_line(text, rules))
    except LineError as error:
        return ReadLine(number=number, problems=error.problems)
