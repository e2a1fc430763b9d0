"""The pace of calls: as asked, shared by threads, and slower when the service throttles."""

from __future__ import annotations

import pytest

from chime_endpoints_emulator import Fault
from chime_endpoints_fleet.applying.assignment import Batching
from chime_endpoints_fleet.applying.handling.calling import FleetCaller, Patience
from chime_endpoints_fleet.applying.handling.pace import Pace
from chime_endpoints_handler.aws.deadline import Deadline
from chime_endpoints_handler.aws.failures.errors import OutOfTimeError
from support.fleet import FleetStage
from support.stage import Clock


def test_calls_are_spaced_evenly() -> None:
    """A hundred calls at ten a second take ten seconds."""
    clock = Clock()
    pace = Pace(10.0, now=clock.now, sleep=clock.sleep)
    began = clock.now()
    for _ in range(101):
        pace.wait()
    assert clock.now() - began == pytest.approx(10.0, rel=0.02)
    assert pace.calls == 101


def test_time_without_calls_is_not_made_up_for() -> None:
    """A burst after a pause would be throttled."""
    clock = Clock()
    pace = Pace(10.0, now=clock.now, sleep=clock.sleep)
    pace.wait()
    clock.sleep(60)
    began = clock.now()
    for _ in range(3):
        pace.wait()
    assert clock.now() - began == pytest.approx(0.2)


def test_a_throttled_call_slows_the_next_ones_down() -> None:
    """By half for each, at most to an eighth, and back little by little."""
    clock = Clock()
    pace = Pace(10.0, now=clock.now, sleep=clock.sleep)

    def seconds(calls: int) -> float:
        pace.wait()
        began = clock.now()
        for _ in range(calls):
            pace.wait()
        return (clock.now() - began) / calls

    pace.was_throttled()
    assert seconds(5) == pytest.approx(0.15)
    for _ in range(20):
        pace.was_throttled()
    assert seconds(5) == pytest.approx(0.8)
    for _ in range(1000):
        pace.was_accepted()
    assert seconds(5) == pytest.approx(0.1)
    assert pace.throttled == 21


def test_a_run_keeps_to_its_rate(stage: FleetStage) -> None:
    """The calls of one shard at five a second."""
    stage.begin("r1", stage.upload(stage.lines(10)), rate=5.0)
    decided = stage.plan("r1")
    began = stage.clock.now()
    assert stage.apply("r1", decided)
    assert stage.clock.now() - began == pytest.approx(10 / 5, abs=0.3)


def test_throttled_calls_are_made_again_and_counted(stage: FleetStage) -> None:
    """Nothing fails, and the ledger says how often."""
    stage.backend.faults.append(Fault(error="ThrottledClientException", times=3))
    assert stage.run("r1", stage.lines(5))
    assert stage.differences(stage.lines(5)) == []
    assert stage.store.get("ledger/00/00000") is not None
    header = stage.header(0, 0)
    assert (header.calls, header.throttled) == (8, 3)


def test_no_call_is_made_after_a_wait_that_outlasts_the_lease() -> None:
    """Another worker may have taken over; the change is tried in the next round."""
    clock = Clock()
    ends = clock.now() + 30
    pace = Pace(0.01, now=clock.now, sleep=clock.sleep)
    call = FleetCaller(
        deadline=Deadline(lambda: ends - clock.now()),
        sleep=clock.sleep,
        pace=pace,
        patience=Patience(clock.now(), clock.now),
    )
    made: list[dict[str, str]] = [{}, {}]
    assert call("ListAppInstanceUserEndpoints", made.pop) == {}
    with pytest.raises(OutOfTimeError):
        call("ListAppInstanceUserEndpoints", made.pop)
    assert len(made) == 1


@pytest.mark.parametrize("rate", [0.1, 0.25, 0.6])
def test_a_replacement_has_enough_time_at_a_low_rate(stage: FleetStage, rate: float) -> None:
    """Five calls that are four seconds apart take longer than usual."""
    lines = stage.lines(6)
    assert stage.run("r1", lines)
    changed = [line | {"device_token": f"canary-other-{line['key']}"} for line in lines]
    stage.batching = Batching()
    assert stage.run("r2", changed, rate=rate)
    assert stage.differences(changed) == []
    assert stage.store.json("runs/r2/report/001-00000") is None


@pytest.mark.parametrize(
    ("rate", "threads", "seconds", "lease"),
    [
        (0.025, 1, 400.0, 430.0),
        (0.25, 1, 40.0, 70.0),
        (0.7, 2, 30.0, 60.0),
        (1.0, 3, 30.0, 60.0),
        (12.5, 4, 30.0, 60.0),
    ],
)
def test_fewer_changes_are_made_at_once_at_a_low_rate(rate: float, threads: int, seconds: float, lease: float) -> None:
    """The calls of each change get longer apart with every other change beside it."""
    assert Batching().at(rate) == Batching(threads=threads, seconds=seconds, lease=lease)


@pytest.mark.parametrize(
    ("seconds", "given", "lease"), [(30.0, 60.0, 60.0), (30.0, 30.0, 45.0), (10.0, 26.0, 26.0), (10.0, 20.0, 25.0)]
)
def test_a_lease_is_as_long_as_given_if_a_change_fits_in(seconds: float, given: float, lease: float) -> None:
    """A shorter lease needs shorter changes."""
    assert Batching(seconds=seconds, lease=given).at(12.5).lease == lease
