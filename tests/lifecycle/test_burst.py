"""A burst of very many Creates at once, against the account's rate of 50 requests a second."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import partial

import pytest
from moto import mock_aws

from chime_endpoints_emulator import Fault
from lifecycle.crowd import Crowd
from support.sink import Sink
from support.stage import Stage, stage_for

ENDPOINTS = 400
RATE = 50
CALL_SECONDS = 0.03


@pytest.fixture
def stage(sink: Sink) -> Iterator[Stage]:
    """A service with the account's rate and slow calls, and a clock that many threads share."""
    with mock_aws():
        stage = stage_for(sink, Crowd())
        stage.backend.switches.requests_per_second = RATE
        stage.backend.sleep = stage.clock.sleep
        stage.backend.faults.append(Fault(delay=CALL_SECONDS, times=None))
        stage.jitter = random.Random(400).uniform  # noqa: S311 - jitter, no secret
        yield stage


@pytest.mark.parametrize("at_once", [400, 50, 10])
def test_four_hundred_creates_succeed_within_little_more_than_the_rate_allows(stage: Stage, at_once: int) -> None:
    """F72: all four hundred Creates succeed, each with one endpoint, at any concurrency, in little over 8 seconds."""
    assert create_all(stage, at_once=at_once) <= 1.2 * ENDPOINTS / RATE


def test_four_hundred_creates_wait_for_one_permission_together(stage: Stage) -> None:
    """F30, F72: if IAM denies all Creates for 45 seconds, they need little more than the rate and the last wait."""
    end = stage.clock.now() + 45
    denial = Fault.deny("RegisterAppInstanceUserEndpoint")

    def look() -> None:
        if stage.clock.now() >= end and denial in stage.backend.faults:
            stage.backend.faults.remove(denial)

    stage.backend.faults += [Fault(call=look, times=None), denial]
    assert create_all(stage, at_once=ENDPOINTS) <= 45 + 8 + 1.2 * ENDPOINTS / RATE


def create_all(stage: Stage, *, at_once: int) -> float:
    """Create all endpoints, at most this many at once, and return the elapsed time."""
    crowd, began = stage.clock, stage.clock.now()
    assert isinstance(crowd, Crowd)
    stage.backend.switches.endpoints_per_user = ENDPOINTS
    events = [
        stage.event(
            "Create",
            stage.properties(EndpointAttributes={"DeviceToken": f"canary-{number}"}),
            LogicalResourceId=f"Phone{number}",
        )
        for number in range(ENDPOINTS)
    ]
    crowd.run([partial(stage.run, event) for event in events], at_once=at_once)
    assert [answer["Status"] for answer in stage.sink.accepted] == ["SUCCESS"] * ENDPOINTS
    assert len({endpoint.device_token for endpoint in stage.registered}) == ENDPOINTS == len(stage.registered)
    return crowd.now() - began
