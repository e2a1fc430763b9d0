"""How far a run is, counted in one small object, so that nobody has to read every ledger for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from ...ledger.header import Header
from ...store import LostRaceError, Store, compact
from .plan import ShardPlan

_TRIES = 10


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What is counted for the whole fleet."""

    registered: int
    failed: int
    remaining: int = 0
    """The changes that are still to be made, without those that failed."""
    throttled: int = 0
    """The throttled calls since the last time."""


def begin(store: Store, run: str, plans: Mapping[int, ShardPlan]) -> None:
    """Begin to count. A run that is resumed goes on from what its ledgers have."""
    before = store.json(_name(run)) or {}
    counts = {
        str(shard): [each.registered, sum(each.counts.values()), 0, before.get(str(shard), [0])[-1]]
        for shard, each in plans.items()
    }
    store.put(_name(run), compact(counts))


def note(store: Store, run: str, headers: Mapping[int, Header]) -> Counted | None:
    """Count what the headers of some shards say, and return what is counted by now.

    Returns:
        None if others count at the same moment, or if the run's objects were deleted. Then the next time counts it.
    """
    for _ in range(_TRIES):
        if (found := store.get(_name(run))) is None:
            return None
        counts: dict[str, list[int]] = json.loads(found.body)
        own = {str(shard): header for shard, header in headers.items() if header.run == run}
        throttled = sum(each.throttled - counts.get(shard, [0])[-1] for shard, each in own.items())
        for shard, each in own.items():
            counts[shard] = [each.n, each.todo - each.done, len(each.failed), each.throttled]
        try:
            store.put(_name(run), compact(counts), replaces=found.etag)
        except LostRaceError:
            continue
        registered, remaining, failed = (sum(each[index] for each in counts.values()) for index in range(3))
        return Counted(registered=registered, failed=failed, remaining=remaining, throttled=throttled)
    return None


def _name(run: str) -> str:
    return f"runs/{run}/counted"
