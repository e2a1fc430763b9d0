"""The ledger of one shard: one object, read whole, and written whole if no other worker has written it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..manifest.shards import parents, shard_of
from ..store import NEW, Store, compact
from .entry import Entry, read_entry
from .header import DamagedLedgerError, Header, LaterReleaseError, read_header


@dataclass(frozen=True, kw_only=True)
class Ledger:
    """What is known about one shard, as it was read or written."""

    header: Header
    entries: Mapping[str, Entry]
    etag: str = NEW
    """The version in the store; `NEW` if the shard has no ledger of its own yet."""

    @property
    def is_written(self) -> bool:
        """Whether the shard has a ledger of its own."""
        return self.etag != NEW


def name_of(level: int, shard: int) -> str:
    """Return the name of a shard's ledger."""
    return f"ledger/{level:02d}/{shard:05d}"


def levels(store: Store) -> set[int]:
    """Return the levels that have ledgers."""
    return {int(name.split("/")[1]) for name in store.names("ledger/")}


def written(store: Store, level: int) -> tuple[bool, bool]:
    """Return whether every shard of a level has its ledger, and whether each has at least one that it was part of."""
    names = set(store.names("ledger/"))
    own = [name_of(level, shard) in names for shard in range(1 << level)]
    known = (
        is_own or any(name_of(*parent) in names for parent in parents(shard, level)) for shard, is_own in enumerate(own)
    )
    return all(own), all(known)


def load(store: Store, level: int, shard: int) -> Ledger:
    """Read the ledger of a shard. A shard that has just been split takes its entries from the one that it was part of.

    Raises:
        DamagedLedgerError: an object in its place is not a ledger of this fleet.
    """
    if (found := store.get(name_of(level, shard))) is not None:
        return replace(_read(found.body, name_of(level, shard), store.fleet), etag=found.etag)
    for lower, number in parents(shard, level):
        if (found := store.get(name_of(lower, number))) is not None:
            parent = _read(found.body, name_of(lower, number), store.fleet)
            entries = {key: each for key, each in parent.entries.items() if shard_of(key, level) == shard}
            return Ledger(header=Header(fleet=store.fleet), entries=entries)
    return Ledger(header=Header(fleet=store.fleet), entries={})


def save(store: Store, level: int, shard: int, ledger: Ledger) -> Ledger:
    """Write the ledger and return it with its new version.

    Raises:
        LostRaceError: another worker has written it since it was read.
    """
    header = replace(ledger.header, fleet=store.fleet, n=len(ledger.entries))
    body = b"\n".join([compact(header.to_json()), *(entry.line for entry in ledger.entries.values())])
    etag = store.put(name_of(level, shard), body, replaces=ledger.etag)
    return Ledger(header=header, entries=ledger.entries, etag=etag)


def renew(store: Store, level: int, shard: int) -> Ledger:
    """Write an empty ledger in the place of one that is missing or damaged, and keep the damaged one beside it.

    Raises:
        LostRaceError: another worker has written it meanwhile.
    """
    name = name_of(level, shard)
    if (found := store.get(name)) is not None:
        store.put(f"damaged/{level:02d}-{shard:05d}", found.body)
    empty = Ledger(header=Header(), entries={}, etag=NEW if found is None else found.etag)
    return save(store, level, shard, empty)


def _read(body: bytes, name: str, fleet: str) -> Ledger:
    first, *lines = body.split(b"\n")
    try:
        header = read_header(first)
        entries = [read_entry(json.loads(line)) for line in lines]
    except LaterReleaseError:
        raise LaterReleaseError(name) from None
    except DamagedLedgerError as error:
        raise DamagedLedgerError(f"{name}: {error}") from None
    except (ValueError, TypeError):
        raise DamagedLedgerError(f"{name}: a line is not an entry of a ledger") from None
    if header.fleet != fleet:
        raise DamagedLedgerError(f"{name}: it belongs to another fleet")
    if header.n != len(entries):
        raise DamagedLedgerError(f"{name}: it has {len(entries)} entries, but its header says {header.n}")
    return Ledger(header=header, entries={entry.key: entry for entry in entries})
