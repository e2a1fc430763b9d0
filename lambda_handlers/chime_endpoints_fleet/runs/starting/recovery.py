"""The settings of a fleet whose state was lost: those of its newest run, or what its stack declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chime_endpoints_handler.model.physical_id import suffix

from ...ledger import shard_ledger
from ...store import Store
from .. import settings as run_settings
from ..settings import Mode, Settings
from .properties import read_properties


def recovered(store: Store, declared: object, *, at_once: int, now: float) -> tuple[str, Settings] | None:
    """Return the newest run that is known, with its settings; None if nothing of the fleet is left.

    Args:
        store: the fleet's objects.
        declared: the resource as its stack declares it: `stack_id`, `logical_id` and `properties`. It counts if the
            fleet has ledgers, and no run is known any more. The run is then empty.
        at_once: the number of shards that are worked on at the same time.
        now: the time, in seconds since the epoch.

    Raises:
        InvalidPropertiesError: the properties declare no fleet.
    """
    if (newest := run_settings.newest(store)) is not None:
        return newest
    if not isinstance(declared, Mapping) or not _is_of(store, declared) or not shard_ledger.levels(store):
        return None
    settings = read_properties(
        declared.get("properties"),
        mode=Mode.APPLY,
        stack_id=declared["stack_id"],
        logical_id=declared["logical_id"],
        at_once=at_once,
        now=now,
    )
    return "", settings


def _is_of(store: Store, declared: Mapping[str, Any]) -> bool:
    stack_id, logical_id = str(declared.get("stack_id")), str(declared.get("logical_id"))
    return store.fleet.endswith(f"-{logical_id}-{suffix(stack_id, logical_id)}")
