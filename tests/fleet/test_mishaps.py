"""What goes wrong around a run: in the state bucket, at Step Functions, and at CloudFormation's URL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chime_endpoints_fleet import events
from chime_endpoints_fleet.ledger import fleet as fleets
from chime_endpoints_fleet.ledger import shard_ledger
from chime_endpoints_fleet.runs.checking.repair import marked
from chime_endpoints_fleet.runs.ending import response
from chime_endpoints_fleet.runs.ending.response import Answer, NotDeliveredError
from chime_endpoints_handler.model.physical_id import suffix
from support.bucket import MemoryS3
from support.fleet import FLEET, LOGICAL_ID, STATE, FleetStage
from support.fleet_stack import MACHINE, FleetStack
from support.stage import STACK_ID, LambdaContext

pytestmark = pytest.mark.slow


def reason(stack: FleetStack) -> str:
    """The reason of the last response."""
    assert stack.answers[-1]["Status"] == "FAILED"
    return str(stack.answers[-1]["Reason"])


@pytest.fixture
def new_process() -> Iterator[None]:
    """A process of the function for events that has made no clients yet."""
    events._process.cache_clear()
    yield
    events._process.cache_clear()


@pytest.mark.usefixtures("new_process")
def test_the_function_for_events_works_with_its_environment_alone(
    moto_stage: FleetStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bucket, the state machine and the number of children are in its environment."""
    monkeypatch.setenv("FLEET_BUCKET", STATE)
    monkeypatch.setenv("FLEET_STATE_MACHINE_ARN", MACHINE)
    monkeypatch.setenv("FLEET_AT_ONCE", "4")
    context = LambdaContext(moto_stage.clock, moto_stage.clock.now() + 120)
    answer = events.handler({"command": "sync", "fleet": FLEET}, context)
    assert answer == {"error": f"There is no fleet {FLEET}, or it has never had a run."}


def test_a_service_timeout_that_is_no_number_means_an_hour(stack: FleetStack) -> None:
    """A plain template may say anything."""
    stack.send(stack.event("Create", "r1", stack.stage.lines(3), ServiceTimeout="soon"))
    assert stack.machine.started["r1-clock"]["clock"] == 3300


def test_the_prefix_of_another_fleet_is_no_place_for_a_run(stack: FleetStack) -> None:
    """CloudFormation is told at once."""
    stack.deploy("Create", "r1", stack.stage.lines(3))
    fleets.change(stack.stage.store, lambda fleet: replace(fleet, stack_id="another"))
    stack.send(stack.event("Update", "r2", stack.stage.lines(4)))
    assert reason(stack).startswith("CE-704: The prefix in the state bucket belongs to another fleet.")
    assert "r2" not in stack.machine.started


def test_a_machine_that_cannot_be_started_is_told(stack: FleetStack) -> None:
    """Without the service's message, which may quote the request."""
    stack.machine.denied = "AccessDeniedException"
    stack.send(stack.event("Create", "r1", stack.stage.lines(3)))
    assert "StartExecution: AccessDeniedException" in reason(stack)
    assert "canary" not in reason(stack)


def test_a_bucket_that_cannot_be_used_is_told(stack: FleetStack) -> None:
    """The event cannot be kept, so it is answered directly."""
    stack.s3_of_events = MemoryS3()
    stack.send(stack.event("Create", "r1", stack.stage.lines(3)))
    assert reason(stack).startswith("CE-704: The run could not be started (KeyError).") or "NoSuchBucket" in reason(
        stack
    )


def test_an_event_that_cannot_be_answered_is_delivered_again(stack: FleetStack) -> None:
    """Lambda repeats an event that was not handled."""
    stack.s3_of_events = MemoryS3()
    stack.sink.statuses = [503] * 100
    with pytest.raises(NotDeliveredError):
        stack.send(stack.event("Create", "r1", stack.stage.lines(3)))


def test_a_failure_to_stop_an_execution_is_told(stack: FleetStack) -> None:
    """The run that it is of may go on."""

    class Failing:
        """A client of a service that fails."""

        def start_execution(self, **_: str) -> None:
            """Start an execution."""

        def stop_execution(self, **_: str) -> None:
            """Refuse."""
            raise ClientError({"Error": {"Code": "InternalFailure"}}, "StopExecution")

    stack.deploy("Create", "r1", stack.stage.lines(3))
    stack.machine_of_events = Failing()
    stack.send(stack.event("Update", "r2", stack.stage.lines(4)))
    assert "StopExecution: InternalFailure" in reason(stack)


def test_properties_that_are_no_map_are_told(stack: FleetStack) -> None:
    """Nothing is known of the fleet."""
    stack.send(stack.event("Create", "r1") | {"ResourceProperties": "canary"})
    assert "the properties must be a map" in reason(stack)
    assert "canary" not in reason(stack)


def test_a_run_whose_shards_are_not_finished_has_failed(stack: FleetStack) -> None:
    """The children of the machine failed."""
    stack.send(stack.event("Create", "r1", stack.stage.lines(40)))
    decided = stack.stage.plan("r1")
    for shard in decided["shards"][2:]:
        stack.stage.work("r1", decided["level"], shard, 1)
    assert not stack.finish("r1")
    assert reason(stack).startswith("CE-703: 2 parts of the fleet could not be finished.")


