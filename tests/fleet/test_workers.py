"""Workers of a shard: one at a time, as long as there is time, and as long as their run is the newest."""

from __future__ import annotations

import random
from dataclasses import replace
from threading import Event, Thread
from typing import Any

import pytest

from chime_endpoints_emulator import Fault
from chime_endpoints_fleet.applying.assignment import Batching
from chime_endpoints_fleet.applying.difference import Kind
from chime_endpoints_fleet.ledger import fleet as fleets
from chime_endpoints_fleet.ledger import shard_ledger
from chime_endpoints_fleet.ledger.entry import Intent
from chime_endpoints_fleet.store import Store
from chime_endpoints_fleet.worker import act
from support.fleet import FLEET, FleetStage
from support.stage import Clock, LambdaContext

pytestmark = pytest.mark.slow

REGISTER = "RegisterAppInstanceUserEndpoint"
SECONDS_OF_A_CALL = 20.0


def work(stage: FleetStage, run: str, **members: Any) -> Any:
    """Let one worker work on the only shard."""
    return stage.act("work", run, **({"level": 0, "shard": 0, "round": 1, "rate": 1000.0} | members))


def begun(stage: FleetStage, run: str, lines: list[dict[str, Any]], **changes: Any) -> None:
    """Begin a run up to its decision."""
    stage.begin(run, stage.upload(lines), **changes)
    assert stage.plan(run)["level"] == 0


def slow(stage: FleetStage) -> None:
    """Let every call of the service take a while."""
    stage.backend.faults.append(Fault(call=lambda: stage.clock.sleep(SECONDS_OF_A_CALL), times=None))


def test_a_worker_returns_before_its_time_is_over(stage: FleetStage) -> None:
    """The next one continues at once, and counts go on."""
    begun(stage, "r1", lines := stage.lines(9))
    stage.batching = Batching(batch=2, threads=1)
    slow(stage)
    stage.seconds = 100.0
    assert work(stage, "r1") == {"done": False, "wait": 0}
    header = shard_ledger.load(stage.store, 0, 0).header
    assert 0 < header.done < 9
    assert header.todo == 9
    assert not header.intents
    while not work(stage, "r1")["done"]:
        pass
    header = shard_ledger.load(stage.store, 0, 0).header
    assert (header.done, header.todo, header.n, header.calls) == (9, 9, 9, 9)
    assert stage.differences(lines) == []
    assert work(stage, "r1") == {"done": True, "wait": 0}


def test_no_change_begins_at_the_end_of_a_lease(stage: FleetStage) -> None:
    """What there is no time for is done in the next batch, under a new lease."""
    begun(stage, "r1", lines := stage.lines(7))
    stage.batching = Batching(batch=5, threads=1)
    slow(stage)
    began: list[float] = []
    stage.backend.faults.append(Fault(call=lambda: began.append(stage.clock.now()), times=None))
    stage.seconds = 1000.0
    assert work(stage, "r1")["done"]
    assert stage.differences(lines) == []
    assert len(began) == 7
    assert shard_ledger.load(stage.store, 0, 0).header.done == 7


def test_what_a_killed_worker_began_is_finished_under_several_leases(stage: FleetStage) -> None:
    """At a low rate, one lease leaves no time for all of it."""
    begun(stage, "r1", lines := stage.lines(7))
    ledger = shard_ledger.load(stage.store, 0, 0)
    intents = tuple(
        Intent(key=line["key"], operation=Kind.CREATE, request_id="r1.1", run="r1", at=stage.clock.now())
        for line in lines[:5]
    )
    header = replace(ledger.header, run="r1", round=1, state="open", intents=intents, passes=1)
    shard_ledger.save(stage.store, 0, 0, replace(ledger, header=header))
    slow(stage)
    assert work(stage, "r1")["done"]
    assert not shard_ledger.load(stage.store, 0, 0).header.intents
    assert stage.differences(lines) == []


