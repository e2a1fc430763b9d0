"""Recognize endpoints whose names only this fleet gives, and that no ledger has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from chime_endpoints_handler.aws.endpoints.api import Listed
from chime_endpoints_handler.model.physical_id import Endpoint, suffix

from ...ledger import shard_ledger
from ...ledger.shard_ledger import Ledger
from ...manifest.shards import shard_of
from ...store import Store
from ..settings import Settings
from .findings import Finding, State

_SUFFIX = 17
"""The length of a name's end: a hyphen and the suffix that proves who gave the name."""


@dataclass
class Strays:
    """Looks for strays among the endpoints of users."""

    store: Store
    settings: Settings
    level: int
    ledgers: dict[int, Ledger]
    """The ledgers that were read so far, by shard."""
    holder_of: Callable[[Endpoint], str]
    """Returns the key that has an endpoint; empty if there is none."""

    def among(self, user_arn: str, endpoints: Iterable[Listed]) -> Iterator[Finding]:
        """Yield the strays of a user."""
        for listed in endpoints:
            key = key_in(listed.name or "", self.settings.stack_id, self.settings.logical_id)
            if key and not self._is_known(key, Endpoint(user_arn, listed.endpoint_id)):
                yield Finding(key=key, user_arn=user_arn, endpoint_id=listed.endpoint_id, state=State.STRAY)

    def _is_known(self, key: str, endpoint: Endpoint) -> bool:
        """Whether the key's entry has the endpoint, or a change of the key is under way."""
        shard = shard_of(key, self.level)
        if shard not in self.ledgers:
            self.ledgers[shard] = shard_ledger.load(self.store, self.level, shard)
        ledger = self.ledgers[shard]
        entry = ledger.entries.get(key)
        is_held = entry is not None and endpoint in entry.endpoints
        if is_held or any(intent.key == key for intent in ledger.header.intents):
            return True
        return bool(self.holder_of(endpoint))  # a key that adopts an endpoint without a declared name keeps its name


def key_in(name: str, stack_id: str, logical_id: str) -> str:
    """Return the key in a name that a fleet has given; empty if it gave none."""
    beginning = f"{stack_id.split('/')[1]}-{logical_id}."
    key = name.removeprefix(beginning)[:-_SUFFIX]
    is_own = name == f"{beginning}{key}-{suffix(stack_id, f'{logical_id}.{key}')}"
    return key if is_own else ""
