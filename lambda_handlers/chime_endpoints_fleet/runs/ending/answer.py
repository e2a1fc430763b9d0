"""The response to CloudFormation before a run has ended: after a canary, or because time is up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from ...applying.failures import CONFLICTS
from ...ledger import fleet as fleets
from ...ledger import progress
from ...ledger.header import DamagedLedgerError, Header, LaterReleaseError
from ...store import Store, code_of
from .. import settings as run_settings
from ..deciding import decide
from ..deciding.accepted import accept
from ..settings import Mode, Settings
from . import response
from .codes import FleetCode
from .response import Answer, Post
from .telling.failures import failures_of

CONVERGED, CONVERGING = "CONVERGED", "CONVERGING"
_PAUSES = (5.0, 10.0, 20.0)
"""Seconds to wait after S3 has failed."""
_SILENCE = 600.0
"""Seconds without a written ledger after which a run is not at work any more; a worker writes one every minute."""


def answer_for_canary(store: Store, run: str, post: Post, *, level: int, shards: list[int]) -> bool:
    """Respond after the first shard was changed, and return whether the others may be."""
    settings = run_settings.load(store, run)
    headers = progress.headers(store, level, shards)
    unfinished = [
        shard for shard in shards if shard not in headers or headers[shard].run != run or headers[shard].is_unfinished
    ]
    failed = _failed(store, run, headers)
    if len(failed) > settings.tolerated_failures:
        reason = (
            f"{FleetCode.ENDPOINTS_FAILED}: {failures_of(store, run, failed)} The other endpoints were not changed."
        )
        response.respond(store, run, Answer(reason=reason), post)
        return False
    if not unfinished:
        accept(store, run, settings)
        response.respond(store, run, Answer(data=data_of(store, run, CONVERGING)), post)
    return True


def _failed(store: Store, run: str, headers: Mapping[int, Header]) -> dict[str, str]:
    """Return the code of each endpoint that failed, without those whose failures may be over in the next round."""
    passing = CONFLICTS if _lets_go(store, run) else frozenset()
    own = [header for header in headers.values() if header.run == run]
    return {key: code for header in own for key, code in header.failed.items() if code not in passing}


def _lets_go(store: Store, run: str) -> bool:
    """Whether other shards will let go of device tokens, so that a conflict may be over in the next round."""
    return not decide.adopts(store.json(decide.name_of(run)))


def answer_in_time(store: Store, run: str, post: Post, *, now: float) -> None:
    """Respond because CloudFormation will not wait any longer, whatever state the fleet is in. The run continues."""
    if response.is_expected(store, run):
        response.respond(store, run, _answer_now(store, run, post, now), post)


def _answer_now(store: Store, run: str, post: Post, now: float) -> Answer:
    """Return the response; a failure if the fleet's objects cannot be read, also after some seconds."""
    said = ""
    for pause in _PAUSES:
        try:
            return _answer(store, run, now)
        except DamagedLedgerError as damage:
            return Answer(reason=damaged(damage))
        except (ClientError, BotoCoreError) as error:
            said = code_of(error) if isinstance(error, ClientError) else type(error).__name__
            post.sleep(pause)
        except Exception as error:  # noqa: BLE001 - an object may contain anything, and CloudFormation waits
            said = type(error).__name__
            break
    return Answer(reason=unreadable(said))


def unreadable(said: str) -> str:
    """Return the reason for a failure because objects of the run are damaged, or S3 refuses to read them."""
    return (
        f"{FleetCode.INCOMPLETE}: The objects of the run in the state bucket cannot be read ({said}). Look into the"
        " function's log, then deploy again."
    )


def damaged(damage: DamagedLedgerError) -> str:
    """Return the reason for a failure because of a damaged object."""
    if isinstance(damage, LaterReleaseError):
        return f"{FleetCode.REFUSED}: {damage}."
    return (
        f"{FleetCode.REFUSED}: The fleet's ledger is damaged: {damage}. Restore its last version in the state bucket,"
        " or run chime-endpoints fleet sync --adopt."
    )


def _answer(store: Store, run: str, now: float) -> Answer:
    settings = run_settings.load(store, run)
    planned = store.json(decide.name_of(run))
    if reason := _why_failed(store, run, settings, planned, now):
        return Answer(reason=reason)
    if settings.mode is Mode.DELETE:
        return Answer(reason=f"{FleetCode.TAKES_LONGER}: {_left(store, planned, settings.began, now)}")
    accept(store, run, settings)
    return Answer(data=data_of(store, run, CONVERGING))


def _why_failed(store: Store, run: str, settings: Settings, planned: dict[str, Any] | None, now: float) -> str:
    """Return why a run has failed or will not end; empty if it is at work."""
    result = store.json(f"runs/{run}/result")
    if result is not None:
        return str(result["reason"])
    if planned is None or not planned["go"]:
        return f"{FleetCode.INCOMPLETE}: The run has not begun to change endpoints. Look into the function's log."
    headers = progress.headers(store, fleets.read(store).level)
    failed = _failed(store, run, headers)
    if settings.mode is not Mode.DELETE and len(failed) > settings.tolerated_failures:
        return f"{FleetCode.ENDPOINTS_FAILED}: {failures_of(store, run, failed)}"
    if now - max([planned["at"], *(header.at for header in headers.values() if header.run == run)]) > _SILENCE:
        return (
            f"{FleetCode.INCOMPLETE}: The run has not changed anything for {_SILENCE / 60:.0f} minutes. Look into the"
            " function's log, then deploy again, or continue with `chime-endpoints fleet resume`."
        )
    return ""


def data_of(store: Store, run: str, state: str) -> dict[str, str]:
    """Return the attributes of the resource."""
    return {"Run": run, "State": state, "Registered": str(registered(store))}


def registered(store: Store) -> int:
    """Return the number of registered endpoints."""
    return sum(header.n for header in progress.headers(store, fleets.read(store).level).values())


def _left(store: Store, planned: dict[str, int], began: float, now: float) -> str:
    """Say how many endpoints a deletion has left, and how long they will take."""
    left = registered(store)
    done = max(0, planned["registered"] - left)
    gone = f"{done:,} of {planned['registered']:,} endpoints are deregistered. The run continues."
    if not done or now <= began:
        return f"{gone} Delete the stack again later."
    hours = left * (now - began) / done / 3600
    when = f"{max(1, round(hours * 60))} minutes" if hours < 1 else f"{hours:.0f} hours"
    return f"{gone} Delete the stack again in about {when}."
