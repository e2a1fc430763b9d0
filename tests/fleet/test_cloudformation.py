"""A fleet as a resource of a stack: what each event starts, and how it is answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from chime_endpoints_emulator import Fault
from chime_endpoints_fleet.runs.ending import response
from chime_endpoints_fleet.runs.settings import Sizes
from chime_endpoints_fleet.worker import ActionFailedError
from chime_endpoints_handler.cloudformation.request import parse
from support.fleet import FLEET, LOGICAL_ID, fleet_stage
from support.fleet_stack import FleetStack
from support.sink import Sink
from support.stage import STACK_ID

pytestmark = pytest.mark.slow

REGISTER = "RegisterAppInstanceUserEndpoint"


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch, sink: Sink) -> Iterator[FleetStack]:
    """A stack with room for some hundred endpoints."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield FleetStack(fleet_stage(users=60, sizes=Sizes(range_bytes=20_000, shard_endpoints=100)), sink)


def test_a_create_is_answered_when_all_is_registered(stack: FleetStack) -> None:
    """The physical id is the fleet's, and the attributes say what was done."""
    lines = stack.stage.lines(30)
    assert stack.deploy("Create", "r1", lines)
    assert stack.stage.differences(lines) == []
    assert stack.answers == [
        {
            "Status": "SUCCESS",
            "PhysicalResourceId": FLEET,
            "StackId": STACK_ID,
            "RequestId": "r1",
            "LogicalResourceId": LOGICAL_ID,
            "Data": {"Run": "r1", "State": "CONVERGED", "Registered": "30"},
        }
    ]


def test_an_executions_input_has_no_more_than_names(stack: FleetStack) -> None:
    """It is named by the request, and so is the clock, which answers after 55 minutes."""
    stack.send(stack.event("Create", "r1", stack.stage.lines(3)))
    assert stack.machine.started == {
        "r1": {"fleet": FLEET, "run": "r1"},
        "r1-clock": {"fleet": FLEET, "run": "r1", "clock": 3300},
    }


def test_lines_are_deleted_after_a_good_run(stack: FleetStack) -> None:
    """They contain device tokens. So does the event's URL, which is needed until it is answered."""
    stack.deploy("Create", "r1", stack.stage.lines(30))
    names = stack.stage.store.names("")
    assert not [name for name in names if "/parts/" in name or name.endswith("/event")]
    left = {name: found.body for name in names if (found := stack.stage.store.get(name)) is not None}
    assert [name for name, body in left.items() if b"canary-" in body] == []


def test_the_clock_is_stopped_when_the_run_ends(stack: FleetStack) -> None:
    """A state machine is deleted only after its last execution."""
    stack.deploy("Create", "r1", stack.stage.lines(3))
    assert stack.machine.stopped == ["r1-clock"]


def test_a_second_delivery_changes_nothing(stack: FleetStack) -> None:
    """Neither while the run is at work nor afterwards."""
    event = stack.event("Create", "r1", stack.stage.lines(3))
    stack.send(event)
    stack.send(event)
    assert list(stack.machine.started) == ["r1-clock", "r1"]
    assert stack.execute("r1")
    stack.send(event)
    assert stack.deploy("Update", "r2", stack.stage.lines(4))
    stack.send(event)
    assert [answer["RequestId"] for answer in stack.answers] == ["r1", "r2"]
    assert len(stack.stage.ledger) == 4


def test_a_rollback_is_a_run_to_the_old_manifest(stack: FleetStack) -> None:
    """CloudFormation sends an Update with the old properties."""
    lines = stack.stage.lines(20)
    stack.deploy("Create", "r1", lines)
    wrong = [{**line, "name": "changed"} for line in lines] + [stack.stage.line("nobody", user="no-such-user")]
    assert not stack.deploy("Update", "r2", wrong)
    failed = stack.answers[-1]
    assert failed["Status"] == "FAILED"
    assert failed["Reason"].startswith("CE-702: 1 endpoint failed: CE-")
    assert "nobody: " in failed["Reason"]
    assert stack.deploy("Update", "r3", lines)
    assert stack.stage.differences(lines) == []


