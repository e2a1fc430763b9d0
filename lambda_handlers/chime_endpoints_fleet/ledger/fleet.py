"""The object `fleet`: into how many shards the fleet is divided, and which run is the newest."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..store import NEW, LostRaceError, Store, compact
from .header import DamagedLedgerError, LaterReleaseError

NAME = "fleet"
FORMAT = 1
_TRIES = 20


class OtherFleetError(Exception):
    """The prefix in the bucket belongs to another fleet."""


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """The state of a fleet."""

    stack_id: str = ""
    logical_id: str = ""
    level: int = 0
    is_complete: bool = False
    """Whether every shard of the level has its ledger. From then on, a missing one was deleted by someone."""
    run: str = ""
    """The newest run."""
    began: float = 0.0
    """When the newest run was asked for, in seconds since the epoch."""
    stopped: str = ""
    """The run whose workers are to stop after the changes that they have begun."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The settings of the newest run."""
    accepted: tuple[Mapping[str, str], ...] = ()
    """The last versions of the manifest that CloudFormation has a SUCCESS for, or that a run has applied, in order."""
    replaced: tuple[str, ...] = ()
    """The runs before the newest one whose executions may not be stopped yet."""
    ended: str = ""
    """The run that has deregistered everything and deletes the fleet's objects. No other run begins after it."""

    def entered(self, run: str, *, stack_id: str, logical_id: str, began: float, settings: Mapping[str, Any]) -> Fleet:
        """Return the state with a run as the newest one, so that workers of others stop.

        A run that is continued keeps its settings here: it has pinned its version of the manifest, which the next run
        must not.

        Raises:
            OtherFleetError: the prefix in the bucket belongs to another fleet.
        """
        if self.run and (self.stack_id, self.logical_id) != (stack_id, logical_id):
            raise OtherFleetError
        return replace(
            self,
            stack_id=stack_id,
            logical_id=logical_id,
            run=run,
            began=began,
            stopped="",
            settings=self.settings if self.run == run else settings,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the state as the object contains it."""
        state = {
            "format": FORMAT,
            "stack_id": self.stack_id,
            "logical_id": self.logical_id,
            "level": self.level,
            "complete": self.is_complete,
            "run": self.run,
            "began": self.began,
            "stopped": self.stopped,
            "settings": dict(self.settings),
        }
        more = {
            "accepted": [dict(each) for each in self.accepted],
            "replaced": list(self.replaced),
            "ended": self.ended,
        }
        return state | {name: value for name, value in more.items() if value}


def read(store: Store) -> Fleet:
    """Read the state of a fleet; that of a new one if there is none.

    Raises:
        DamagedLedgerError: the object is not one that a fleet has written.
    """
    return _read(store)[0]


def set_aside(store: Store) -> None:
    """Keep a damaged object beside the ledgers, and begin without one."""
    if (found := store.get(NAME)) is not None:
        store.put(f"damaged/{NAME}", found.body)
        store.delete([NAME])


def change(store: Store, new: Callable[[Fleet], Fleet]) -> Fleet:
    """Change the state, whoever else changes it at the same time, and return it.

    Raises:
        LostRaceError: others changed it very often.
    """
    for _ in range(_TRIES):
        fleet, etag = _read(store)
        changed = new(fleet)
        if changed == fleet:
            return fleet
        try:
            store.put(NAME, compact(changed.to_json()), replaces=etag)
        except LostRaceError:
            continue
        return changed
    raise LostRaceError(NAME)


def _read(store: Store) -> tuple[Fleet, str]:
    if (found := store.get(NAME)) is None:
        return Fleet(), NEW
    try:
        value = json.loads(found.body)
        if value["format"] > FORMAT:
            raise LaterReleaseError(NAME)
        fleet = Fleet(
            stack_id=value["stack_id"],
            logical_id=value["logical_id"],
            level=value["level"],
            is_complete=value["complete"],
            run=value["run"],
            began=float(value["began"]),
            stopped=value["stopped"],
            settings=value["settings"],
            accepted=tuple(value.get("accepted", ())),
            replaced=tuple(value.get("replaced", ())),
            ended=value.get("ended", ""),
        )
    except (ValueError, KeyError, TypeError):
        raise DamagedLedgerError(f"{NAME}: it is not the state of a fleet") from None
    return fleet, found.etag
