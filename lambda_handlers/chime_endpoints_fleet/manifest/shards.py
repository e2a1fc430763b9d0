"""The division of the fleet into shards by the hash of the key."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

HIGHEST_LEVEL = 10
"""The level of the largest fleets, with 1,024 shards."""
_BYTES_OF_A_LINE = 250
_SMALLEST_DIVIDED = 200
_LOWEST_DIVIDED_LEVEL = 3


def shard_of(key: str, level: int) -> int:
    """Return the shard of a key: the last bits of its hash. With level + 1, shard i splits into i and i + 2**level."""
    return int.from_bytes(sha256(key.encode()).digest()[:4], "big") & ((1 << level) - 1)


def parents(shard: int, level: int) -> Iterator[tuple[int, int]]:
    """Yield level and number of the shards that contained this one, the nearest first."""
    for lower in range(level - 1, -1, -1):
        yield lower, shard & ((1 << lower) - 1)


def level_for(size: int, *, per_shard: int) -> int:
    """Return the level for a manifest of so many bytes.

    A fleet that is worth dividing has at least eight shards, so that the children of the state machine share the work
    evenly.
    """
    lines = size // _BYTES_OF_A_LINE
    shards = max(1, -(-lines // per_shard))
    lowest = _LOWEST_DIVIDED_LEVEL if lines >= min(_SMALLEST_DIVIDED, per_shard) else 0
    return min(HIGHEST_LEVEL, max(lowest, (shards - 1).bit_length()))
