"""Compare one shard's manifest with its ledger, without a call of Amazon Chime."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ...applying.difference import Kind, difference
from ...ledger import fleet as fleets
from ...ledger import shard_ledger
from ...ledger.header import DamagedLedgerError, LaterReleaseError
from ...ledger.held import held_by
from ...ledger.shard_ledger import Ledger
from ...manifest.lines import Declared
from ...store import Store
from .. import settings as run_settings
from ..checking import repair
from ..reading import prepare
from ..reading.split import MOST_TOLD, lines_of_shard
from ..settings import Mode, Settings
from .contested import NO_REGISTRATIONS, Registrations, read_registrations, registrations

_LOST = (
    "is missing, and every shard of the fleet had one. Restore its last version in the state bucket; without it, the"
    " fleet no longer knows which endpoints it registered"
)


CHECK = "check"
"""What a check does: a call for each user."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the manifest declares for one shard."""

    declared: Mapping[str, Declared]
    twice: tuple[tuple[str, tuple[int, int], tuple[int, int]], ...] = ()
    """Keys that two lines have, with the range and the number of both lines."""


@dataclass(frozen=True, kw_only=True)
class ShardPlan:
    """What a run has to change in one shard: `runs/{run}/plan/{shard}`."""

    counts: Mapping[str, int] = field(default_factory=dict)
    """The number of changes of each kind."""
    declared: int = 0
    registered: int = 0
    is_unfinished: bool = False
    """Whether an earlier run has left changes whose outcome is not known."""
    is_interrupted: bool = False
    """Whether they are changes of another run."""
    is_unwritten: bool = False
    """Whether the shard has no ledger of its own yet."""
    rounds: int = 0
    """The last round of the run in the shard, if it is resumed."""
    twice: int = 0
    problems: tuple[Mapping[str, Any], ...] = ()
    """The first keys that occur twice."""
    held: str = ""
    """The endpoints of the shard, as `held_by` returns them."""
    registrations: Registrations = NO_REGISTRATIONS
    damaged: str = ""
    """Why the ledger cannot be used; empty if it can."""

    @property
    def has_work(self) -> bool:
        """Whether a worker has to do something about the shard."""
        return bool(self.counts) or self.is_unfinished or self.is_unwritten

    def to_json(self) -> dict[str, Any]:
        """Return the plan as the object contains it."""
        return {
            "counts": dict(self.counts),
            "declared": self.declared,
            "registered": self.registered,
            "unfinished": self.is_unfinished,
            "interrupted": self.is_interrupted,
            "unwritten": self.is_unwritten,
            "rounds": self.rounds,
            "twice": self.twice,
            "problems": [dict(each) for each in self.problems],
            "held": self.held,
            **self.registrations.to_json(),
            "damaged": self.damaged,
        }


def read_shard_plan(value: Mapping[str, Any]) -> ShardPlan:
    """Read what `ShardPlan.to_json` returned."""
    return ShardPlan(
        counts=value["counts"],
        declared=value["declared"],
        registered=value["registered"],
        is_unfinished=value["unfinished"],
        is_interrupted=value.get("interrupted", False),
        is_unwritten=value["unwritten"],
        rounds=value.get("rounds", 0),
        twice=value["twice"],
        problems=tuple(value["problems"]),
        held=value.get("held", ""),
        registrations=read_registrations(value),
        damaged=value["damaged"],
    )


def name_of(run: str, shard: int) -> str:
    """Return the name of the object with a shard's plan."""
    return f"runs/{run}/plan/{shard:05d}"


def held(store: Store, run: str, level: int) -> Sequence[str]:
    """Return the endpoints of each shard when the run was planned."""
    plans = store.every(store.json, [name_of(run, shard) for shard in range(1 << level)])
    return ["" if each is None else each.get("held", "") for each in plans]


def wanted(store: Store, run: str, settings: Settings, shard: int) -> Wanted:
    """Return what a run's manifest declares for one shard."""
    if not settings.reads_manifest:
        return Wanted(declared={})
    declared: dict[str, Declared] = {}
    places: dict[str, tuple[int, int]] = {}
    twice = []
    for first, number, each in lines_of_shard(store, run, shard, settings.rules):
        if each.key in declared:
            twice.append((each.key, places[each.key], (first, number)))
        declared[each.key], places[each.key] = each, (first, number)
    return Wanted(declared=declared, twice=tuple(twice))


def plan(store: Store, run: str, *, level: int, shard: int) -> None:
    """Write the plan of one shard."""
    settings = run_settings.load(store, run)
    store.put_json(name_of(run, shard), _plan(store, run, settings, level, shard).to_json())


def _plan(store: Store, run: str, settings: Settings, level: int, shard: int) -> ShardPlan:
    manifest = wanted(store, run, settings, shard)
    told = ({"key": key, "first": first, "second": second} for key, first, second in manifest.twice[:MOST_TOLD])
    of_manifest = ShardPlan(declared=len(manifest.declared), twice=len(manifest.twice), problems=tuple(told))
    try:
        ledger = _ledger(store, level, shard)
    except DamagedLedgerError as error:
        if not settings.adopts or isinstance(error, LaterReleaseError):
            return replace(of_manifest, damaged=str(error))
        ledger = shard_ledger.renew(store, level, shard)
    if settings.repairs:
        check = store.json(prepare.name_of(settings.repairs))
        if check is not None:
            ledger = repair.marked(
                store, settings.repairs, check_level=check["level"], level=level, shard=shard, ledger=ledger
            )
    if settings.mode is Mode.CHECK:
        users = {entry.endpoint.user_arn for entry in ledger.entries.values()}
        counts = {CHECK: len(users)} if users else {}
        return replace(
            of_manifest, counts=counts, registered=len(ledger.entries), held=held_by(ledger.entries.values())
        )
    changes = difference(store.fleet, manifest.declared, ledger.entries)
    return replace(
        of_manifest,
        counts=Counter(str(change.kind) for change in changes),
        registered=len(ledger.entries),
        is_unfinished=ledger.header.is_unfinished,
        is_interrupted=ledger.header.is_interrupted_for(run),
        is_unwritten=not ledger.is_written,
        held=held_by(ledger.entries.values()),
        registrations=registrations(
            store.fleet,
            [manifest.declared[each.key] for each in changes if each.kind in (Kind.CREATE, Kind.REPLACE)],
            _begun(store, run, shard, ledger),
        ),
        rounds=ledger.header.round if ledger.header.run == run else 0,
    )


def _begun(store: Store, run: str, shard: int, ledger: Ledger) -> Iterator[Declared]:
    """Yield what interrupted runs declare for keys for which they may have registered something."""
    begun: dict[str, set[str]] = {}
    for intent in ledger.header.intents:
        if intent.run != run and intent.user_arn and store.get(run_settings.name_of(intent.run)) is not None:
            begun.setdefault(intent.run, set()).add(intent.key)
    for interrupted, keys in begun.items():
        declared = wanted(store, interrupted, run_settings.load(store, interrupted), shard).declared
        yield from (each for key, each in declared.items() if key in keys)


def _ledger(store: Store, level: int, shard: int) -> Ledger:
    """Return the ledger of a shard.

    Raises:
        DamagedLedgerError: it is damaged, or there was one and it is missing.
    """
    ledger = shard_ledger.load(store, level, shard)
    if not ledger.is_written and fleets.read(store).is_complete:
        raise DamagedLedgerError(f"{shard_ledger.name_of(level, shard)} {_LOST}")
    return ledger
