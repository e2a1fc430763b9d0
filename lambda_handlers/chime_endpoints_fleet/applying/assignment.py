"""What a worker is asked to do, and how far it got."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..manifest.lines import Declared

_MOST_CALLS = 10
"""The calls that a change takes at most, unless something is in its way."""
_LEASE_BEYOND = 15.0
"""Seconds for which a lease is at least longer than a change, so that some can begin under it."""


@dataclass(frozen=True, kw_only=True)
class Batching:
    """How much a worker does between two writes of a ledger; tests use smaller sizes."""

    batch: int = 25
    """What is done again after a worker was killed."""
    lease: float = 60.0
    """Seconds for which a worker has the shard to itself after a write."""
    threads: int = 4
    """Changes at the same time."""
    seconds: float = 30.0
    """For one change."""

    def at(self, rate: float) -> Batching:
        """Return what fits a rate: if calls are seconds apart, fewer changes at the same time, each with more time."""
        seconds = max(self.seconds, _MOST_CALLS / rate)
        return Batching(
            batch=self.batch,
            lease=max(self.lease + seconds - self.seconds, seconds + _LEASE_BEYOND),
            threads=max(1, min(self.threads, int(rate * self.seconds / _MOST_CALLS))),
            seconds=seconds,
        )


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """One shard in one round of a run."""

    run: str
    round: int
    level: int
    shard: int
    rate: float
    """Calls a second."""
    stack_id: str
    logical_id: str
    began: float
    """When the run began to make changes, in seconds since the epoch."""
    first_round: int = 1
    """The first round of the execution. What failed before is tried again."""
    may_adopt: bool = True
    """Whether AdoptExisting is followed: nothing of the fleet itself can be in the way any more."""


@dataclass(frozen=True, kw_only=True)
class Worked:
    """How far a worker got."""

    done: bool
    """Whether no other worker has to continue in this round: all is done, or the run is no longer wanted."""
    wait: int = 0
    """Seconds to wait before another worker continues."""


Wanted = Callable[[str], Mapping[str, Declared]]
"""Returns what the manifest of a run declares for the shard; nothing if that is no longer known."""
Report = Callable[[Mapping[str, tuple[str, str]]], None]
"""Writes down the code and the reason of each key that failed."""
