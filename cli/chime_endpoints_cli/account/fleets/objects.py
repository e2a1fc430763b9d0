"""The objects of a fleet in its bucket; this is all that commands read of its state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from chime_endpoints_cli.account.calls.concurrency import call_for_each
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_fleet.ledger import fleet as fleet_state
from chime_endpoints_fleet.ledger.header import DamagedLedgerError, Header
from chime_endpoints_fleet.ledger.progress import headers
from chime_endpoints_fleet.ledger.shard_ledger import Ledger, load, name_of
from chime_endpoints_fleet.store import Store, code_of

from .fleet import Fleet

_AHEAD = 64
"""Ledgers that are in memory at the same time; each has about a thousand entries."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """An object of the fleet."""

    name: str
    """Its key without the fleet's prefix."""
    etag: str
    modified: datetime


class FleetObjects:
    """Reads objects; never writes one. Each method raises CommandError if the bucket or an object is damaged."""

    def __init__(self, services: Services, fleet: Fleet) -> None:
        """Accept the fleet."""
        self._store = Store(services.objects(fleet.region), fleet.bucket, fleet.id)

    def json(self, name: str) -> Any:
        """Return the value of an object, or None if there is none."""
        with self._explained():
            return self._store.json(name)

    def every_json(self, names: Sequence[str]) -> list[Any]:
        """Return the value of each object, or None where there is none."""
        with self._explained():
            return self._store.every(self._store.json, names)

    def state(self) -> fleet_state.Fleet:
        """Return which run is the newest, and into how many shards the fleet is divided."""
        with self._explained():
            return fleet_state.read(self._store)

    def listed(self, prefix: str) -> list[Listed]:
        """Return the objects whose names begin with a prefix."""
        own = f"{self._store.fleet}/"
        pages = self._store.client.get_paginator("list_objects_v2")
        with self._explained():
            return [
                Listed(
                    name=each["Key"].removeprefix(own),
                    etag=each["ETag"],
                    modified=datetime.fromisoformat(str(each["LastModified"])),
                )
                for page in pages.paginate(Bucket=self._store.bucket, Prefix=f"{own}{prefix}")
                for each in page.get("Contents", [])
            ]

    def headers(self, level: int, shards: Sequence[int]) -> Mapping[int, Header]:
        """Return the headers of ledgers by shard; one that is gone in the meantime is left out."""
        with self._explained():
            return headers(self._store, level, shards)

    def ledgers(self, shards: Sequence[int] | None = None) -> Iterator[Ledger]:
        """Yield the ledgers of shards, or of all shards, and read only some of them ahead."""
        with self._explained():
            state = fleet_state.read(self._store)

            def of_shard(shard: int) -> Ledger:
                ledger = load(self._store, state.level, shard)
                if state.is_complete and not ledger.is_written:
                    raise DamagedLedgerError(f"{name_of(state.level, shard)} is missing")
                return ledger

            wanted = range(1 << state.level) if shards is None else shards
            for first in range(0, len(wanted), _AHEAD):
                some = wanted[first : first + _AHEAD]
                yield from call_for_each(some, of_shard, what="Reading the fleet's ledgers")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        fleet, bucket = self._store.fleet, self._store.bucket
        try:
            yield
        except DamagedLedgerError as error:
            raise CommandError(
                f"an object in bucket {bucket} is damaged: {error}",
                remedy="The fleet changes nothing until it is restored. Or create its ledger again from the endpoints"
                " of the manifest: chime-endpoints fleet sync --adopt",
            ) from error
        except ClientError as error:
            if code_of(error) != "NoSuchBucket":
                raise
            raise CommandError(
                f"the bucket of fleet {fleet} no longer exists: {bucket}",
                remedy="Without it, the fleet has no record of what it registered. Deploy the stack again, and import"
                " what is registered: chime-endpoints import --fleet",
            ) from error
