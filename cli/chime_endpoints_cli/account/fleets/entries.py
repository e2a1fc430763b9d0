"""Single endpoints of fleets, read from their ledgers: by key, and by endpoint."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_fleet.ledger.entry import Entry
from chime_endpoints_fleet.manifest.shards import shard_of

from .fleet import Fleet
from .objects import FleetObjects


@dataclass(frozen=True, kw_only=True)
class Holding:
    """An endpoint of a fleet."""

    fleet: Fleet
    key: str
    is_predecessor: bool = False
    """Whether another endpoint has replaced it, and it is still to be deregistered."""


def entries_of(services: Services, fleet: Fleet) -> Iterator[Entry]:
    """Yield all entries of a fleet."""
    objects = FleetObjects(services, fleet)
    level = objects.state().level
    for ledger in objects.ledgers(level, range(1 << level)):
        yield from ledger.entries.values()


def entries_by_key(services: Services, fleet: Fleet, keys: Sequence[str]) -> dict[str, Entry]:
    """Return the entries of keys; a key that the fleet has not registered is left out."""
    objects = FleetObjects(services, fleet)
    level = objects.state().level
    shards = list(dict.fromkeys(shard_of(key, level) for key in keys))
    ledgers = dict(zip(shards, objects.ledgers(level, shards), strict=True))
    found = {key: ledgers[shard_of(key, level)].entries.get(key) for key in keys}
    return {key: entry for key, entry in found.items() if entry is not None}


def holdings_of(services: Services, fleets: Sequence[Fleet]) -> dict[str, Holding]:
    """Return the endpoints of fleets by physical id."""
    held: dict[str, Holding] = {}
    for fleet in fleets:
        for entry in entries_of(services, fleet):
            held[str(entry.endpoint)] = Holding(fleet=fleet, key=entry.key)
            for each in entry.predecessors:
                held[str(each)] = Holding(fleet=fleet, key=entry.key, is_predecessor=True)
    return held
