"""Let a worker change one shard, and report what failed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ...applying.assignment import Assignment, Batching, Worked
from ...applying.batches import Worker
from ...applying.handling.others import Others
from ...applying.handling.surroundings import Surroundings
from ...ledger import fleet as fleets
from ...ledger import progress
from ...manifest.lines import Declared
from ...store import Store
from .. import settings as run_settings
from ..deciding import counted, decide, plan
from ..ending.telling import metrics


def report_name(run: str, round_number: int, shard: int) -> str:
    """Return the name of the object that says what failed in a shard."""
    return f"runs/{run}/report/{round_number:03d}-{shard:05d}"


def work(
    store: Store,
    run: str,
    *,
    level: int,
    shard: int,
    round_number: int,
    rate: float,
    surroundings: Surroundings,
    batching: Batching,
    time_left: Callable[[], float],
) -> Worked:
    """Work on a shard until it is done or there is no time left."""
    settings = run_settings.load(store, run)

    def wanted(of_run: str) -> Mapping[str, Declared]:
        if of_run != run and store.get(run_settings.name_of(of_run)) is None:
            return {}
        theirs = settings if of_run == run else run_settings.load(store, of_run)
        declared = plan.wanted(store, of_run, theirs, shard).declared
        if of_run == run and len(declared) != store.json(plan.name_of(run, shard))["declared"]:
            raise OSError("lines of the run were lost, and must not be taken for removed")
        return declared

    decision = store.json(decide.name_of(run))
    first_round = decide.first_round(decision)
    worker = Worker(
        store,
        Assignment(
            run=run,
            round=round_number,
            level=level,
            shard=shard,
            rate=rate,
            stack_id=settings.stack_id,
            logical_id=settings.logical_id,
            began=float(decision["at"]),
            first_round=first_round,
            may_adopt=decide.adopts(decision),
        ),
        wanted=wanted,
        report=partial(_report, store, run, report_name(run, round_number, shard)),
        others=Others(
            store,
            run,
            level,
            held=partial(plan.held, store, run, level),
            contested=frozenset(decision.get("contested", ())),
            begun=frozenset(decision.get("begun", ())),
        ),
        surroundings=surroundings,
        batching=batching,
        time_left=time_left,
        is_current=lambda: _is_current(store, run),
    )
    worked = worker.work()
    if not worked.wait and _is_current(store, run):
        _publish(store, run, level, shard, now=surroundings.now())
    return worked


def _publish(store: Store, run: str, level: int, shard: int, *, now: float) -> None:
    """Publish how far the run is: one line each time that a worker ends."""
    with suppress(ClientError, BotoCoreError):  # the next one counts it
        found = counted.note(store, run, progress.headers(store, level, [shard]))
        if found is not None:
            metrics.publish(store.fleet, run, found, now=now)


def _is_current(store: Store, run: str) -> bool:
    fleet = fleets.read(store)
    return fleet.run == run and fleet.stopped != run


def _report(store: Store, run: str, name: str, failed: Mapping[str, tuple[str, str]]) -> None:
    """Add failures to the report of a round, which several workers may write one after the other."""
    if not run_settings.is_at_work(store, run):
        return
    earlier: dict[str, Any] = {each["key"]: each for each in (store.json(name) or {"failed": ()})["failed"]}
    new = {key: {"key": key, "code": code, "reason": reason} for key, (code, reason) in failed.items()}
    store.put_json(name, {"failed": list((earlier | new).values())})
