"""Single endpoints of fleets, read from their ledgers: by key, and by endpoint."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from botocore.exceptions import BotoCoreError, ClientError

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.stacks.holders import StackEndpoints
from chime_endpoints_cli.account.stacks.stacks import StackResource
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_cli.output.failures.translation import in_one_line
from chime_endpoints_fleet.ledger.entry import Entry, read_entry
from chime_endpoints_fleet.manifest.shards import shard_of

from .finding import fleets_in
from .fleet import Fleet, read_fleet
from .objects import FleetObjects


class PackedEntries(Mapping[str, Entry]):
    """Entries by key, packed to save memory: a fleet can have a million."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        """Accept the entries."""
        self._packed = {entry.key: entry.line for entry in entries}

    def __getitem__(self, key: str) -> Entry:
        """Return the entry of a key."""
        return read_entry(json.loads(self._packed[key]))

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys."""
        return iter(self._packed)

    def __len__(self) -> int:
        """Return the number of entries."""
        return len(self._packed)


def entries_of(services: Services, fleet: Fleet) -> Iterator[Entry]:
    """Yield all entries of a fleet."""
    for ledger in FleetObjects(services, fleet).ledgers():
        yield from ledger.entries.values()


def entries_by_key(services: Services, fleet: Fleet, keys: Sequence[str]) -> dict[str, Entry]:
    """Return the entries of keys; a key that the fleet has not registered is left out."""
    objects = FleetObjects(services, fleet)
    level = objects.state().level
    shards = list(dict.fromkeys(shard_of(key, level) for key in keys))
    ledgers = dict(zip(shards, objects.ledgers(shards), strict=True))
    found = {key: ledgers[shard_of(key, level)].entries.get(key) for key in keys}
    return {key: entry for key, entry in found.items() if entry is not None}


def entries_called(services: Services, held: StackEndpoints, key: str) -> list[tuple[StackResource, Entry]]:
    """Return the entry of a key in each fleet that has one; one ledger of each fleet is read for it.

    Raises:
        CommandError: a fleet cannot be read.
    """
    found = []
    for declared in fleets_in(services, list({each.stack.id: each.stack for each in held.fleets}.values())):
        entry = entries_by_key(services, read_fleet(services, declared), [key]).get(key)
        if entry is not None:
            found.append((declared.held, entry))
    return found


def with_fleets(services: Services, held: StackEndpoints, *, among: Collection[str] | None = None) -> StackEndpoints:
    """Return the endpoints of stacks together with those of the stacks' fleets.

    A fleet whose ledgers cannot be read is named in the result, since some endpoints may belong to it.

    Args:
        services: the account.
        held: the endpoints of stacks.
        among: the physical ids that matter; None for all.
    """
    by_physical_id, keys = dict(held.by_physical_id), dict(held.fleet_keys)
    is_unsettled, unread = held.is_unsettled, dict(held.unread_fleets)
    for declared in fleets_in(services, list({each.stack.id: each.stack for each in held.fleets}.values())):
        try:
            fleet = read_fleet(services, declared)
            is_unsettled |= _is_at_work(services, fleet)
            for entry in entries_of(services, fleet):
                for endpoint in map(str, entry.endpoints):
                    if among is not None and endpoint not in among:
                        continue
                    by_physical_id[endpoint], keys[endpoint] = declared.held, entry.key
        except (CommandError, ClientError, BotoCoreError) as error:
            unread[declared.held.own_name] = in_one_line(error)
    return replace(
        held, by_physical_id=by_physical_id, is_unsettled=is_unsettled, fleet_keys=keys, unread_fleets=unread
    )


def _is_at_work(services: Services, fleet: Fleet) -> bool:
    objects = FleetObjects(services, fleet)
    run = objects.state().run
    return bool(run) and objects.json(f"runs/{run}/result") is None
