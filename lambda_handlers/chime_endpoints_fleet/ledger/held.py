"""Which endpoints a shard has, in eight bytes each: enough to find the ledger that may have one."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from hashlib import blake2b

from chime_endpoints_handler.model.physical_id import Endpoint

from .entry import Entry
from .numbers import BYTES, packed


def held_by(entries: Iterable[Entry]) -> str:
    """Return the endpoints of a shard."""
    return packed(number_of(each) for entry in entries for each in entry.endpoints)


def is_among(numbers: array[int], endpoint: Endpoint) -> bool:
    """Whether an endpoint may be one of those with these numbers."""
    number = number_of(endpoint)
    index = bisect_left(numbers, number)
    return index < len(numbers) and numbers[index] == number


def number_of(endpoint: Endpoint) -> int:
    """Return the number of an endpoint."""
    return int.from_bytes(blake2b(endpoint.endpoint_id.encode(), digest_size=BYTES).digest(), "little")