def test_a_ledger_that_is_damaged_in_a_run_fails_it(stack: FleetStack) -> None:
    """Its lines are kept, because some changes may not be finished."""
    stack.send(stack.event("Create", "r1", stack.stage.lines(40)))
    assert stack.stage.plan("r1")["go"]
    stack.stage.store.put(shard_ledger.name_of(3, 1), b"canary")
    assert not stack.finish("r1")
    assert reason(stack).startswith("CE-701: The fleet's ledger is damaged: ")
    assert "canary" not in reason(stack)
    assert stack.stage.store.names("runs/r1/parts/")


def test_failures_without_their_reports_are_counted(stack: FleetStack) -> None:
    """Reports may be deleted after 30 days, or by someone."""
    stack.send(stack.event("Create", "r1", [stack.stage.line("nobody", user="nobody")]))
    stack.stage.execute("r1")
    stack.stage.store.delete(stack.stage.store.names("runs/r1/report/"))
    assert not stack.finish("r1")
    assert reason(stack) == "CE-702: 1 endpoint failed: CE-302 (1)."


def test_an_unfinished_canary_is_not_answered(stack: FleetStack) -> None:
    """The clock answers if it takes too long."""
    stack.send(stack.event("Create", "r1", stack.stage.lines(40), Wait="NOT_AT_ALL"))
    decided = stack.stage.plan("r1")
    assert stack.act("answer", "r1", level=decided["level"], shards=decided["canary"])["ok"]
    assert not stack.answers


def test_a_deletion_that_has_not_begun_names_no_time(stack: FleetStack) -> None:
    """Nothing is known of its speed."""
    stack.deploy("Create", "r1", stack.stage.lines(40))
    stack.send(stack.event("Delete", "r2"))
    assert stack.stage.plan("r2")["go"]
    stack.act("answer", "r2", clock=True)
    assert reason(stack).startswith(
        "CE-706: 0 of 40 endpoints are deregistered. The run continues. Delete the stack again"
    )


def test_an_event_is_kept_and_answered_once(stack: FleetStack) -> None:
    """A second delivery does not put it back, and of two answers the first one holds."""
    stack.send(stack.event("Create", "r1", stack.stage.lines(3)))
    kept = stack.stage.store.get(response.name_of("r1"))
    assert kept is not None
    store = stack.stage.store
    put = stack.stage.s3.put_object

    def overtaken(**members: Any) -> Any:
        stack.stage.s3.put_object = put
        assert response.choose(store, "r1", Answer(reason="first")) is not None
        return put(**members)

    stack.stage.s3.put_object = overtaken
    chosen = response.choose(store, "r1", Answer(reason="second"))
    assert chosen is not None
    assert chosen["answer"]["Reason"] == "first"
    stack.send(stack.event("Create", "r1", stack.stage.lines(3)))
    there = store.get(response.name_of("r1"))
    assert there is not None
    assert json.loads(there.body) == chosen


def test_a_check_of_a_fleet_that_has_grown_is_not_complete(stack: FleetStack) -> None:
    """Its shards are others by now."""
    stage = stack.stage
    assert stage.run("r1", stage.lines(40))
    stage.begin("c1", mode="check")
    decided = stage.plan("c1")
    fleets.change(stage.store, lambda fleet: replace(fleet, level=4))
    stage.work("c1", 3, decided["shards"][0], 1)
    assert not stage.store.names("runs/c1/check/")


def test_a_stray_of_another_shard_is_found_by_its_name(stack: FleetStack) -> None:
    """The ledger of the key in the name says that it is not that key's endpoint."""
    stage = stack.stage
    lines = stage.lines(40)
    assert stage.run("r1", lines)
    for number in range(8):
        logical_id = f"{LOGICAL_ID}.gone{number}"
        name = f"chat-{logical_id}-{suffix(STACK_ID, logical_id)}"
        stage.stranger(stage.users[number], f"canary-stray-{number}", name=name)
    stage.begin("c1", mode="check")
    assert stage.execute("c1")
    reports = [stage.store.json(name) for name in stage.store.names("runs/c1/check/")]
    found = {each["key"] for report in reports for each in report["findings"]}
    assert found == {f"gone{number}" for number in range(8)}


def test_a_shard_at_work_is_not_marked_for_a_repair(stack: FleetStack) -> None:
    """Its worker would lose the race for the ledger."""
    stage = stack.stage
    assert stage.run("r1", stage.lines(3))
    ledger = shard_ledger.load(stage.store, 0, 0)
    at_work = replace(ledger, header=replace(ledger.header, state="open"))
    assert marked(stage.store, "c1", check_level=0, level=0, shard=0, ledger=at_work) is at_work


def test_a_start_that_was_interrupted_still_ends_the_run_before(stack: FleetStack) -> None:
    """The function was killed after it had made its run the newest."""
    stack.send(stack.event("Create", "r1", stack.stage.lines(5)))
    update = stack.event("Update", "r2", stack.stage.lines(6))
    stack.machine_of_events = _Dying()
    with pytest.raises(KeyboardInterrupt):
        stack.send(update)
    stack.machine_of_events = None
    stack.send(update)
    assert stack.machine.stopped == ["r1", "r1-clock"]
    assert reason(stack).startswith("CE-705")
    assert not fleets.read(stack.stage.store).replaced


class _Dying:
    """A client in a function that is killed in its first call."""

    def stop_execution(self, **_: str) -> None:
        """Be killed."""
        raise KeyboardInterrupt
