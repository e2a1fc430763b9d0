"""Numbers of eight bytes that stand for something of which a fleet has many, and that a shard's plan contains."""

from __future__ import annotations

from array import array
from base64 import b64decode, b64encode
from collections.abc import Iterable
from itertools import pairwise

BYTES = 8


def packed(numbers: Iterable[int]) -> str:
    """Return the numbers of a shard as text."""
    return b64encode(array("Q", numbers).tobytes()).decode()


def unpacked(texts: Iterable[str]) -> array[int]:
    """Return the numbers of several shards, in order."""
    return array("Q", sorted(number for text in texts for number in array("Q", b64decode(text))))


def twice(numbers: array[int]) -> list[int]:
    """Return the numbers that occur twice."""
    return sorted({number for number, following in pairwise(numbers) if number == following})