def test_failures_may_be_tolerated(stack: FleetStack) -> None:
    """The result says how many there are."""
    lines = [*stack.stage.lines(5), stack.stage.line("nobody", user="no-such-user")]
    assert stack.deploy("Create", "r1", lines, ToleratedFailures="1")
    assert stack.answers[-1]["Status"] == "SUCCESS"
    assert (stack.result("r1")["failed"], stack.result("r1")["registered"]) == (1, 5)


def test_a_refused_run_changes_nothing(many: FleetStack) -> None:
    """Half of the manifest is missing."""
    lines = [many.stage.line(f"k{number}", user=f"u{number // 5}") for number in range(260)]
    many.deploy("Create", "r1", lines)
    assert not many.deploy("Update", "r2", lines[:130])
    assert many.answers[-1]["Reason"].startswith("CE-701: 130 of 260 endpoints would be deregistered")
    assert many.stage.differences(lines) == []


def test_a_delete_leaves_nothing(stack: FleetStack) -> None:
    """Neither endpoints nor objects: CloudFormation deletes the bucket next."""
    stack.deploy("Create", "r1", stack.stage.lines(30))
    assert stack.deploy("Delete", "r2")
    assert stack.answers[-1]["Status"] == "SUCCESS"
    assert not stack.stage.backend.endpoints
    assert stack.stage.store.names("") == []


def test_a_delete_without_a_manifest_works(stack: FleetStack) -> None:
    """The properties of what is deleted do not matter."""
    stack.deploy("Create", "r1", stack.stage.lines(3))
    event = stack.event("Delete", "r2")
    del event["ResourceProperties"]["Manifest"]
    stack.send(event)
    assert stack.execute("r2")
    assert not stack.stage.backend.endpoints


def test_a_delete_of_nothing_is_answered_at_once(stack: FleetStack) -> None:
    """No run has ever begun, for example because the Create was refused."""
    stack.send(stack.event("Delete", "r1"))
    assert not stack.machine.started
    assert stack.answers[-1]["Status"] == "SUCCESS"
    assert stack.stage.store.names("") == []


def test_a_deletion_in_mid_run_replaces_the_run(stack: FleetStack) -> None:
    """Its execution is stopped, and what it has registered is removed."""
    stack.send(stack.event("Create", "r1", stack.stage.lines(40)))
    decided = stack.stage.plan("r1")
    for shard in decided["shards"][:2]:
        stack.stage.work("r1", decided["level"], shard, 1)
    assert stack.stage.backend.endpoints
    stack.send(stack.event("Delete", "r2"))
    assert stack.machine.stopped == ["r1", "r1-clock"]
    assert stack.answers[-1]["Reason"] == "CE-705: A newer run has replaced this run."
    assert stack.execute("r2")
    assert not stack.stage.backend.endpoints
    assert stack.stage.store.names("") == []


def test_an_execution_that_was_replaced_does_not_answer_for_the_new_one(stack: FleetStack) -> None:
    """It ends as failed, without touching what the newer run needs."""
    stack.send(stack.event("Create", "r1", stack.stage.lines(10)))
    stack.send(stack.event("Update", "r2", stack.stage.lines(12)))
    assert not stack.finish("r1")
    assert stack.result("r1")["reason"].startswith("CE-705")
    assert stack.execute("r2")
    assert [answer["RequestId"] for answer in stack.answers] == ["r1", "r2"]


def test_a_failed_execution_is_answered(stack: FleetStack) -> None:
    """The machine catches every error, and hands over its name."""
    stack.send(stack.event("Create", "r1", stack.stage.lines(10)))
    assert not stack.execute("r1", error="States.Timeout")
    assert stack.answers[-1]["Reason"].startswith("CE-703: The run ended early (States.Timeout).")


