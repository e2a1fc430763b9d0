"""How far the newest run of a fleet is, from the objects in its bucket."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.fleets.fleet import Fleet
from chime_endpoints_cli.account.fleets.objects import FleetObjects, Listed
from chime_endpoints_fleet.ledger.fleet import Fleet as FleetState
from chime_endpoints_fleet.ledger.header import Header
from chime_endpoints_fleet.runs.checking.report import NEWEST, prefix_of
from chime_endpoints_fleet.runs.deciding.plan import name_of as shard_plan
from chime_endpoints_fleet.runs.settings import Mode

from .records import Run, read_run

_QUIET = timedelta(minutes=20)
"""A run in progress writes a ledger at least every few minutes; its functions end after 15 minutes."""


class Phase(StrEnum):
    """What a run is doing, or how it ended."""

    NEVER = "no run yet"
    READING = "reading the manifest"
    COMPARING = "comparing"
    WORKING = "working"
    QUIET = "not progressing"
    """Nothing was written for a long time: its execution may have been stopped."""
    DONE = "done"
    REFUSED = "refused"
    STOPPED = "stopped"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens by itself."""
        return self in (Phase.NEVER, Phase.QUIET, Phase.DONE, Phase.REFUSED, Phase.STOPPED, Phase.FAILED)

    @property
    def is_bad(self) -> bool:
        """Whether it needs attention."""
        return self in (Phase.QUIET, Phase.REFUSED, Phase.FAILED)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a run is at one moment."""

    at: datetime
    run: Run | None = None
    phase: Phase = Phase.NEVER
    registered: int = 0
    todo: int = 0
    done: int = 0
    """Operations that succeeded; of a check, users that were listed."""
    failures: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The error code of each key that failed; of a check, of each user."""

    @property
    def failed(self) -> int:
        """The number of keys that failed; of a check, of users."""
        return len(self.failures)

    @property
    def remaining(self) -> int:
        """Operations that are still to be done."""
        return max(0, self.todo - self.done - self.failed)

    def rate_since(self, before: Progress | None) -> float:
        """Return operations a second, since an earlier moment of the same run or since it began to work."""
        if before is not None and before.run is not None and self.run is not None and before.run.id == self.run.id:
            began, done = before.at, before.done
        elif self.run is not None and self.run.decided is not None:
            began, done = self.run.decided, self.run.done_before
        else:
            return 0.0
        seconds = (self.at - began).total_seconds()
        return max(0, self.done - done) / seconds if seconds > 0 else 0.0


