"""Look at what a round has left, and decide whether to try once more."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...ledger import fleet as fleets
from ...ledger import progress
from ...store import Store
from .. import settings as run_settings
from ..checking import report
from ..deciding import decide
from ..settings import Mode, Sizes


@dataclass(frozen=True, kw_only=True)
class Review:
    """What a round has left."""

    again: bool
    round: int
    """The next round."""
    rate: float
    """Calls a second for each shard in it."""
    shards: tuple[int, ...]
    """The shards that are not finished, or in which something failed."""


def review(store: Store, run: str, *, level: int, round_number: int, sizes: Sizes) -> Review:
    """Return the shards that need another round."""
    settings = run_settings.load(store, run)
    _complete(store, level)
    left = unfinished(store, run, level)
    return Review(
        again=bool(left) and round_number < sizes.rounds,
        round=round_number + 1,
        rate=decide.rate_for_each(settings, len(left)),
        shards=left,
    )


def _complete(store: Store, level: int) -> None:
    """Once every shard of a level has its ledger, delete those of the levels before."""
    if fleets.read(store).is_complete:
        return
    prefix = f"ledger/{level:02d}/"
    names = store.names("ledger/")
    if sum(name.startswith(prefix) for name in names) < 1 << level:
        return
    store.delete([name for name in names if name < prefix])
    fleets.change(store, lambda fleet: replace(fleet, is_complete=fleet.level == level))


def unfinished(store: Store, run: str, level: int) -> tuple[int, ...]:
    """Return the shards that a run has not finished, or in which something failed."""
    planned = store.json(decide.name_of(run))["shards"]
    if run_settings.load(store, run).mode is Mode.CHECK:
        return report.unfinished(store, run, planned)
    found = progress.headers(store, level, planned)
    return tuple(
        shard
        for shard in planned
        if (header := found.get(shard)) is None or header.run != run or header.is_unfinished or header.has_failed
    )