def test_a_run_that_cannot_be_started_is_answered(stack: FleetStack) -> None:
    """The reason has the error's code, but not its message."""
    stack.machine.denied = "AccessDeniedException"
    stack.send(stack.event("Create", "r1", stack.stage.lines(3)))
    (answer,) = stack.answers
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("CE-704: The run could not be started (StartExecution: AccessDeniedException).")


def test_a_permission_may_take_some_seconds(stack: FleetStack) -> None:
    """The policies belong to the same deployment."""
    stack.machine.denied = "AccessDeniedException"
    sleep = stack.stage.clock.sleep

    def grant(seconds: float) -> None:
        sleep(seconds)
        stack.machine.denied = ""

    stack.stage.clock.sleep = grant  # type: ignore[method-assign]  # someone else's policy takes effect
    stack.send(stack.event("Create", "r1", stack.stage.lines(3)))
    stack.stage.clock.sleep = sleep  # type: ignore[method-assign]
    assert not stack.answers
    assert stack.execute("r1")


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"Manifest": None}, "CE-101: Manifest is missing."),
        ({"Manifest": {"Bucket": "b"}}, "CE-101: Manifest.Key is missing."),
        ({"Manifest": {"Bucket": "b", "Key": "k", "Versionid": "1"}}, "CE-102: Manifest.Versionid is not a property."),
        ({"Manifest": "s3://b/k"}, "CE-104: Manifest must be a map."),
        ({"Defaults": {"Type": ["GCM"]}}, "CE-104: Defaults.Type must be a string."),
        ({"AppInstances": "arn"}, "CE-104: AppInstances must be a list of ARNs."),
        ({"RequestsPerSecond": "51"}, "CE-105: RequestsPerSecond must be a number from 0.1 to 50."),
        ({"ToleratedFailures": "few"}, "CE-105: ToleratedFailures must be a number from 0 to 1,000,000."),
        ({"Wait": "AN_HOURS"}, "CE-103: Wait must be AN_HOUR or NOT_AT_ALL."),
        ({"WaitHandle": {}}, "CE-104: WaitHandle must be a string."),
        ({"Rate": "5"}, "CE-102: Rate is not a property of a fleet."),
    ],
)
def test_properties_are_checked(stack: FleetStack, properties: dict[str, Any], said: str) -> None:
    """A template without CDK may contain anything."""
    stack.send(stack.event("Create", "r1", **properties))
    assert not stack.machine.started
    assert stack.answers[-1]["Reason"] == said


def test_what_is_no_event_is_ignored(stack: FleetStack) -> None:
    """Nothing can be answered."""
    for event in ({}, {"RequestType": "Create"}, "text", None):
        assert stack.send(event) is None
    event = {**stack.event("Create", "r1"), "RequestType": "Read"}
    stack.send(event)
    assert stack.answers[-1]["Reason"] == "CE-519: RequestType must be Create, Update or Delete."


def test_a_response_that_is_not_accepted_is_sent_again(stack: FleetStack) -> None:
    """The task fails, and the machine tries it again; the response is the one that was chosen first."""
    stack.send(stack.event("Create", "r1", stack.stage.lines(5)))
    stack.sink.refuses = True
    with pytest.raises(ActionFailedError):
        stack.execute("r1")
    stack.sink.refuses = False
    assert stack.finish("r1", error="States.TaskFailed") is False
    assert stack.answers[-1]["Status"] == "SUCCESS"
    assert len(stack.answers) == 1


@pytest.mark.parametrize(("deletion", "left"), [(1, ["fleet", "event"]), (2, ["event"]), (3, [])])
def test_a_deletion_that_was_killed_at_its_end_is_answered(stack: FleetStack, deletion: int, left: list[str]) -> None:
    """The mark that the fleet is over is deleted last, and the event only after its response was accepted."""
    stack.deploy("Create", "r1", stack.stage.lines(5))
    stack.send(stack.event("Delete", "r2"))
    decided = stack.stage.plan("r2")
    stack.stage.apply("r2", decided)
    delete = stack.stage.s3.delete_objects
    deletions = 0

    def die_after_it(**members: Any) -> Any:
        nonlocal deletions
        deletions += 1
        answer = delete(**members)
        if deletions == deletion:
            raise OSError
        return answer

    stack.stage.s3.delete_objects = die_after_it
    with pytest.raises(ActionFailedError):
        stack.finish("r2")
    stack.stage.s3.delete_objects = delete
    assert [name.rpartition("/")[2] for name in stack.stage.store.names("")] == left
    assert stack.finish("r2")
    assert [answer["Status"] for answer in stack.answers[1:]] == ["SUCCESS"]
    assert stack.stage.store.names("") == []


