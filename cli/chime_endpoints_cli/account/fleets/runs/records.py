"""The records of a run in the fleet's bucket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from chime_endpoints_cli.account.fleets.objects import FleetObjects
from chime_endpoints_fleet.runs.settings import Mode


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run: what it is to do, and what it has decided and done so far."""

    id: str
    mode: Mode = Mode.APPLY
    began: datetime | None = None
    plan: Mapping[str, Any] | None = field(default=None, repr=False)
    """What the run decided to do; None before that."""
    result: Mapping[str, Any] | None = field(default=None, repr=False)
    """How it ended; None before that."""

    @property
    def todo(self) -> int:
        """The number of operations that it decided to do, with those that it had done before it was resumed."""
        return int((self.plan or {}).get("todo", 0)) + self.done_before

    @property
    def done_before(self) -> int:
        """The operations that it had done before it was resumed."""
        return int((self.plan or {}).get("done", 0))

    @property
    def shards(self) -> Sequence[int]:
        """The shards with work."""
        return tuple((self.plan or {}).get("shards", ()))

    @property
    def decided(self) -> datetime | None:
        """When it decided what to do; None before that."""
        return _time((self.plan or {}).get("at"))

    @property
    def problems(self) -> Sequence[Mapping[str, Any]]:
        """The first wrong lines of its manifest."""
        return tuple((self.plan or {}).get("problems", ()))

    @property
    def refusal(self) -> str:
        """Why it changed nothing; empty if it was not refused."""
        return str((self.plan or {}).get("refused") or "")

    @property
    def reason(self) -> str:
        """Why it changed nothing, or why it failed."""
        return str((self.result or {}).get("reason") or "") or self.refusal


def read_run(objects: FleetObjects, run: str) -> Run:
    """Return a run from its objects."""
    settings, plan, result = (objects.json(f"runs/{run}/{name}") for name in ("run.json", "plan.json", "result"))
    return Run(
        id=run,
        mode=Mode((settings or {}).get("mode", "apply")),
        began=_time((settings or {}).get("began")),
        plan=plan,
        result=result,
    )


def _time(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
