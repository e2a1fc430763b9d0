"""Byte ranges of the manifest, and the whole lines that begin in one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .fields import LONGEST_LINE

BEYOND = LONGEST_LINE + 2
"""Bytes to read beyond a range: the rest of a line that begins in it, and its line break."""
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not empty."""

    number: int
    """Counted from 1, among the lines that begin in the range."""
    position: int
    """The position of its first byte in the manifest."""
    text: bytes = field(repr=False)


def ranges_of(size: int, length: int) -> list[tuple[int, int]]:
    """Return ranges of at most the given length, each from its first byte to the one after its last."""
    return [(first, min(first + length, size)) for first in range(0, size, length)]


def first_byte(first: int) -> int:
    """Return the first byte to read for a range: the one before it shows whether a line begins with the range."""
    return max(0, first - 1)


def lines_of(body: bytes, first: int, last: int) -> Iterator[Line]:
    """Yield the lines that begin in a range, in whole.

    A line that is longer than allowed comes with a few bytes more than that, so that it is refused.

    Args:
        body: the manifest from `first_byte(first)` to `last + BEYOND`.
        first: the first byte of the range.
        last: the byte after its last one.
    """
    begin = first_byte(first)
    position = 0 if first == 0 else _after_line_break(body, 0)
    number = 0
    while position < min(len(body), last - begin):
        following = _after_line_break(body, position)
        text = body[position : min(following, position + BEYOND)].strip()
        number += 1
        if begin + position == 0:
            text = text.removeprefix(_BYTE_ORDER_MARK)
        if text:
            yield Line(number, begin + position, text)
        position = following


def count_lines(body: bytes, first: int, last: int) -> int:
    """Return how many lines begin in a range, empty ones included."""
    begin = first_byte(first)
    starts = body.count(b"\n", 0, max(0, last - begin - 1))
    return starts + (first == 0 and last > 0)


def _after_line_break(body: bytes, position: int) -> int:
    found = body.find(b"\n", position)
    return len(body) if found < 0 else found + 1