def test_a_response_to_a_deletion_that_is_not_accepted_is_sent_again(stack: FleetStack) -> None:
    """Its event is the only object that is left."""
    stack.deploy("Create", "r1", stack.stage.lines(5))
    stack.send(stack.event("Delete", "r2"))
    stack.sink.refuses = True
    with pytest.raises(ActionFailedError):
        stack.execute("r2")
    stack.sink.refuses = False
    assert [name.rpartition("/")[2] for name in stack.stage.store.names("")] == ["event"]
    assert stack.finish("r2")
    assert stack.answers[-1]["RequestId"] == "r2"
    assert stack.stage.store.names("") == []


def test_a_run_that_nobody_can_be_told_of_is_replaced(stack: FleetStack) -> None:
    """CloudFormation has stopped to wait for it."""
    stack.send(stack.event("Create", "r1", stack.stage.lines(5)))
    stack.sink.refuses = True
    stack.send(stack.event("Update", "r2", stack.stage.lines(6)))
    stack.sink.refuses = False
    assert stack.execute("r2")
    assert [answer["RequestId"] for answer in stack.answers] == ["r2"]


def test_a_stack_that_does_not_wait_is_answered_after_a_canary(stack: FleetStack) -> None:
    """The others are registered afterwards, and the event is not answered again."""
    lines = stack.stage.lines(40)
    assert stack.deploy("Create", "r1", lines, Wait="NOT_AT_ALL")
    (answer,) = stack.answers
    assert (answer["Status"], answer["Data"]["State"]) == ("SUCCESS", "CONVERGING")
    assert 0 < int(answer["Data"]["Registered"]) < 40
    assert stack.stage.differences(lines) == []


def test_a_canary_that_fails_ends_the_run(stack: FleetStack) -> None:
    """The other endpoints are not touched."""
    lines = [{**line, "user": "no-such-user"} for line in stack.stage.lines(40)]
    assert not stack.deploy("Create", "r1", lines, Wait="NOT_AT_ALL")
    (answer,) = stack.answers
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("CE-702: ")
    assert "The other endpoints were not changed." in answer["Reason"]


def test_a_canary_may_meet_what_another_part_lets_go(stack: FleetStack) -> None:
    """All keys are renamed, so that most tokens move from one part of the fleet to another."""
    lines = stack.stage.lines(60)
    assert stack.deploy("Create", "r1", lines)
    renamed = [{**line, "key": f"renamed-{line['key']}"} for line in lines]
    assert stack.deploy("Update", "r2", renamed, Wait="NOT_AT_ALL")
    assert stack.answers[-1]["Data"]["State"] == "CONVERGING"
    assert stack.stage.differences(renamed) == []


def test_a_long_run_has_a_canary(many: FleetStack) -> None:
    """It is known beforehand that it takes longer than CloudFormation waits."""
    lines = [many.stage.line(f"k{number}", user=f"u{number // 5}") for number in range(300)]
    assert many.deploy("Create", "r1", lines, RequestsPerSecond="0.1")
    assert many.answers[0]["Data"]["State"] == "CONVERGING"
    assert many.stage.differences(lines) == []


def test_the_clock_answers_in_time(stack: FleetStack) -> None:
    """The run goes on."""
    lines = stack.stage.lines(40)
    stack.send(stack.event("Create", "r1", lines))
    decided = stack.stage.plan("r1")
    stack.stage.work("r1", decided["level"], decided["shards"][0], 1)
    stack.act("answer", "r1", clock=True)
    assert stack.answers[-1]["Data"]["State"] == "CONVERGING"
    stack.stage.apply("r1", decided)
    assert stack.finish("r1")
    stack.act("answer", "r1", clock=True)
    assert len(stack.answers) == 1


