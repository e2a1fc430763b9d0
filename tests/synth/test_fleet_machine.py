"""The fleet's state machine in other hands than the local cloud's: a validator, and moto's interpreter."""

from __future__ import annotations

import io
import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

from chime_endpoints_fleet import worker
from support.deployment import ROOT
from support.fleet import FLEET, FleetStage, fleet_stage
from support.fleet_stack import MACHINE, FleetStack
from support.sink import Sink
from support.stage import LambdaContext
from synth.test_fleet import MACHINE_DEFINITION, states

pytestmark = pytest.mark.slow

WORKER = "arn:aws:lambda:us-east-1:123456789012:function:worker"
LONGEST, LONGEST_ITEM = 4096, 1024
"""Bytes of a state's input or output, and of a child's; Step Functions allows 256 KiB, and keeps them for 90 days."""


def text() -> str:
    """The definition, with a function's ARN."""
    return json.dumps(MACHINE_DEFINITION).replace("FUNCTION", WORKER)


def without_waiting() -> str:
    """The definition for moto: no retries, and a percentage as a fraction, since moto reads no other."""
    machine = json.loads(text())
    for state in states(machine).values():
        state.pop("Retry", None)
    return json.dumps(machine).replace('"ToleratedFailurePercentage": 100,', '"ToleratedFailurePercentage": 100.0,')


def validated(definition: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """What asl-validator says."""
    (directory / "definition.json").write_text(definition)
    program = ROOT / "node_modules" / ".bin" / "asl-validator"
    command = [str(program), "--json-path", str(directory / "definition.json")]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - our own


def test_the_definition_is_valid(tmp_path: Path) -> None:
    """Every state is reachable, and leads to another one or to an end."""
    assert validated(text(), tmp_path).returncode == 0
    wrong = validated(text().replace('"Next": "Ranges?"', '"Next": "Nowhere"'), tmp_path)
    assert wrong.returncode == 1
    assert "Missing 'StartAt'|'Next'|'Default' target: Nowhere" in wrong.stdout + wrong.stderr


@dataclass
class Functions:
    """Lambda with the worker function, in the place of moto's, which only echoes."""

    stack: FleetStack
    failing: set[str] = field(default_factory=set)
    """Actions that fail."""
    payloads: list[dict[str, Any]] = field(default_factory=list)
    answers: list[tuple[str, str]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def invoke(self, *, FunctionName: str, Payload: bytes, **_: str) -> dict[str, Any]:  # noqa: N803 - the API's names
        """Call the worker."""
        assert FunctionName == WORKER
        event = json.loads(Payload)
        if "execution" in event:
            event["execution"] = f"{MACHINE.replace(':stateMachine:', ':execution:')}:{event['run']}"
        stage = self.stack.stage
        process = worker.Process(**{**vars(stage.process()), "machines": lambda: self.stack.machine})
        if event["action"] in self.failing:
            error = {"errorType": "ActionFailedError", "errorMessage": "failed"}
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(error).encode())}
        answer = json.dumps(worker.act(event, LambdaContext(stage.clock, stage.clock.now() + 900), process))
        with self.lock:
            self.payloads.append(event)
            self.answers.append((event["action"], answer))
        return {"StatusCode": 200, "Payload": io.BytesIO(answer.encode())}


@dataclass
class Executed:
    """An execution that has ended."""

    status: str
    entered: list[str]
    """The names of the machine's states, in order."""
    sizes: dict[str, int]
    """The size of the longest input or output of each state."""


