"""The Lambda function that does the work of a run: one action for each state of the fleet's state machine."""

from __future__ import annotations

import json
import logging
import os
import random
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, Protocol

from botocore.exceptions import ClientError

from chime_endpoints_handler.aws.clients import AwsClients

from .applying.assignment import Batching
from .applying.handling.surroundings import Surroundings
from .runs import settings as run_settings
from .runs.changing import review, work
from .runs.checking import shard_check
from .runs.deciding import decide, plan
from .runs.ending import answer, finish
from .runs.ending.response import Post
from .runs.reading import prepare, split
from .runs.settings import Mode, Sizes
from .runs.starting.executions import Executions, clock_of, machine_client, machine_of
from .store import Store, s3_client

log = logging.getLogger("chime_endpoints")


class Context(Protocol):
    """The used part of Lambda's context object."""

    def get_remaining_time_in_millis(self) -> int:
        """The time left, in milliseconds."""


class ActionFailedError(Exception):
    """An action failed. The text contains nothing of the event or of the fleet: executions keep it for 90 days."""


@dataclass(frozen=True, kw_only=True)
class Process:
    """What the actions need, made once for a process; tests replace it."""

    s3: Any = field(repr=False)
    bucket: str
    surroundings: Surroundings
    sizes: Sizes = field(default_factory=Sizes)
    batching: Batching = field(default_factory=Batching)
    machines: Callable[[], Any] = machine_client
    """Makes the client of AWS Step Functions."""


def handler(event: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """Do one action.

    Raises:
        ActionFailedError: it failed; the state machine tries it again.
    """
    logging.root.setLevel(logging.INFO)
    return act(event, context, _process())


def act(event: Mapping[str, Any], context: Context, process: Process) -> Mapping[str, Any]:
    """Do one action with the given clients and clocks."""
    action = str(event["action"])
    store = Store(process.s3, process.bucket, event["fleet"])
    try:
        return _ACTIONS[action](store, event, context, process)
    except Exception as error:  # noqa: BLE001 - the outermost edge: an error's text may quote what it is about
        place = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
        failed = f"{action} failed: {type(error).__name__} in {' '.join(place[-3:])}"
        log.error(failed)  # noqa: TRY400 - a traceback may quote what the error is about
        raise ActionFailedError(failed) from None


def _prepare(store: Store, event: Mapping[str, Any], _: Context, process: Process) -> Mapping[str, Any]:
    prepared = prepare.prepare(store, event["run"], sizes=process.sizes, now=process.surroundings.now())
    ranges = [] if prepared.refused else [list(span) for span in prepared.ranges]
    return {"ranges": ranges, "shards": list(prepared.shards), "level": prepared.level}


def _split(store: Store, event: Mapping[str, Any], _: Context, __: Process) -> Mapping[str, Any]:
    split.split(store, event["run"], level=event["level"], span=event["range"])
    return {}


def _plan(store: Store, event: Mapping[str, Any], _: Context, __: Process) -> Mapping[str, Any]:
    plan.plan(store, event["run"], level=event["level"], shard=event["shard"])
    return {}


def _decide(store: Store, event: Mapping[str, Any], _: Context, process: Process) -> Mapping[str, Any]:
    decision = decide.decide(store, event["run"], now=process.surroundings.now())
    return {
        "go": decision.goes_on,
        "round": decision.round,
        "rate": decision.rate,
        "shards": list(decision.shards),
        "canary": list(decision.canary),
    }


def _work(store: Store, event: Mapping[str, Any], context: Context, process: Process) -> Mapping[str, Any]:
    if run_settings.load(store, event["run"]).mode is Mode.CHECK:
        return _check(store, event, context, process)
    worked = work.work(
        store,
        event["run"],
        level=event["level"],
        shard=event["shard"],
        round_number=event["round"],
        rate=event["rate"],
        surroundings=process.surroundings,
        batching=process.batching,
        time_left=lambda: context.get_remaining_time_in_millis() / 1000,
    )
    return {"done": worked.done, "wait": worked.wait}


def _check(store: Store, event: Mapping[str, Any], context: Context, process: Process) -> Mapping[str, Any]:
    run, level, shard = event["run"], event["level"], event["shard"]
    is_done = shard_check.check(
        store,
        run,
        level=level,
        shard=shard,
        rate=event["rate"],
        wanted=lambda: plan.wanted(store, run, run_settings.load(store, run), shard).declared,
        held=partial(plan.held, store, run, level),
        shared=store.json(decide.name_of(run)).get("shared", ()),
        surroundings=process.surroundings,
        time_left=lambda: context.get_remaining_time_in_millis() / 1000,
    )
    return {"done": is_done, "wait": 0}


def _review(store: Store, event: Mapping[str, Any], _: Context, process: Process) -> Mapping[str, Any]:
    found = review.review(store, event["run"], level=event["level"], round_number=event["round"], sizes=process.sizes)
    return {"again": found.again, "round": found.round, "rate": found.rate, "shards": list(found.shards)}


def _answer(store: Store, event: Mapping[str, Any], context: Context, process: Process) -> Mapping[str, Any]:
    post = _post(context, process)
    if "clock" in event:
        answer.answer_in_time(store, event["run"], post, now=process.surroundings.now())
        return {"ok": True}
    is_well = answer.answer_for_canary(store, event["run"], post, level=event["level"], shards=event["shards"])
    return {"ok": is_well}


def _finish(store: Store, event: Mapping[str, Any], context: Context, process: Process) -> Mapping[str, Any]:
    is_converged = finish.finish(
        store,
        event["run"],
        _post(context, process),
        error=event["error"],
        stop_clock=partial(_stop_clock, event, process),
        now=process.surroundings.now,
    )
    return {"ok": is_converged}


def _post(context: Context, process: Process) -> Post:
    return Post(left=lambda: context.get_remaining_time_in_millis() / 1000, sleep=process.surroundings.sleep)


def _stop_clock(event: Mapping[str, Any], process: Process) -> None:
    """Stop the clock, which would delay the deletion of the state machine."""
    with suppress(ClientError):
        Executions(process.machines(), machine_of(event["execution"])).stop(clock_of(event["run"]))


_ACTIONS: Mapping[str, Callable[[Store, Mapping[str, Any], Context, Process], Mapping[str, Any]]] = {
    "prepare": _prepare,
    "split": _split,
    "plan": _plan,
    "decide": _decide,
    "work": _work,
    "review": _review,
    "answer": _answer,
    "finish": _finish,
}


@cache
def _process() -> Process:
    return Process(
        s3=s3_client(),
        bucket=os.environ["FLEET_BUCKET"],
        sizes=Sizes(**json.loads(os.environ.get("FLEET_SIZES", "{}"))),
        batching=Batching(**json.loads(os.environ.get("FLEET_BATCHING", "{}"))),
        surroundings=Surroundings(
            clients=AwsClients(),
            now=time.time,
            monotonic=time.monotonic,
            sleep=time.sleep,
            jitter=random.uniform,
            warn=log.warning,
        ),
    )