def test_the_clock_fails_a_deletion(stack: FleetStack) -> None:
    """SUCCESS would mean that nothing is left."""
    stack.deploy("Create", "r1", stack.stage.lines(40))
    stack.send(stack.event("Delete", "r2"))
    decided = stack.stage.plan("r2")
    stack.stage.clock.sleep(3300)
    stack.stage.work("r2", decided["level"], decided["shards"][0], 1)
    stack.act("answer", "r2", clock=True)
    reason = stack.answers[-1]["Reason"]
    assert reason.startswith("CE-706: ")
    assert "of 40 endpoints are deregistered. The run continues. Delete the stack again in about" in reason
    stack.stage.apply("r2", decided)
    assert stack.finish("r2")
    assert stack.deploy("Delete", "r3") if stack.stage.store.names("") else True
    stack.send(stack.event("Delete", "r4"))
    assert stack.answers[-1]["Status"] == "SUCCESS"


def test_the_clock_fails_a_run_that_has_not_begun(stack: FleetStack) -> None:
    """Something is wrong with the machine or its role."""
    stack.send(stack.event("Create", "r1", stack.stage.lines(3)))
    stack.act("answer", "r1", clock=True)
    assert stack.answers[-1]["Reason"].startswith("CE-703: The run has not begun to change endpoints.")


def test_the_clock_fails_a_run_that_is_dead(stack: FleetStack) -> None:
    """Its execution was ended by the service, so that nobody would ever register the others."""
    stack.send(stack.event("Create", "r1", stack.stage.lines(40)))
    decided = stack.stage.plan("r1")
    stack.stage.clock.sleep(2000)
    stack.stage.work("r1", decided["level"], decided["shards"][0], 1)
    stack.stage.clock.sleep(700)
    stack.act("answer", "r1", clock=True)
    assert stack.answers[-1]["Reason"].startswith("CE-703: The run has not changed anything for 10 minutes.")


def test_the_clock_fails_a_run_in_which_too_much_has_failed(stack: FleetStack) -> None:
    """The stack is rolled back, as it would be at the end of the run."""
    lines = [*stack.stage.lines(40), stack.stage.line("nobody", user="no-such-user")]
    stack.send(stack.event("Create", "r1", lines))
    decided = stack.stage.plan("r1")
    for shard in decided["shards"]:
        stack.stage.work("r1", decided["level"], shard, 1)
    stack.act("answer", "r1", clock=True)
    assert stack.answers[-1]["Reason"].startswith("CE-702: 1 endpoint failed: ")


def test_the_clock_answers_as_the_run_has_ended(stack: FleetStack) -> None:
    """The function was killed between the result and the response."""
    stack.send(stack.event("Create", "r1", stack.stage.lines(40)))
    stack.stage.plan("r1")
    put = stack.stage.s3.put_object

    def killed(**members: Any) -> Any:
        if members["Key"].endswith("/event"):
            stack.stage.s3.put_object = put
            raise OSError
        return put(**members)

    stack.stage.s3.put_object = killed
    with pytest.raises(ActionFailedError):
        stack.finish("r1")
    stack.act("answer", "r1", clock=True)
    assert stack.answers[-1]["Reason"].startswith("CE-703: 8 parts of the fleet could not be finished.")


def test_a_condition_is_signalled_when_the_run_ends(stack: FleetStack) -> None:
    """The signal follows the response, and says how the run ended."""
    stack.deploy("Create", "r1", stack.stage.lines(3), WaitHandle=stack.sink.url)
    signal = stack.answers[-1]
    assert (signal["Status"], signal["UniqueId"]) == ("SUCCESS", "r1")
    stack.deploy("Update", "r2", [stack.stage.line("x", user="no-such-user")] * 2, WaitHandle=stack.sink.url)
    signal = stack.answers[-1]
    assert (signal["Status"], signal["Reason"][:7]) == ("FAILURE", "CE-701:")