@dataclass
class Machine:
    """The machine in moto."""

    client: Any
    arn: str
    functions: Functions

    def execute(self, run: str, **more: Any) -> Executed:
        """Run it to its end."""
        given = json.dumps({"fleet": FLEET, "run": run, **more})
        arn = self.client.start_execution(stateMachineArn=self.arn, name=run, input=given)["executionArn"]
        while (found := self.client.describe_execution(executionArn=arn))["status"] == "RUNNING":
            time.sleep(0.02)
        entered: list[str] = []
        sizes: dict[str, int] = {}
        for event in self.client.get_execution_history(executionArn=arn, maxResults=1000)["events"]:
            for kind in ("stateEnteredEventDetails", "stateExitedEventDetails"):
                if (details := event.get(kind)) is None:
                    continue
                size = len(json.dumps(json.loads(details.get("input") or details.get("output")), separators=(",", ":")))
                sizes[details["name"]] = max(size, sizes.get(details["name"], 0))
                if kind == "stateEnteredEventDetails":
                    entered.append(details["name"])
        return Executed(found["status"], entered, sizes)

    def longest_item(self) -> int:
        """The size of the longest input and output of a child's task, together; moto has no history of children."""
        exchanged = zip(self.functions.payloads, self.functions.answers, strict=True)
        children = [(given, answer) for given, (action, answer) in exchanged if action in ("split", "plan", "work")]
        return max(len(json.dumps(given)) + len(answer) for given, answer in children)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, sink: Sink) -> Iterator[Machine]:
    """A fleet whose functions are called by moto's interpreter."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        functions = Functions(FleetStack(fleet_stage(), sink))
        monkeypatch.setattr(lambda_eval_utils, "boto_client_for", lambda **_: functions)
        client = boto3.client("stepfunctions")
        role = "arn:aws:iam::123456789012:role/machine"
        arn = client.create_state_machine(name="Fleet", definition=without_waiting(), roleArn=role)["stateMachineArn"]
        yield Machine(client, arn, functions)


def stage_of(machine: Machine) -> FleetStage:
    """The account of the fleet."""
    return machine.functions.stack.stage


def test_a_run_goes_through_the_states(machine: Machine) -> None:
    """All endpoints are registered, and CloudFormation is answered. What does not change takes no work."""
    stack, lines = machine.functions.stack, stage_of(machine).lines(40)
    stack.send(stack.event("Create", "r1", lines))
    done = machine.execute("r1")
    assert done.status == "SUCCEEDED"
    assert stage_of(machine).differences(lines) == []
    assert stack.answers[-1]["Data"]["State"] == "CONVERGED"
    path = ["Clock?", "Begin", "Prepare", "Ranges?", "Split", "Shards?", "Plan", "Decide", "Go?"]
    ending = ["Finish", "Converged?", "Converged"]
    assert of_the_machine(done) == [*path, "Apply", "Review", "Again?", *ending]
    stack.send(stack.event("Update", "r2", lines, Wait="NOT_AT_ALL"))
    assert of_the_machine(machine.execute("r2")) == [*path, *ending]
    stack.send(stack.event("Update", "r3", lines[:30], Wait="NOT_AT_ALL"))
    done = machine.execute("r3")
    assert of_the_machine(done) == [
        *(*path, "Canary", "Answer", "Canary well?"),
        *("Apply", "Review", "Again?", *ending),
    ]
    assert [answer["Data"]["State"] for answer in stack.answers] == ["CONVERGED", "CONVERGED", "CONVERGING"]
    stack.send(stack.event("Delete", "r4"))
    done = machine.execute("r4")
    assert "Split" not in done.entered
    assert not stage_of(machine).backend.endpoints
    assert not stage_of(machine).store.names("")


def test_a_refused_run_ends_without_a_change(machine: Machine) -> None:
    """The execution fails, so that an alarm notices."""
    stack = machine.functions.stack
    stack.send(stack.event("Create", "r1", [{"key": "a"}]))
    done = machine.execute("r1")
    assert done.status == "FAILED"
    assert of_the_machine(done)[-4:] == ["Go?", "Finish", "Converged?", "Not converged"]
    assert stack.answers[-1]["Reason"].startswith("CE-701")


@pytest.mark.parametrize("action", ["prepare", "split", "plan", "decide", "review", "answer"])
def test_whatever_fails_the_run_is_finished(machine: Machine, action: str) -> None:
    """CloudFormation is answered."""
    stack = machine.functions.stack
    stack.send(stack.event("Create", "r1", stage_of(machine).lines(40), Wait="NOT_AT_ALL"))
    machine.functions.failing = {action}
    done = machine.execute("r1")
    assert done.status == "FAILED"
    assert of_the_machine(done)[-3:] == ["Finish", "Converged?", "Not converged"]
    assert len(stack.answers) == 1


def test_children_that_fail_are_reviewed(machine: Machine) -> None:
    """The ledgers say what they have done, so nothing is caught, and the run goes on to its rounds."""
    stack = machine.functions.stack
    stack.send(stack.event("Create", "r1", stage_of(machine).lines(40)))
    machine.functions.failing = {"work"}
    done = machine.execute("r1")
    assert done.status == "FAILED"
    assert of_the_machine(done).count("Review") in (0, 3)
    assert stack.answers[-1]["Reason"].startswith("CE-703")


def test_the_clock_is_an_execution_of_its_own(machine: Machine) -> None:
    """It answers and ends."""
    stack = machine.functions.stack
    stack.send(stack.event("Create", "r1", stage_of(machine).lines(40)))
    done = machine.execute("r1", clock=1)
    assert (done.status, done.entered) == ("SUCCEEDED", ["Clock?", "Clock", "Answer in time", "Answered"])
    assert stack.answers[-1]["Reason"].startswith("CE-703: The run has not begun")


def of_the_machine(executed: Executed) -> list[str]:
    """The states of the machine itself."""
    return [name for name in executed.entered if name in MACHINE_DEFINITION["States"]]


def test_what_states_exchange_is_small(machine: Machine) -> None:
    """Inputs and outputs of all states of a run that is tried again and has a canary."""
    stack, stage = machine.functions.stack, stage_of(machine)
    stage.stranger(stage.users[1], "canary-taken")
    lines = [*stage.lines(40), stage.line("taken", user="u1", device_token="canary-taken")]
    stack.send(stack.event("Create", "r1", lines, Wait="NOT_AT_ALL", ToleratedFailures="1"))
    sizes = machine.execute("r1").sizes
    every = MACHINE_DEFINITION["States"]
    assert {name for name, state in every.items() if state["Type"] in ("Task", "Map")} - {"Answer in time"} <= {*sizes}
    assert max(sizes.values()) <= LONGEST
    assert machine.longest_item() <= LONGEST_ITEM