def test_what_there_is_no_time_to_finish_is_left_to_the_next_worker(stage: FleetStage) -> None:
    """The intents stay, and the shard stays open."""
    begun(stage, "r1", lines := stage.lines(5))
    ledger = shard_ledger.load(stage.store, 0, 0)
    intents = tuple(
        Intent(key=line["key"], operation=Kind.CREATE, request_id="r1.1", run="r1", at=stage.clock.now())
        for line in lines
    )
    header = replace(ledger.header, run="r1", round=1, state="open", intents=intents, passes=1)
    shard_ledger.save(stage.store, 0, 0, replace(ledger, header=header))
    slow(stage)
    stage.seconds = 90.0
    assert work(stage, "r1") == {"done": False, "wait": 0}
    header = stage.header(0, 0)
    assert 0 < len(header.intents) < 5
    assert header.state == "open"
    stage.work("r1", 0, 0, 1)
    assert stage.differences(lines) == []


def test_a_worker_waits_for_the_lease_of_another_one(stage: FleetStage) -> None:
    """That one may still be at work. If it gives the shard back earlier, the wait is over after some seconds."""
    begun(stage, "r1", stage.lines(3))
    ledger = shard_ledger.load(stage.store, 0, 0)
    header = replace(ledger.header, run="r1", state="open", lease=stage.clock.now() + 42.5, by="another")
    shard_ledger.save(stage.store, 0, 0, replace(ledger, header=header))
    assert work(stage, "r1") == {"done": False, "wait": 11}
    stage.clock.sleep(40)
    assert work(stage, "r1") == {"done": False, "wait": 4}
    stage.clock.sleep(4)
    assert work(stage, "r1")["done"]


def test_a_lease_of_a_clock_that_is_wrong_is_waited_for_some_seconds_at_a_time(stage: FleetStage) -> None:
    """A child of the machine must not wait for years."""
    begun(stage, "r1", stage.lines(3))
    ledger = shard_ledger.load(stage.store, 0, 0)
    header = replace(ledger.header, run="r1", state="open", lease=stage.clock.now() + 1e9)
    shard_ledger.save(stage.store, 0, 0, replace(ledger, header=header))
    assert work(stage, "r1") == {"done": False, "wait": 11}


@pytest.mark.parametrize("how", ["replaced", "stopped"])
def test_a_worker_stops_when_its_run_is_no_longer_wanted(stage: FleetStage, how: str) -> None:
    """It finishes what it has begun, and gives the shard free at once."""
    stage.batching = Batching(batch=2, threads=1)
    begun(stage, "r1", stage.lines(9))

    def stop() -> None:
        change = {"run": "r2"} if how == "replaced" else {"stopped": "r1"}
        fleets.change(stage.store, lambda fleet: replace(fleet, **change))  # type: ignore[arg-type]

    stage.backend.faults.append(Fault(REGISTER, nth=3, call=stop))
    assert work(stage, "r1") == {"done": False, "wait": 0}
    ledger = shard_ledger.load(stage.store, 0, 0)
    assert len(ledger.entries) == len(stage.backend.endpoints) == 4
    assert (ledger.header.lease, ledger.header.intents) == (0.0, ())


