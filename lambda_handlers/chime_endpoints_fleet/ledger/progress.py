"""How far a fleet is, read from the headers of its ledgers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from ..store import Store
from .header import Header, read_header
from .shard_ledger import name_of

_BYTES = 8192
"""Bytes to read first; a header with very many failures is longer."""


def headers(store: Store, level: int, shards: Iterable[int] | None = None) -> Mapping[int, Header]:
    """Return the headers of the shards that have a ledger, by shard.

    Raises:
        DamagedLedgerError: an object in the place of one is not a ledger.
    """
    if shards is None:
        prefix = f"ledger/{level:02d}/"
        shards = [int(name.removeprefix(prefix)) for name in store.names(prefix)]
    return dict(each for each in store.every(partial(_header, store, level), shards) if each is not None)


def _header(store: Store, level: int, shard: int) -> tuple[int, Header] | None:
    name = name_of(level, shard)
    line = store.beginning(name, _BYTES)
    if line is not None and b"\n" not in line and len(line) == _BYTES:
        found = store.get(name)
        line = None if found is None else found.body
    return None if line is None else (shard, read_header(line.split(b"\n", 1)[0]))
