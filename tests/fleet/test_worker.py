"""The worker function: its actions, the sizes of what it exchanges, and what it never tells."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from chime_endpoints_emulator import Fault
from chime_endpoints_fleet import worker
from chime_endpoints_fleet.manifest.shards import HIGHEST_LEVEL
from chime_endpoints_fleet.runs.deciding.decide import Decision
from chime_endpoints_fleet.runs.reading.prepare import Prepared
from chime_endpoints_fleet.worker import ActionFailedError
from support.fleet import FLEET, STATE, FleetStage
from support.stage import LambdaContext

pytestmark = pytest.mark.slow

LONGEST = 4096
"""Bytes of a state's input or output; executions allow 256 KiB, and keep them for 90 days."""
LONGEST_ITEM = 1024


@pytest.fixture
def new_process() -> Iterator[None]:
    """A process that has made no clients yet."""
    worker._process.cache_clear()
    yield
    worker._process.cache_clear()


@pytest.mark.usefixtures("new_process")
def test_the_function_works_with_its_environment_alone(moto_stage: FleetStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bucket is in its environment; the event has the fleet, the run and numbers."""
    monkeypatch.setenv("FLEET_BUCKET", STATE)
    monkeypatch.setattr(moto_stage.clock, "at", __import__("time").time())
    lines = moto_stage.lines(3)
    moto_stage.begin("r1", moto_stage.upload(lines))

    def call(action: str, **members: Any) -> Any:
        context = LambdaContext(moto_stage.clock, moto_stage.clock.now() + 900)
        return worker.handler({"action": action, "fleet": FLEET, "run": "r1", **members}, context)

    level = call("prepare")["level"]
    call("split", level=level, range=[0, 1000])
    call("plan", level=level, shard=0)
    decided = call("decide", level=level)
    assert call("work", level=level, shard=0, round=1, rate=decided["rate"])["done"]
    assert not call("review", level=level, round=1)["again"]
    assert moto_stage.differences(lines) == []


def test_an_error_tells_its_kind_and_place_and_nothing_of_the_event(
    stage: FleetStage, caplog: pytest.LogCaptureFixture
) -> None:
    """Executions keep it for 90 days."""
    with pytest.raises(ActionFailedError, match=r"^prepare failed: LookupError in _prepare:\d+ prepare:\d+ load:\d+$"):
        stage.act("prepare", "canary-run")
    with pytest.raises(ActionFailedError, match="KeyError"):
        stage.act("canary-action", "r1")
    assert "canary-run" not in caplog.text


def test_what_states_exchange_is_small_and_without_secrets(stage: FleetStage) -> None:
    """Shard numbers and keys of objects only, whatever goes wrong."""
    stage.stranger(stage.users[1], "canary-taken")
    lines = [
        *stage.lines(60),
        stage.line("canary-key", user="u1", device_token="canary-taken"),
        stage.line("nobody", user="canary-nobody", name="canary-name"),
    ]
    assert not stage.run("r1", lines)
    stage.clock.sleep(1)
    stage.run("r2", b'{"canary": "canary"}\n' * 300)
    told = [json.dumps(answer) for _, answer in stage.answers]
    assert all("canary-" not in answer for answer in told)
    assert all(len(answer) <= LONGEST for answer in told)
    assert all(len(json.dumps(answer)) <= 64 for action, answer in stage.answers if action in ("split", "plan", "work"))


def test_the_largest_fleet_s_states_stay_small() -> None:
    """1,024 shard numbers are the longest list; 256 KiB is Step Functions' limit."""
    prepared = Prepared(level=HIGHEST_LEVEL, ranges=[(first, first + 2**25) for first in range(0, 2**28, 2**25)])
    answer = {"ranges": prepared.ranges, "shards": list(prepared.shards), "level": prepared.level}
    assert len(json.dumps(answer, separators=(",", ":"))) < 1.1 * LONGEST
    decision = Decision(shards=prepared.shards, rate=6.25)
    decided = {"go": True, "round": 1, "rate": decision.rate, "shards": list(decision.shards), "canary": []}
    assert len(json.dumps(decided, separators=(",", ":"))) < 1.1 * LONGEST
    item = {
        "action": "work",
        "fleet": "f" * 255,
        "run": "r" * 128,
        "level": 10,
        "shard": 1023,
        "round": 3,
        "rate": 6.25,
    }
    assert len(json.dumps(item)) < LONGEST_ITEM


def test_tokens_and_names_are_in_the_manifest_and_its_parts_alone(
    stage: FleetStage, caplog: pytest.LogCaptureFixture
) -> None:
    """No ledger, plan, report, warning or log contains one, whatever fails."""
    caplog.set_level(logging.INFO)
    stage.stranger(stage.users[1], "canary-taken")
    stage.backend.faults.append(Fault(error="ServiceFailureException", when="after", nth=9, times=4))
    stage.backend.faults.append(Fault("UpdateAppInstanceUserEndpoint", error="BadRequestException", times=None))
    lines = [
        *stage.lines(60),
        stage.line("taken", user="u1", device_token="canary-taken", name="canary-name"),
        stage.line("nobody", user="nobody", name="canary-name"),
        stage.line("secret", name="canary-name") | {"device_token": {"parameter": "canary-parameter"}},
    ]
    stage.run("r1", lines)
    stage.clock.sleep(1)
    stage.run("r2", [{**line, "name": "canary-other"} for line in lines])
    stage.clock.sleep(1)
    stage.run("r3", [{**line, "device_token": "canary-token-other"} for line in lines[:3]] + lines[3:])
    stage.clock.sleep(1)
    stage.run(
        "r4", b'{"key": "a", "user": "canary-user", "device_token": "canary-token", "canary-x": 1}\n{"key": "canary'
    )
    objects = {name: stored.body for name, stored in stage.s3.buckets[STATE].objects.items()}
    parts = {name for name in objects if "/parts/" in name}
    holding = {name for name, body in objects.items() if b"canary-name" in body or b"canary-t" in body}
    assert holding
    assert holding <= parts
    others = b"".join(body for name, body in objects.items() if name not in parts)
    assert b"canary-" not in others.replace(b"canary-parameter", b"")
    assert "canary-" not in caplog.text + str(stage.warnings)


def test_a_representation_shows_no_token(stage: FleetStage) -> None:
    """A traceback or a log line could contain it."""
    lines = stage.lines(3)
    stage.run("r1", lines)
    process = replace(stage.process(), bucket="another")
    assert "canary" not in repr(process)
    assert "canary" not in repr(stage.store)
