"""The first line of a ledger: who works on the shard, what is about to be done, and how far the work is."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from .entry import Intent, read_intent

FORMAT = 1
OPEN, CLOSED = "open", "closed"


@dataclass(frozen=True, kw_only=True)
class Header:
    """The header of one shard's ledger."""

    fleet: str = ""
    run: str = ""
    round: int = 0
    state: str = CLOSED
    lease: float = 0.0
    """Until when only the worker that wrote the header may work on the shard, in seconds since the epoch."""
    by: str = ""
    """The worker that wrote it."""
    passes: int = 0
    """How often a worker has begun to work on the shard."""
    intents: tuple[Intent, ...] = ()
    """The changes that may have been made or not. A closed ledger has those whose outcome is in doubt."""
    n: int = 0
    """The number of entries."""
    todo: int = 0
    done: int = 0
    failed: Mapping[str, str] = field(default_factory=dict)
    """The error code for each key that failed in this round, or in an earlier one that is not to be repeated."""
    again: tuple[str, ...] = ()
    """Those of them for which another attempt may succeed, whatever the rest of the run does."""
    freed: int = 0
    """How often the round deregistered an endpoint, which may have been in the way of others."""
    untried: int = 0
    """The changes that the round did not try, because the service kept failing."""
    calls: int = 0
    """The calls of Amazon Chime in this run."""
    throttled: int = 0
    at: float = 0.0

    @property
    def is_unfinished(self) -> bool:
        """Whether changes may have been made that the entries do not show."""
        return self.state == OPEN or bool(self.intents)

    def is_interrupted_for(self, run: str) -> bool:
        """Whether changes that another run has begun are left to this one."""
        return any(intent.run != run for intent in self.intents)

    def is_closed_by(self, run: str, round_number: int) -> bool:
        """Whether a round of a run is finished, or a later one. The rounds of a resumed run have higher numbers."""
        return (self.run, self.state) == (run, CLOSED) and self.round >= round_number

    def needs_another_round(self, conflicts: Collection[str]) -> bool:
        """Whether the round has left something that another one may do.

        Args:
            conflicts: the codes of failures that may be over, because what was in the way is gone.
        """
        return bool(self.untried or self.is_unfinished or self.again or set(self.failed.values()) & {*conflicts})

    def failed_for_good(self, conflicts: Collection[str]) -> dict[str, str]:
        """Return the failures that another round does not try again."""
        return {key: code for key, code in self.failed.items() if key not in self.again and code not in conflicts}

    def to_json(self) -> dict[str, Any]:
        """Return the header as the ledger contains it."""
        members = {
            "format": FORMAT,
            "fleet": self.fleet,
            "run": self.run,
            "round": self.round,
            "state": self.state,
            "lease": round(self.lease, 1),
            "by": self.by,
            "passes": self.passes,
            "n": self.n,
            "todo": self.todo,
            "done": self.done,
            "untried": self.untried,
            "calls": self.calls,
            "throttled": self.throttled,
            "at": round(self.at, 1),
            "failed": dict(self.failed),
            "intents": [each.to_json() for each in self.intents],
        }
        more = {"again": sorted(self.again), "freed": self.freed}
        return members | {name: value for name, value in more.items() if value}


class DamagedLedgerError(Exception):
    """An object in place of a ledger is not one that the fleet has written."""


class LaterReleaseError(DamagedLedgerError):
    """A later release has written the object. It must not be replaced."""

    def __init__(self, name: str = "") -> None:
        where = f"{name}: " if name else ""
        super().__init__(f"{where}it was written by a later release; deploy that release again")


def read_header(line: bytes) -> Header:
    """Read the first line of a ledger.

    Raises:
        DamagedLedgerError: it is not a header, or from a later release.
    """
    try:
        value = json.loads(line)
        if value["format"] > FORMAT:
            raise LaterReleaseError
        return Header(
            fleet=value["fleet"],
            run=value["run"],
            round=value["round"],
            state=value["state"],
            lease=float(value["lease"]),
            by=value["by"],
            passes=value["passes"],
            intents=tuple(read_intent(each) for each in value["intents"]),
            n=value["n"],
            todo=value["todo"],
            done=value["done"],
            failed=value["failed"],
            again=tuple(value.get("again", ())),
            freed=value.get("freed", 0),
            untried=value["untried"],
            calls=value["calls"],
            throttled=value["throttled"],
            at=float(value["at"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        raise DamagedLedgerError("its first line is not a ledger's header") from None
