"""The end of a run: its result, the metrics, the clean-up, and the response to CloudFormation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...ledger import fleet as fleets
from ...ledger import progress
from ...ledger.header import DamagedLedgerError, Header
from ...store import Store
from .. import settings as run_settings
from ..checking import report
from ..deciding import counted, decide
from ..deciding.accepted import accept
from ..deciding.counted import Counted
from ..settings import Mode, Settings
from . import emptying, response, signal
from .answer import CONVERGED, damaged, data_of, unreadable
from .codes import FleetCode
from .response import Answer, Post
from .telling import metrics
from .telling.failures import failures_of

_REPLACED = f"{FleetCode.REPLACED}: A newer run has replaced this run."


@dataclass(frozen=True, kw_only=True)
class _Ended:
    """What a run has left."""

    reason: str
    """Why the run failed; empty if it did not."""
    registered: int = 0
    failed: int = 0
    behind: int = 0
    """The shards that are not finished."""
    throttled: int = 0
    counted: Counted | None = None
    is_unfinished: bool = False
    """Whether some changes may have been made that the ledgers do not show."""


def finish(
    store: Store, run: str, post: Post, *, error: str, stop_clock: Callable[[], None], now: Callable[[], float]
) -> bool:
    """End a run, and return whether the endpoints are as it was to make them.

    Args:
        store: the fleet's objects.
        run: the run.
        post: how responses are sent.
        error: the error that ended the execution early; empty if there was none.
        stop_clock: stops the execution that would answer CloudFormation if the run took too long.
        now: returns the time, in seconds since the epoch.

    Raises:
        NotDeliveredError: the response or the signal was not accepted.
    """
    try:
        settings = run_settings.load(store, run)
    except (LookupError, TypeError, ValueError):  # there are none, or they are damaged
        if emptying.is_over(store):  # a deletion that was killed before its response
            stop_clock()
            return emptying.empty(store, run, post)
        response.respond(store, run, Answer(reason=_ended_early(error)), post)
        return False
    if settings.mode is Mode.DELETE and emptying.is_over(store):  # it was killed before everything was deleted
        stop_clock()
        return emptying.empty(store, run, post)
    try:
        ended = _look(store, run, settings, error)
    except (LookupError, TypeError, ValueError) as damage:
        ended = _Ended(reason=unreadable(type(damage).__name__), is_unfinished=True)
    if settings.mode is Mode.DELETE and not ended.reason and not emptying.claim(store, run):
        ended = replace(ended, reason=_REPLACED)
    result = {
        "run": run,
        "mode": str(settings.mode),
        "ok": not ended.reason,
        "reason": ended.reason,
        "registered": ended.registered,
        "failed": ended.failed,
        "behind": ended.behind,
        "throttled": ended.throttled,
        "began": settings.began,
        "ended": round(now(), 1),
    }
    is_emptying = settings.mode is Mode.DELETE and not ended.reason
    if not is_emptying and run_settings.is_at_work(store, run):
        store.put_json(f"runs/{run}/result", result)
    if ended.counted is not None:
        metrics.publish(store.fleet, run, ended.counted, now=now())
    if is_emptying:
        stop_clock()  # otherwise, the deletion of the state machine would wait for it
        return emptying.empty(store, run, post)
    is_check = settings.mode is Mode.CHECK  # beside it, a run may be at work
    if is_check or not ended.is_unfinished:
        _forget_lines(store, run, every=not ended.reason and not is_check)
    if not ended.reason:
        accept(store, run, settings)
    data = {} if ended.reason else data_of(store, run, CONVERGED)
    try:
        response.respond(store, run, Answer(reason=ended.reason, data=data), post)
    finally:
        stop_clock()
        signal.send(store, run, post, reason=ended.reason, data=run)
    return not ended.reason


def _look(store: Store, run: str, settings: Settings, error: str) -> _Ended:
    try:
        fleet = fleets.read(store)
        found = progress.headers(store, fleet.level)
    except DamagedLedgerError as damage:
        return _Ended(reason=damaged(damage), is_unfinished=True)
    planned = store.json(decide.name_of(run))
    own = {shard: header for shard, header in found.items() if header.run == run}
    wanted = [] if planned is None or not planned["go"] else planned["shards"]
    is_check = settings.mode is Mode.CHECK
    left = (
        report.unfinished(store, run, wanted)
        if is_check
        else [each for each in wanted if not _is_finished(own.get(each))]
    )
    behind = len(left)
    registered = sum(header.n for header in found.values())
    failed = {key: code for header in own.values() for key, code in header.failed.items()}
    return _Ended(
        reason=_reason(store, run, settings, planned, error, failed, behind, is_newest=is_check or fleet.run == run),
        registered=registered,
        failed=len(failed),
        behind=behind,
        throttled=sum(header.throttled for header in own.values()),
        counted=None
        if is_check
        else counted.note(store, run, own) or Counted(registered=registered, failed=len(failed)),
        is_unfinished=any(header.is_unfinished for header in found.values()),
    )


def _is_finished(header: Header | None) -> bool:
    return header is not None and not header.is_unfinished and not header.untried


def _reason(
    store: Store,
    run: str,
    settings: Settings,
    planned: dict[str, Any] | None,
    error: str,
    failed: Mapping[str, str],
    behind: int,
    *,
    is_newest: bool,
) -> str:
    """Return why a run has failed; empty if it has not."""
    if not is_newest:
        return _REPLACED
    if planned is not None and planned["refused"]:
        return f"{FleetCode.REFUSED}: {planned['refused']}"
    if error or planned is None:
        return _ended_early(error)
    tolerated = 0 if settings.mode is Mode.DELETE else settings.tolerated_failures
    if len(failed) > tolerated:
        return f"{FleetCode.ENDPOINTS_FAILED}: {failures_of(store, run, failed)}"
    if behind:
        parts = "1 part" if behind == 1 else f"{behind:,} parts"
        return (
            f"{FleetCode.INCOMPLETE}: {parts} of the fleet could not be finished. Deploy again, or continue with"
            " `chime-endpoints fleet resume`."
        )
    return ""


def _ended_early(error: str) -> str:
    return (
        f"{FleetCode.INCOMPLETE}: The run ended early ({error or 'without a plan'}). Look into the function's log,"
        " then deploy again, or continue with `chime-endpoints fleet resume`."
    )


def _forget_lines(store: Store, run: str, *, every: bool) -> None:
    """Delete the lines of the manifest, which contain device tokens: those of the run, or of every run."""
    prefix = "runs/" if every else f"runs/{run}/parts/"
    store.delete([name for name in store.names(prefix) if "/parts/" in name])
