"""CloudFormation and Step Functions around a fleet in a simulated process."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from chime_endpoints_fleet import events, worker
from chime_endpoints_fleet.runs.settings import ManifestPlace
from chime_endpoints_fleet.runs.starting.executions import Executions
from support.fleet import FLEET, LOGICAL_ID, STATE, FleetStage
from support.sink import Sink
from support.stage import APPLICATION, STACK_ID, LambdaContext

MACHINE = "arn:aws:states:us-east-1:111122223333:stateMachine:Fleet"


@dataclass
class Machine:
    """The used part of a client of AWS Step Functions. It only notes what is started and stopped."""

    started: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The input of each execution by its name."""
    stopped: list[str] = field(default_factory=list)
    denied: str = ""
    """The error code with which executions are refused."""

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> None:  # noqa: A002, N803 - the API's names
        """Start an execution."""
        assert stateMachineArn == MACHINE
        if self.denied:
            raise _error(self.denied, "StartExecution")
        if name in self.started:
            raise _error("ExecutionAlreadyExists", "StartExecution")
        self.started[name] = json.loads(input)

    def stop_execution(self, *, executionArn: str) -> None:  # noqa: N803 - the API's name
        """Stop an execution."""
        machine, _, name = executionArn.replace(":execution:", ":stateMachine:").rpartition(":")
        assert machine == MACHINE
        if name not in self.started:
            raise _error("ExecutionDoesNotExist", "StopExecution")
        self.stopped.append(name)


def _error(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "canary-message"}}, operation)


@dataclass
class FleetStack:
    """A stack with a fleet."""

    stage: FleetStage
    sink: Sink
    machine: Machine = field(default_factory=Machine)
    s3_of_events: Any = None
    """The client of the function for events; None for the same one."""
    machine_of_events: Any = None
    machine_of_worker: Any = None

    def event(self, kind: str, run: str, lines: Iterable[Mapping[str, Any]] = (), **properties: Any) -> dict[str, Any]:
        """CloudFormation's event for a declaration."""
        place = self.stage.upload(lines) if "Manifest" not in properties else ManifestPlace()
        return {
            "RequestType": kind,
            "RequestId": run,
            "StackId": STACK_ID,
            "LogicalResourceId": LOGICAL_ID,
            "PhysicalResourceId": FLEET,
            "ResourceType": "Custom::ChimeEndpointFleet",
            "ResponseURL": self.sink.url,
            "ResourceProperties": {
                "ServiceToken": "arn:aws:lambda:us-east-1:111122223333:function:f",
                "ServiceTimeout": "3600",
                "Manifest": {"Bucket": place.bucket, "Key": place.key},
                "Defaults": {"AppInstance": self.stage.instance, "Application": APPLICATION, "Type": "GCM"},
                "RequestsPerSecond": "50",
                **properties,
            },
        }

    def send(self, event: Any) -> Mapping[str, str] | None:
        """Deliver an event or a command to the function."""
        clock = self.stage.clock
        process = events.Process(
            s3=self.s3_of_events or self.stage.s3,
            bucket=STATE,
            executions=Executions(self.machine_of_events or self.machine, MACHINE),
            at_once=4,
            now=clock.now,
            sleep=clock.sleep,
        )
        return events.handle(event, LambdaContext(clock, clock.now() + 120), process)

    def act(self, action: str, run: str, **members: Any) -> Mapping[str, Any]:
        """Call the worker as a state of the machine does."""
        clock = self.stage.clock
        process = self.stage.process()
        process = worker.Process(**{**vars(process), "machines": lambda: self.machine_of_worker or self.machine})
        event = {"action": action, "fleet": FLEET, "run": run, **members}
        return worker.act(event, LambdaContext(clock, clock.now() + 900), process)

    def execute(self, run: str, *, error: str = "") -> bool:
        """Do what an execution does, and return whether it succeeds."""
        if not error:
            decided = self.stage.plan(run)
            if decided["go"] and self._is_well(run, decided):
                self.stage.apply(run, decided)
        return self.finish(run, error=error)

    def _is_well(self, run: str, decided: Mapping[str, Any]) -> bool:
        """Change the canary, if there is one, and return whether the others may be changed."""
        if not decided["canary"]:
            return True
        for shard in decided["canary"]:
            self.stage.work(run, decided["level"], shard, decided["round"], decided["rate"])
        answered = self.act("answer", run, level=decided["level"], shards=decided["canary"])
        return bool(answered["ok"])

    def finish(self, run: str, *, error: str = "") -> bool:
        """Do what the last task of an execution does."""
        execution = f"{MACHINE.replace(':stateMachine:', ':execution:')}:{run}"
        return bool(self.act("finish", run, error=error, execution=execution)["ok"])

    def deploy(self, kind: str, run: str, lines: Iterable[Mapping[str, Any]] = (), **properties: Any) -> bool:
        """Send an event, and do what the execution does that it starts."""
        self.send(self.event(kind, run, lines, **properties))
        return self.execute(run)

    def result(self, run: str) -> dict[str, Any]:
        """How a run ended."""
        found: dict[str, Any] = self.stage.store.json(f"runs/{run}/result")
        return found

    @property
    def answers(self) -> list[dict[str, Any]]:
        """The responses that CloudFormation has accepted."""
        return self.sink.accepted