def test_a_worker_whose_run_is_replaced_before_its_first_call_changes_nothing(
    stage: FleetStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newer run has read a ledger without intents, and would not come back to the shard."""
    begun(stage, "r1", stage.lines(3))
    save = shard_ledger.save

    def replaced(*arguments: Any) -> Any:
        fleets.change(stage.store, lambda fleet: replace(fleet, run="r2"))
        return save(*arguments)

    monkeypatch.setattr(shard_ledger, "save", replaced)
    assert work(stage, "r1") == {"done": False, "wait": 0}
    assert not stage.backend.calls
    assert not stage.header(0, 0).intents


def test_a_round_gives_up_on_a_service_that_keeps_failing(stage: FleetStage) -> None:
    """Otherwise, each of a thousand endpoints would be tried for twenty seconds, three times."""
    stage.backend.switches.endpoints_per_user = 50
    lines = [stage.line(f"k{number}") for number in range(200)]
    stage.sizes = replace(stage.sizes, shard_endpoints=1000)
    stage.backend.faults.append(Fault(error="ServiceUnavailableException", times=None))
    begun(stage, "r1", lines)
    stage.batching = Batching(batch=25, threads=1)
    stage.seconds = 100_000.0
    assert work(stage, "r1")["done"]
    header = shard_ledger.load(stage.store, 0, 0).header
    assert header.untried == 200 - len(header.failed) > 100
    review = stage.act("review", "r1", level=0, round=1)
    assert review == {"again": True, "round": 2, "rate": 1000.0, "shards": [0]}
    stage.backend.faults.clear()
    stage.clock.sleep(100)
    assert stage.apply("r1", {**review, "level": 0})
    assert stage.differences(lines) == []


def test_a_shard_that_no_worker_reached_is_left_for_the_next_round(stage: FleetStage) -> None:
    """Its child failed before the first write; the fleet is not complete before every shard has its ledger."""
    lines = stage.lines(40)
    stage.begin("r1", stage.upload(lines))
    decided = stage.plan("r1")
    stage.work("r1", decided["level"], 3, 1)
    review = stage.act("review", "r1", level=decided["level"], round=1)
    assert review["again"]
    assert review["shards"] == [0, 1, 2, 4, 5, 6, 7]
    assert not fleets.read(stage.store).is_complete
    assert stage.apply("r1", {**decided, **review})
    assert fleets.read(stage.store).is_complete
    assert stage.differences(lines) == []


def test_the_rate_is_shared_by_the_shards_with_work(stage: FleetStage) -> None:
    """One shard of eight gets all of it."""
    lines = stage.lines(40)
    assert stage.run("r1", lines, rate=50.0)
    lines[7]["name"] = "another"
    stage.begin("r2", stage.upload(lines), rate=50.0)
    decided = stage.plan("r2")
    assert len(decided["shards"]) == 1
    assert decided["rate"] == 50.0
    assert stage.apply("r2", decided)
    for each in lines:
        each["name"] = "b"
    stage.begin("r3", stage.upload(lines), rate=50.0)
    decided = stage.plan("r3")
    assert decided["rate"] == 12.5


def test_a_long_run_begins_with_its_smallest_shard(stage: FleetStage) -> None:
    """CloudFormation is answered after it, because the run may outlast CloudFormation's hour."""
    lines = stage.lines(40)
    for run, rate, wait, expected in (
        ("r1", 0.01, "AN_HOUR", 1),
        ("r2", 50.0, "NOT_AT_ALL", 1),
        ("r3", 50.0, "AN_HOUR", 0),
    ):
        stage.clock.sleep(1)
        stage.begin(run, stage.upload(lines), rate=rate, wait=wait)
        assert len(stage.plan(run)["canary"]) == expected
    stage.clock.sleep(1)
    stage.begin("r4", mode="delete", rate=0.01)
    assert not stage.plan("r4")["canary"]


class Frozen:
    """A worker that is frozen at a call of the service, in a thread of its own."""

    def __init__(self, stage: FleetStage, run: str, *, nth: int, when: str, operation: str = REGISTER) -> None:
        self._stopped, self._go_on = Event(), Event()
        self.answer: Any = None
        stage.backend.faults.append(Fault(operation, when=when, nth=nth, call=self._freeze))  # type: ignore[arg-type]
        self._thread = Thread(target=self._work, args=(stage, run))
        self._thread.start()
        assert self._stopped.wait(10)

    def _work(self, stage: FleetStage, run: str) -> None:
        self.answer = work(stage, run)

    def _freeze(self) -> None:
        self._stopped.set()
        assert self._go_on.wait(10)

    def thaw(self) -> Any:
        """Let it go on to its end, and return its answer."""
        self._go_on.set()
        self._thread.join(10)
        return self.answer


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("nth", [1, 4, 7])
@pytest.mark.parametrize("skew", [-30.0, 0.0, 30.0])
@pytest.mark.parametrize("is_same_run", [True, False])
def test_a_worker_that_was_frozen_past_its_lease_does_no_harm(
    stage: FleetStage,
    when: str,
    nth: int,
    skew: float,
    is_same_run: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Another worker has taken over; its call reaches the service late, and its write is refused."""
    stage.backend.switches.token_memory = "while_alive"
    lines = [stage.line(f"k{number}", name=f"canary-{number}") for number in range(9)]
    begun(stage, "r1", lines)
    frozen = Frozen(stage, "r1", nth=nth, when=when)
    stage.clock.sleep(61 + max(0.0, skew))
    run = "r1"
    if not is_same_run:
        run = "r2"
        lines = [{**line, "name": "canary-b"} for line in lines[:7]]
        begun(stage, "r2", lines)
    others = Clock(stage.clock.now() + skew)
    members = {"action": "work", "fleet": FLEET, "run": run, "level": 0, "shard": 0, "round": 1, "rate": 1000.0}
    context = LambdaContext(stage.clock, stage.clock.now() + 900)
    while not (worked := act(members, context, stage.process(others)))["done"]:
        stage.clock.sleep(worked["wait"])
        others.sleep(worked["wait"])
    assert not frozen.thaw()["done"]
    assert stage.differences(lines) == []


def test_without_a_fence_a_frozen_worker_would_do_harm(stage: FleetStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above notices if a ledger is written whoever else has written it."""
    put = Store.put
    monkeypatch.setattr(Store, "put", lambda self, name, body, **_: put(self, name, body))
    lines = [stage.line(f"k{number}", name=f"canary-{number}") for number in range(9)]
    begun(stage, "r1", lines)
    frozen = Frozen(stage, "r1", nth=4, when="after")
    stage.clock.sleep(61)
    lines = [{**line, "name": "canary-b"} for line in lines[:7]]
    begun(stage, "r2", lines)
    stage.work("r2", 0, 0, 1)
    frozen.thaw()
    assert stage.differences(lines) != []


@pytest.mark.parametrize("seed", range(6))
def test_two_workers_at_once_leave_what_one_would(stage: FleetStage, seed: int) -> None:
    """A clock that is wrong by more than a lease lets both begin; the ledger's version lets one win each write."""
    stage.backend.switches.token_memory = "while_alive"
    stage.batching = Batching(batch=3, threads=2)
    chance = random.Random(seed)  # noqa: S311 - it must repeat
    lines = [stage.line(f"k{number}", name=f"canary-{number}") for number in range(25)]
    begun(stage, "r1", lines)
    event = {"action": "work", "fleet": FLEET, "run": "r1", "level": 0, "shard": 0, "round": 1, "rate": 1000.0}

    def another(skew: float) -> None:
        context = LambdaContext(stage.clock, stage.clock.now() + 100_000)
        act(event, context, stage.process(Clock(stage.clock.now() + skew)))

    threads = [Thread(target=another, args=(skew,)) for skew in (0.0, 3600.0, 7200.0)]
    chance.shuffle(threads)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    stage.clock.sleep(7300)
    assert stage.apply("r1", {"level": 0, "shards": [0], "round": 1, "rate": 1000.0})
    assert stage.differences(lines) == []


@pytest.mark.parametrize("is_finished", [False, True])
def test_a_late_worker_of_an_older_run_leaves_the_shard_alone(stage: FleetStage, *, is_finished: bool) -> None:
    """A stopped execution's children go on for a while, and Lambda retries them; they end."""
    lines = stage.lines(9)
    begun(stage, "r1", lines)
    stage.clock.sleep(1)
    lines[0]["name"] = "another"
    begun(stage, "r2", lines)
    if is_finished:
        stage.work("r2", 0, 0, 1)
    before = stage.header(0, 0) if is_finished else None
    assert work(stage, "r1") == {"done": True, "wait": 0}
    assert (stage.header(0, 0) if is_finished else None) == before
    assert is_finished or not stage.store.names("ledger/")
    assert len(stage.backend.endpoints) == (9 if is_finished else 0)
    stage.work("r2", 0, 0, 1)
    assert stage.differences(lines) == []
