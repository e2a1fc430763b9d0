"""Time and price of a run of any size, calculated from counted requests and measured times."""

from __future__ import annotations

from dataclasses import dataclass

from chime_endpoints_fleet.manifest.shards import level_for
from chime_endpoints_fleet.runs.settings import Sizes

# Public prices in us-east-1, without free tiers, in dollars.
_GB_SECOND = 0.0000133334  # Lambda, ARM64
_REQUEST = 0.20e-6
_TRANSITION = 0.025e-3  # Step Functions, Standard
_PUT, _GET = 0.005e-3, 0.0004e-3
_MEMORY = 0.25  # GB
_SLOWER = 1769 / 256
"""A function of 256 MB has this part of a processor."""
_RANGES_AT_ONCE, _SHARDS_AT_ONCE = 4, 16
_OF_CHILD = 1.0  # seconds to start a child and its function, which also reads and writes S3
_BATCH = 25
_FUNCTION_SECONDS = 850


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Processor seconds and bytes of one line."""

    split: float
    plan: float
    line_bytes: float


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one run takes."""

    seconds: float
    dollars: float
    puts: int
    gets: int
    transitions: int


def cost(size: int, changes: int, *, rate: float, measured: Measured) -> Cost:
    """Return what a run takes that changes some of its endpoints, with a call for each change."""
    length = size * measured.line_bytes
    ranges = max(1, -(-int(length) // Sizes().range_bytes))
    shards = 1 << level_for(int(length), per_shard=Sizes().shard_endpoints)
    worked = min(shards, changes)
    at_once = min(4, max(1, worked))
    split = size * measured.split * _SLOWER
    plan = size * measured.plan * _SLOWER
    reading = split / min(_RANGES_AT_ONCE, ranges) + -(-ranges // _RANGES_AT_ONCE) * _OF_CHILD
    planning = plan / min(_SHARDS_AT_ONCE, shards) + -(-shards // _SHARDS_AT_ONCE) * _OF_CHILD
    changing = changes / rate
    of_functions = split + plan + (ranges + shards) * 0.3 + changing * at_once
    of_work = worked + int(changing * at_once / _FUNCTION_SECONDS)
    invocations = ranges + shards + of_work + 5
    transitions = 14 + 3 * ranges + 3 * shards + 4 * worked
    batches = max(worked, -(-changes // _BATCH)) if changes else 0
    puts = ranges * (min(shards, size) + 1) + shards + batches + worked + of_work + 6
    gets = shards * (ranges + 4) + ranges * 2 + worked * (ranges + 6) + of_work * 3 + batches + shards * 3
    lists = 2 * shards + worked
    dollars = of_functions * _MEMORY * _GB_SECOND + invocations * _REQUEST + transitions * _TRANSITION
    dollars += (puts + lists) * _PUT + gets * _GET
    return Cost(
        seconds=reading + planning + changing,
        dollars=dollars,
        puts=puts,
        gets=gets,
        transitions=transitions,
    )