class Watcher:
    """Reads progress again and again; only what has changed in the meantime is read again."""

    def __init__(
        self,
        services: Services,
        fleet: Fleet,
        *,
        is_of_checks: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Accept the fleet, and whether to follow its newest check instead of the newest other run."""
        self._is_of_checks = is_of_checks
        self._now = now
        self._objects = FleetObjects(services, fleet)
        self._headers: dict[int, tuple[str, Header]] = {}
        self._reports: dict[str, tuple[str, Any]] = {}
        self._plans: dict[tuple[str, int], int] = {}

    def look(self) -> Progress:
        """Return the progress now."""
        now, state = self._now(), self._objects.state()
        newest = (self._objects.json(NEWEST) or {"run": ""})["run"] if self._is_of_checks else state.run
        if not newest:
            return Progress(at=now)
        run = read_run(self._objects, newest)
        written = self._read_headers(state.level)
        planned = self._objects.listed(f"runs/{run.id}/plan") if run.plan is None else []
        others = [*planned, *self._objects.listed(f"runs/{run.id}/executions")]  # written when it is resumed, too
        if run.mode is Mode.CHECK:
            others += self._objects.listed(prefix_of(run.id))
        last = max(
            [*written, *(each.modified for each in others), *filter(None, [run.began, run.decided])], default=now
        )
        return Progress(
            at=now,
            run=run,
            phase=_phase(run, state.stopped, is_comparing=bool(planned), idle=now - last),
            registered=max(sum(header.n for _, header in self._headers.values()), self._undivided(state)),
            todo=run.todo,
            **self._done_by(run),
        )

    def _done_by(self, run: Run) -> dict[str, Any]:
        if run.mode is Mode.CHECK:
            reports = self._read_reports(run.id)
            failures = {user: code for report in reports for user, code in report["failed"].items()}
            return {"done": sum(report["users"] for report in reports) - len(failures), "failures": failures}
        own = {shard: header for shard, (_, header) in self._headers.items() if header.run == run.id}
        failures = {key: code for header in own.values() for key, code in header.failed.items()}
        left = sum(header.todo - header.done for header in own.values())
        left += sum(self._planned(run, [shard for shard in run.shards if shard not in own]))
        return {"done": max(0, run.todo - left - len(failures)), "failures": failures}

    def _planned(self, run: Run, shards: Sequence[int]) -> list[int]:
        """Return the number of changes in each of these shards, which no worker has started yet."""
        new = [shard for shard in shards if (run.id, shard) not in self._plans]
        for shard, plan in zip(new, self._objects.every_json([shard_plan(run.id, each) for each in new]), strict=True):
            self._plans[run.id, shard] = sum((plan or {"counts": {}})["counts"].values())
        return [self._plans[run.id, shard] for shard in shards]

    def _read_headers(self, level: int) -> list[datetime]:
        """Read the headers that have changed, and return when each ledger was written."""
        listed = {_shard(each): each for each in self._objects.listed(f"ledger/{level:02d}/")}
        etags = {shard: each.etag for shard, each in listed.items()}
        new = [shard for shard, etag in etags.items() if self._headers.get(shard, ("",))[0] != etag]
        found = self._objects.headers(level, new)
        self._headers = {shard: known for shard, known in self._headers.items() if shard in etags} | {
            shard: (etags[shard], header) for shard, header in found.items()
        }
        return [each.modified for each in listed.values()]

    def _read_reports(self, run: str) -> list[Any]:
        """Return what a check has reported so far."""
        etags = {each.name: each.etag for each in self._objects.listed(prefix_of(run))}
        for name, etag in etags.items():
            if self._reports.get(name, ("",))[0] != etag:
                self._reports[name] = (etag, self._objects.json(name))
        return [report for name, (_, report) in self._reports.items() if name in etags]

    def _undivided(self, state: FleetState) -> int:
        """Return the endpoints of a fleet that is about to be divided into more shards."""
        if state.is_complete or not state.level:
            return 0
        before = state.level - 1
        shards = [_shard(each) for each in self._objects.listed(f"ledger/{before:02d}/")]
        return sum(header.n for header in self._objects.headers(before, shards).values())


def _shard(ledger: Listed) -> int:
    return int(ledger.name.rpartition("/")[2])


def _phase(run: Run, stopped: str, *, is_comparing: bool, idle: timedelta) -> Phase:
    if stopped == run.id:
        return Phase.STOPPED
    if run.result is not None:
        if run.result.get("ok"):
            return Phase.DONE
        return Phase.REFUSED if (run.plan or {}).get("refused") else Phase.FAILED
    if idle > _QUIET:
        return Phase.QUIET
    if run.plan is None:
        return Phase.COMPARING if is_comparing else Phase.READING
    return Phase.WORKING


def to_json(progress: Progress, rate: float) -> dict[str, Any]:
    """Return the progress for other programs."""
    run = progress.run
    return {
        "at": _time(progress.at),
        "run": run and run.id,
        "mode": run and run.mode,
        "phase": str(progress.phase),
        "is_over": progress.phase.is_over,
        "reason": run.reason if run else "",
        "began": _time(run.began) if run and run.began else None,
        "registered": progress.registered,
        "todo": progress.todo,
        "done": progress.done,
        "failed": progress.failed,
        "remaining": progress.remaining,
        "per_second": round(rate, 2),
        "seconds_left": round(progress.remaining / rate) if rate > 0 and progress.phase is Phase.WORKING else None,
    }


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
