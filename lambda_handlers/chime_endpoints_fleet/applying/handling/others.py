"""What other keys of the fleet have, whichever shards they are in."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from chime_endpoints_handler.aws.endpoints.api import Identity
from chime_endpoints_handler.model.physical_id import Endpoint

from ...ledger import shard_ledger
from ...ledger.entry import Intent
from ...ledger.held import is_among
from ...ledger.numbers import unpacked
from ...manifest.digests import UNREAD, digest_of
from ...manifest.shards import shard_of
from ...store import NEW, LostRaceError, Store


@dataclass
class Others:
    """The ledgers of all shards, and what keys are about to register."""

    store: Store
    run: str
    level: int
    held: Callable[[], Sequence[str]]
    """Returns what `held_by` returned for each shard when the run was planned."""
    contested: frozenset[int] = frozenset()
    """The numbers of what several keys declare; UNREAD among them stands for all."""
    begun: frozenset[int] = frozenset()
    """The numbers of what interrupted runs may have registered, for whichever keys."""

    def held_by(self, key: str) -> str:
        """Return the physical id that a key has now; empty if it has none."""
        entry = shard_ledger.load(self.store, self.level, shard_of(key, self.level)).entries.get(key)
        return "" if entry is None else str(entry.endpoint)

    def claimed_by(self, key: str, number: int, identity: Identity) -> str:
        """Claim what a key is about to register, if other keys may declare the same.

        Args:
            key: the key.
            number: the number of its declaration.
            identity: the declaration with its device tokens.

        Returns:
            The other key that has claimed it in this run; empty if there is none.
        """
        if not self.contested & {number, UNREAD}:
            return ""
        name = f"runs/{self.run}/claims/{digest_of(self.store.fleet, vars(identity).values())}"
        try:
            self.store.put(name, key.encode(), replaces=NEW)
        except LostRaceError:
            found = self.store.get(name)
            return "" if found is None or found.body == key.encode() else found.body.decode()
        return ""

    def holder_of(self, endpoint: Endpoint) -> str:
        """Return the key that had an endpoint when the run was planned, and has it now; empty if there is none."""
        if not is_among(self._held, endpoint):
            return ""
        keys = (self._holder(shard, endpoint) for shard in range(1 << self.level))
        return next((key for key in keys if key), "")

    def may_have(self, intent: Intent, endpoint: Endpoint) -> bool:
        """Whether another key has an endpoint, or registers one for its user now."""
        return any(self.store.every(partial(self._may_have, intent, endpoint), range(1 << self.level)))

    @cached_property
    def _held(self) -> array[int]:
        return unpacked(self.held())

    def _holder(self, shard: int, endpoint: Endpoint) -> str:
        entries = shard_ledger.load(self.store, self.level, shard).entries.values()
        return next((each.key for each in entries if endpoint in each.endpoints), "")

    def _may_have(self, intent: Intent, endpoint: Endpoint, shard: int) -> bool:
        ledger = shard_ledger.load(self.store, self.level, shard)
        begun = (each.user_arn for each in ledger.header.intents if each.run == self.run)
        if intent.user_arn in begun:
            return True
        return any(endpoint in each.endpoints for each in ledger.entries.values())
