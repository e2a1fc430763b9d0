"""Look at what a round has left, and decide whether to try once more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...applying.failures import CONFLICTS
from ...ledger import fleet as fleets
from ...ledger import progress
from ...ledger.header import CLOSED, Header
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
    """The shards that are not finished, or in which another attempt may succeed."""


def review(store: Store, run: str, *, level: int, round_number: int, sizes: Sizes) -> Review:
    """Return the shards that need another round."""
    settings = run_settings.load(store, run)
    _complete(store, level)
    decided = store.json(decide.name_of(run))
    if settings.mode is Mode.CHECK:
        left = report.unfinished(store, run, decided["shards"])
    else:
        found = progress.headers(store, level, decided["shards"])
        own = {shard: header for shard, header in found.items() if header.run == run}
        left = _left(own, round_number, decided)
        if not decide.adopts(decided) and len(own) == len(decided["shards"]) and all(map(_has_removed, own.values())):
            store.put_json(decide.name_of(run), {**decided, "adopts": True})
    return Review(
        again=bool(left) and round_number - decide.first_round(decided) + 1 < sizes.rounds,
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


def _left(own: Mapping[int, Header], round_number: int, decided: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the shards in which another round may do something.

    What conflicts with other endpoints is tried again as long as endpoints are being deregistered, and once they are,
    because AdoptExisting is followed then. Any other refusal would be the same in the next round.
    """
    is_freed = not decide.adopts(decided) or any(
        header.freed for header in own.values() if header.round == round_number
    )
    conflicts = CONFLICTS if is_freed else frozenset()
    return tuple(shard for shard in decided["shards"] if shard not in own or own[shard].needs_another_round(conflicts))


def _has_removed(header: Header) -> bool:
    """Whether a shard has deregistered what it had to."""
    return header.state == CLOSED and not header.untried and not header.is_interrupted_for(header.run)
