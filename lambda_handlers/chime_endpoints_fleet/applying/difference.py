"""The changes that make a shard's ledger what the manifest declares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ..ledger.entry import Entry
from ..manifest.digests import digests_of
from ..manifest.lines import Declared


class Kind(StrEnum):
    """What is done to an endpoint, in the order in which a shard is worked on.

    Nobody is without an endpoint for longer than it takes: what is there is changed first, and deleted last.
    """

    SETTLE = "settle"
    """Change the name or AllowMessages in place."""
    REPLACE = "replace"
    """Register another endpoint in the place of one that cannot be changed; its predecessor is removed afterwards."""
    REMOVE = "remove"
    """Deregister the predecessors that a replacement has left."""
    CREATE = "create"
    DELETE = "delete"


ORDER = tuple(Kind)
FREEING = frozenset({Kind.REPLACE, Kind.REMOVE, Kind.DELETE})
"""What deregisters an endpoint, which may have been in the way of others."""
CALLS: Mapping[Kind, int] = {Kind.SETTLE: 1, Kind.REPLACE: 5, Kind.REMOVE: 1, Kind.CREATE: 1, Kind.DELETE: 1}
"""The calls that each change usually takes."""


@dataclass(frozen=True, order=True)
class Change:
    """One change."""

    key: str
    kind: Kind


def difference(fleet: str, declared: Mapping[str, Declared], entries: Mapping[str, Entry]) -> list[Change]:
    """Return the changes of a shard, in order."""
    changes = [
        Change(key, kind)
        for key, each in declared.items()
        if (kind := _kind(fleet, each, entries.get(key))) is not None
    ]
    changes += [Change(key, Kind.DELETE) for key in entries.keys() - declared.keys()]
    return sorted(changes, key=lambda change: (ORDER.index(change.kind), change.key))


def _kind(fleet: str, declared: Declared, entry: Entry | None) -> Kind | None:
    if entry is None:
        return Kind.CREATE
    digests = digests_of(fleet, declared.properties)
    if digests.identity != entry.digests.identity:
        return Kind.REPLACE
    if digests.settled != entry.digests.settled:
        return Kind.SETTLE
    return Kind.REMOVE if entry.predecessors else None


def next_batch(
    queue: Sequence[Change], declared: Mapping[str, Declared], size: int
) -> tuple[list[Change], list[Change]]:
    """Return the changes to make next, and the others.

    A change that may adopt an endpoint is never made beside another one for the same user: what that one registers is
    not in the ledger yet, and must not be adopted.
    """
    batch: list[Change] = []
    others: list[Change] = []
    users: dict[str, bool] = {}
    for change in queue:
        properties = declared[change.key].properties if change.key in declared else {}
        user, adopts = properties.get("AppInstanceUserArn", ""), bool(properties.get("AdoptExisting"))
        if len(batch) == size or (user in users and (adopts or users[user])):
            others.append(change)
        else:
            batch.append(change)
            users[user] = adopts or users.get(user, False)
    return batch, others