def test_a_signal_that_is_not_accepted_is_sent_again(stack: FleetStack) -> None:
    """The task fails, and the machine tries it again; the signal is the one that was chosen first."""
    lines = stack.stage.lines(3)
    stack.send(stack.event("Create", "r1", lines, Wait="NOT_AT_ALL", WaitHandle=stack.sink.url))
    decided = stack.stage.plan("r1")
    stack.stage.apply("r1", decided)
    stack.act("answer", "r1", level=decided["level"], shards=decided["shards"])
    assert len(stack.answers) == 1
    stack.sink.refuses = True
    with pytest.raises(ActionFailedError):
        stack.finish("r1")
    stack.sink.refuses = False
    assert not stack.finish("r1", error="States.TaskFailed")
    assert (stack.answers[-1]["UniqueId"], stack.answers[-1]["Status"]) == ("r1", "SUCCESS")
    stack.finish("r1")
    assert len(stack.answers) == 2


def test_of_two_signals_the_first_one_holds(stack: FleetStack) -> None:
    """A run is stopped at the moment when it ends, and the event is delivered again meanwhile."""
    event = stack.event("Create", "r1", stack.stage.lines(3), Wait="NOT_AT_ALL", WaitHandle=stack.sink.url)
    stack.send(event)
    stack.send(event)
    put = stack.stage.s3.put_object

    def overtaken(**members: Any) -> Any:
        if members["Key"].endswith("/signal"):
            stack.stage.s3.put_object = put
            stack.finish("r1", error="States.Timeout")
        return put(**members)

    stack.stage.s3.put_object = overtaken
    stack.send({"command": "stop", "fleet": FLEET})
    assert [each["Reason"][:6] for each in stack.answers if "UniqueId" in each] == ["CE-703"]


def test_metrics_are_in_the_log(stack: FleetStack, capsys: pytest.CaptureFixture[str]) -> None:
    """They contain numbers, and the names of the fleet and the run."""
    lines = [*stack.stage.lines(3), stack.stage.line("nobody", user="no-such-user")]
    stack.deploy("Create", "r1", lines)
    *_, line = metrics(capsys)
    del line["_aws"]["Timestamp"]
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Fleet"]]
    assert {name: line[name] for name in ("Fleet", "Run", "Registered", "Failed", "Remaining", "Throttled")} == {
        "Fleet": FLEET,
        "Run": "r1",
        "Registered": 3,
        "Failed": 1,
        "Remaining": 0,
        "Throttled": 0,
    }


