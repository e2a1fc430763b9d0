"""A fleet's functions are allowed what they call, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from botocore.exceptions import ClientError
from moto import mock_aws

from chime_endpoints import EndpointFleet, Manifest
from permissions.guard import Guard
from permissions.intrinsics import resolve
from permissions.policies import Document, Permission, granted, permits, unused
from support.fleet import FLEET, MANIFESTS, STATE, FleetStage, fleet_stage
from support.fleet_stack import MACHINE, FleetStack
from support.sink import open_sink
from support.stage import APPLICATION
from synth.stage import resources, template_of

EXECUTIONS = f"{MACHINE.replace(':stateMachine:', ':execution:')}:*"
KEY = "arn:aws:kms:us-east-1:111122223333:key/0123"


@dataclass
class GuardedClient:
    """A client whose calls are allowed by the policies of one role."""

    client: Any
    guard: Guard
    needs: Callable[[str, Mapping[str, Any]], Iterator[Permission]]

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(**members: Any) -> Any:
            self.guard.check(method, self.needs(method, members))
            return getattr(self.client, method)(**members)

        return call


def of_s3(method: str, members: Mapping[str, Any]) -> Iterator[Permission]:
    """What a call of S3 needs (Amazon S3 User Guide, "Required permissions for Amazon S3 API operations")."""
    bucket = f"arn:aws:s3:::{members['Bucket']}"
    if method == "list_objects_v2":
        yield Permission("s3:ListBucket", bucket)
    elif method == "delete_objects":
        yield from (Permission("s3:DeleteObject", f"{bucket}/{each['Key']}") for each in members["Delete"]["Objects"])
    else:
        version = "Version" if members.get("VersionId") else ""
        action = {"get_object": f"GetObject{version}", "head_object": f"GetObject{version}"}
        name = action.get(method) or {"put_object": "PutObject", "delete_object": "DeleteObject"}[method]
        yield Permission(f"s3:{name}", f"{bucket}/{members['Key']}")
        if "Tagging" in members:
            yield Permission("s3:PutObjectTagging", f"{bucket}/{members['Key']}")
    if method in ("get_object", "put_object"):
        yield Permission("kms:Decrypt" if method == "get_object" else "kms:GenerateDataKey", KEY)


def of_states(method: str, members: Mapping[str, Any]) -> Iterator[Permission]:
    """What a call of AWS Step Functions needs."""
    if method == "start_execution":
        yield Permission("states:StartExecution", members["stateMachineArn"])
    else:
        yield Permission("states:StopExecution", members["executionArn"])


@dataclass
class Names:
    """The values of references in the template."""

    template: Mapping[str, Any]

    def ref(self, name: str) -> str:
        """A resource or a pseudo parameter."""
        pseudo = {"AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::AccountId": "111122223333"}
        return pseudo.get(name) or self.attribute(name, "Arn")

    def attribute(self, name: str, attribute: str) -> str:
        """An attribute of a resource."""
        if attribute == "Name":
            return MACHINE.rpartition(":")[2]
        return {
            "AWS::S3::Bucket": f"arn:aws:s3:::{STATE}",
            "AWS::StepFunctions::StateMachine": MACHINE,
            "AWS::Lambda::Function": f"arn:aws:lambda:us-east-1:111122223333:function:{name}",
            "AWS::Logs::LogGroup": "arn:aws:logs:us-east-1:111122223333:log-group:functions:*",
            "AWS::IAM::Role": name,
            "AWS::KMS::Key": KEY,
        }[self.template["Resources"][name]["Type"]]

    def imported(self, export: str) -> str:
        """No policy has one."""
        raise KeyError(export)


def policies_of(template: Mapping[str, Any], role: str) -> list[Document]:
    """The policies of the role whose logical id contains a word."""
    (name,) = (each for each in resources(template, "AWS::IAM::Role") if role in each)
    attached = [each["Properties"] for each in resources(template, "AWS::IAM::Policy").values()]
    documents = [
        each["PolicyDocument"]
        for each in [
            *template["Resources"][name]["Properties"]["Policies"],
            *(policy for policy in attached if {"Ref": name} in policy["Roles"]),
        ]
    ]
    resolved: list[Document] = resolve(documents, Names(template))
    return resolved


@dataclass
class World:
    """A fleet whose functions are checked."""

    stack: FleetStack
    events: Guard
    worker: Guard
    machine: list[Document] = field(default_factory=list)


def template_for(stage: FleetStage) -> dict[str, Any]:
    """The template of a fleet with the stage's app instance, and with a key of its own."""
    stack = Stack(App(), "Stack")
    bucket = s3.Bucket.from_bucket_name(stack, "Manifests", MANIFESTS)
    EndpointFleet(
        stack,
        "Fleet",
        manifest=Manifest.in_bucket(bucket, "devices.jsonl"),
        app_instances=[stage.instance],
        applications=[APPLICATION],
        encryption_key=kms.Key(stack, "Key"),
    )
    return template_of(stack)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A fleet after its whole life."""
    with mock_aws(), open_sink() as sink, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        stage = fleet_stage()
        template = template_for(stage)
        memory = stage.s3
        memory.put_bucket_versioning(Bucket=MANIFESTS, VersioningConfiguration={"Status": "Enabled"})
        stack = FleetStack(stage, sink)
        events = Guard(stage.clients, policies_of(template, "EventsRole"))
        worker = Guard(stage.clients, policies_of(template, "WorkerRole"))
        stage.s3 = GuardedClient(memory, worker, of_s3)
        stage.clients = worker  # type: ignore[assignment]  # it is used as one
        stack.s3_of_events = GuardedClient(memory, events, of_s3)
        stack.machine_of_events = GuardedClient(stack.machine, events, of_states)
        stack.machine_of_worker = GuardedClient(stack.machine, worker, of_states)
        live(stack, memory)
        yield World(stack, events, worker, policies_of(template, "MachineRole"))


def live(stack: FleetStack, memory: Any) -> None:
    """Go through the life of a fleet."""

    def deploy(kind: str, run: str, lines: list[dict[str, Any]], **properties: Any) -> bool:
        place = stack.stage.upload_by(memory, lines)
        version = {"VersionId": place.version_id} if kind == "Update" else {}
        manifest = {"Bucket": place.bucket, "Key": place.key, **version}
        stack.send({**stack.event(kind, run, (), **properties, Manifest=manifest)})
        return stack.execute(run)

    lines = stack.stage.lines(40)
    assert deploy("Create", "r1", lines, Wait="NOT_AT_ALL")
    lines[0]["name"], lines[1]["device_token"] = "new", "canary-token-new"
    assert deploy("Update", "r2", lines[:-1])
    for name in ("check", "drain"):
        answer = stack.send({"command": name, "fleet": FLEET})
        assert answer is not None
        assert stack.execute(answer["run"])
    stack.send({"command": "stop", "fleet": FLEET})
    assert deploy("Update", "r3", lines)
    assert deploy("Delete", "r4", [])
    stack.send(stack.event("Delete", "r5", Manifest={}))


def test_everything_that_is_called_is_allowed(world: World) -> None:
    """No call was denied."""
    assert world.events.refused == []
    assert world.worker.refused == []
    assert not world.stack.stage.backend.endpoints


def test_nothing_else_is_allowed(world: World) -> None:
    """Besides writing the log."""
    for guard in (world.events, world.worker):
        left = unused(granted(guard.documents), guard.used)
        assert {each.action for each in left} == {"logs:CreateLogStream", "logs:PutLogEvents"}


def test_the_machine_may_call_the_worker_and_start_children(world: World) -> None:
    """AWS Step Functions Developer Guide, "IAM policies for using Distributed Map states"."""
    assert {each.action for each in granted(world.machine)} == {
        *("lambda:InvokeFunction", "states:StartExecution", "states:DescribeExecution", "states:StopExecution")
    }
    assert permits(world.machine, Permission("states:StartExecution", MACHINE))
    assert not permits(world.machine, Permission("states:StartExecution", f"{MACHINE}2"))


@pytest.mark.parametrize(
    "needed",
    [
        Permission("s3:GetObject", "arn:aws:s3:::manifests/other.jsonl"),
        Permission("s3:ListBucket", "arn:aws:s3:::manifests"),
        Permission("chime:RegisterAppInstanceUserEndpoint", "arn:aws:chime:us-east-1:1:app-instance/other/user/u1"),
        Permission("states:StartExecution", MACHINE),
    ],
)
def test_the_worker_reaches_nothing_else(world: World, needed: Permission) -> None:
    """Neither other objects nor other app instances nor other runs."""
    assert not permits(world.worker.documents, needed)
    with pytest.raises(ClientError):
        world.worker.check("it", [needed])
