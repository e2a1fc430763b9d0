"""Which endpoints a shard has, in eight bytes each: enough to find the ledger that may have one."""

from __future__ import annotations

from array import array
from base64 import b64decode, b64encode
from bisect import bisect_left
from collections.abc import Iterable
from hashlib import blake2b
from itertools import pairwise

from chime_endpoints_handler.model.physical_id import Endpoint

from .entry import Entry

_BYTES = 8


def packed(entries: Iterable[Entry]) -> str:
    """Return the endpoints of a shard."""
    return b64encode(
        b"".join(_digest(each) for entry in entries for each in (entry.endpoint, *entry.predecessors))
    ).decode()


def numbers_of(texts: Iterable[str]) -> array[int]:
    """Return the numbers of the endpoints of several shards, in order."""
    return array("Q", sorted(number for text in texts for number in array("Q", b64decode(text))))


def is_among(numbers: array[int], endpoint: Endpoint) -> bool:
    """Whether an endpoint may be one of those with these numbers."""
    number = number_of(endpoint)
    index = bisect_left(numbers, number)
    return index < len(numbers) and numbers[index] == number


def twice(numbers: array[int]) -> list[int]:
    """Return the numbers that occur twice: of endpoints that several entries have."""
    return sorted({number for number, following in pairwise(numbers) if number == following})


def number_of(endpoint: Endpoint) -> int:
    """Return the number of an endpoint."""
    return array("Q", _digest(endpoint))[0]


def _digest(endpoint: Endpoint) -> bytes:
    return blake2b(endpoint.endpoint_id.encode(), digest_size=_BYTES).digest()