def metrics(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The metrics in the log since the last time."""
    return [json.loads(each) for each in capsys.readouterr().out.splitlines() if each.startswith('{"_aws"')]


def test_metrics_show_how_far_a_run_is(stack: FleetStack, capsys: pytest.CaptureFixture[str]) -> None:
    """One line for each worker that ends, about the whole fleet. A resumed run goes on from there."""
    stage = stack.stage
    stage.backend.faults.append(Fault(error="ThrottledClientException", times=7, nth=3))
    stack.send(stack.event("Create", "r1", [*stage.lines(40), stage.line("nobody", user="no-such-user")]))
    decided = stage.plan("r1")
    for shard in decided["shards"][:4]:
        stage.work("r1", decided["level"], shard, 1)
    some = metrics(capsys)
    assert len(some) == 4
    assert [each["Registered"] for each in some] == sorted({each["Registered"] for each in some})
    assert {each["Registered"] + each["Failed"] + each["Remaining"] for each in some} == {41}
    assert 0 < some[-1]["Remaining"] < 41
    stack.send({"command": "stop", "fleet": FLEET})
    stack.send({"command": "resume", "fleet": FLEET})
    again = stage.plan("r1")
    decision = stage.decision("r1")
    assert decision["todo"] + decision["done"] == 41
    assert decision["done"] == some[-1]["Registered"]
    stage.work("r1", again["level"], again["shards"][-1], again["round"])
    (next_one,) = metrics(capsys)
    assert next_one["Registered"] > some[-1]["Registered"]
    assert next_one["Remaining"] <= some[-1]["Remaining"]
    stage.apply("r1", again)
    assert not stack.finish("r1")
    rest = metrics(capsys)
    assert {name: rest[-1][name] for name in ("Registered", "Failed", "Remaining")} == {
        "Registered": 40,
        "Failed": 1,
        "Remaining": 0,
    }
    assert sum(each["Throttled"] for each in [*some, next_one, *rest]) == 7


def test_a_second_round_does_not_count_again_what_is_done(
    stack: FleetStack, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only what it tries again remains."""
    stage = stack.stage
    stage.backend.faults.append(Fault(REGISTER, error="ServiceUnavailableException", times=200, nth=10))
    stack.send(stack.event("Create", "r1", stage.lines(40)))
    decided = stage.plan("r1")
    for shard in decided["shards"]:
        stage.work("r1", decided["level"], shard, 1)
    stage.backend.faults.clear()
    first = metrics(capsys)
    assert first[-1]["Remaining"] == 0
    assert (left := first[-1]["Failed"]) > 0
    stage.clock.sleep(60)
    stage.apply("r1", {**decided, "round": 2})
    assert stack.finish("r1")
    assert max(each["Remaining"] + each["Failed"] for each in metrics(capsys)) < left + 1


def test_a_run_whose_metrics_cannot_be_counted_goes_on(stack: FleetStack, capsys: pytest.CaptureFixture[str]) -> None:
    """They are not worth a failure."""
    stage = stack.stage
    put = stage.s3.put_object

    def failing(**members: Any) -> Any:
        if members["Key"].endswith("/counted") and "IfMatch" in members:
            code = "SlowDown" if len(stage.backend.endpoints) < 20 else "PreconditionFailed"
            raise ClientError({"Error": {"Code": code}}, "PutObject")
        return put(**members)

    stage.s3.put_object = failing
    assert stack.deploy("Create", "r1", stage.lines(40))
    (line,) = metrics(capsys)
    assert (line["Registered"], line["Failed"]) == (40, 0)


@pytest.mark.parametrize(
    ("method", "name"),
    [
        ("get_object", "runs/r2/plan.json"),
        ("put_object", "fleet"),
        ("delete_objects", ""),
    ],
)
def test_a_deletion_that_comes_while_another_one_ends_is_answered(stack: FleetStack, method: str, name: str) -> None:
    """Before the fleet is marked as ended, the newer run ends it; after that, there is nothing left to start."""
    stack.deploy("Create", "r1", stack.stage.lines(20))
    stack.send(stack.event("Delete", "r2"))
    stack.stage.apply("r2", stack.stage.plan("r2"))
    call = getattr(stack.stage.s3, method)

    def interrupted(**members: Any) -> Any:
        answer = call(**members)
        if members.get("Key", "").endswith(f"/{name}") or not name:
            setattr(stack.stage.s3, method, call)
            stack.send(stack.event("Delete", "r3"))
        return answer

    setattr(stack.stage.s3, method, interrupted)
    stack.finish("r2")
    if "r3" in stack.machine.started:
        assert stack.execute("r3")
    assert stack.sink.accepted[-1]["Status"] == "SUCCESS"
    assert {answer["RequestId"]: answer["Status"] for answer in stack.answers}["r3"] == "SUCCESS"
    assert stack.stage.store.names("") == []


def test_a_deletion_answers_the_event_of_another_one(stack: FleetStack) -> None:
    """The function of that event was killed as soon as it had kept the event."""
    stack.deploy("Create", "r1", stack.stage.lines(20))
    stack.send(stack.event("Delete", "r2"))
    response.keep(stack.stage.store, "r3", parse(stack.event("Delete", "r3")))
    assert stack.execute("r2")
    assert [(answer["RequestId"], answer["Status"]) for answer in stack.answers[1:]] == [
        ("r3", "SUCCESS"),
        ("r2", "SUCCESS"),
    ]
    assert stack.stage.store.names("") == []
