"""The handler in a simulated process: a simulated clock, the emulated service, and a response URL."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from botocore.exceptions import ClientError

from chime_endpoints_emulator import ChimeSDKIdentityBackend, Endpoint, identity_backend
from chime_endpoints_handler import index
from chime_endpoints_handler.aws.clients import AssumedRoles, AwsClients
from chime_endpoints_handler.cloudformation.arrival import Process
from chime_endpoints_handler.model import declaration
from support.direct import DirectClient, reach
from support.secrets_manager import AsOnAws
from support.sink import Sink

ACCOUNT = "123456789012"
REGION = "us-east-1"
APPLICATION = f"arn:aws:mobiletargeting:{REGION}:{ACCOUNT}:apps/0123456789abcdef0123456789abcdef"
OTHER_APPLICATION = f"arn:aws:mobiletargeting:{REGION}:{ACCOUNT}:apps/fedcba9876543210fedcba9876543210"
STACK_ID = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/chat/6e5b8f10-0000-4000-8000-000000000001"


@dataclass
class Clock:
    """A clock that moves only when the handler sleeps."""

    at: float = 1_790_000_000.0

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.at

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.at += max(0.0, seconds)


@dataclass
class LambdaContext:
    """Lambda's context for one delivery."""

    clock: Clock
    deadline: float

    def get_remaining_time_in_millis(self) -> int:
        """The remaining time in milliseconds."""
        return int((self.deadline - self.clock.now()) * 1000)


_EVENTS_OF_A_PAGE = 3


class StackStandIn:
    """A CloudFormation that describes or refuses any resource as a test defines; unreachable by default."""

    def __init__(self) -> None:
        self.stack_id = STACK_ID
        self.detail: dict[str, Any] | None = None
        self.others: dict[str, dict[str, Any] | str] = {}
        """CloudFormation's response for each resource other than the one of the events: a detail, or an error code."""
        self.refusal: str | None = None
        self.asked = 0
        self.events: list[dict[str, Any]] | None = None
        """The stack's events, the newest last; None if the function may not ask for its status and events."""
        self.asked_for_rollback: list[str] = []
        self.now: Callable[[], float] = time.time

    def describe_stack_resource(self, *, StackName: str, LogicalResourceId: str) -> dict[str, Any]:  # noqa: N803 - the API's names
        """The details of the resource."""
        assert StackName == self.stack_id
        assert LogicalResourceId
        self.asked += 1
        said = self.others.get(LogicalResourceId, self.refusal or self.detail)
        if isinstance(said, str):
            error = {"Error": {"Code": "ValidationError", "Message": said}}
            raise ClientError(error, "DescribeStackResource")
        if said is None:
            raise KeyError("StackResourceDetail")
        return {"StackResourceDetail": said}

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - the API's name
        """The stack with the status of its own newest event."""
        assert StackName == self.stack_id
        statuses = [
            each["ResourceStatus"]
            for each in self._happened("DescribeStacks")
            if each["PhysicalResourceId"] == StackName
        ]
        return {"Stacks": [{"StackName": "chat", "StackId": StackName, "StackStatus": statuses[-1]}]}

    def describe_stack_events(self, *, StackName: str, NextToken: str = "0") -> dict[str, Any]:  # noqa: N803 - the API's names
        """A page of the stack's events, newest first."""
        assert StackName == self.stack_id
        events = self._happened("DescribeStackEvents")
        begin, end = int(NextToken), int(NextToken) + _EVENTS_OF_A_PAGE
        more = {"NextToken": str(end)} if end < len(events) else {}
        return {"StackEvents": events[::-1][begin:end]} | more

    def _happened(self, operation: str) -> list[dict[str, Any]]:
        self.asked_for_rollback.append(operation)
        if self.events is None:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "canary"}}, operation)
        return self.events

    def happens(self, status: str, physical_id: str, *, to: str = "Phone") -> None:
        """Add an event of a resource, or of the stack itself if that is its physical ID."""
        self.events = [] if self.events is None else self.events
        at = datetime.fromtimestamp(self.now(), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.events.append(
            {"ResourceStatus": status, "PhysicalResourceId": physical_id, "LogicalResourceId": to, "Timestamp": at}
        )


_WARM = AwsClients()


@dataclass(frozen=True)
class StagedClients:
    """Real clients, which are kept from test to test, except for CloudFormation's."""

    stack: StackStandIn
    direct: DirectClient | None = None
    vault: Any = None
    """A replacement of Secrets Manager."""

    def chime(self, region: str) -> Any:
        """The real client with moto, unless there is a faster way to the service."""
        return self.direct if self.direct and region == REGION else _WARM.chime(region)

    def secrets(self, region: str | None) -> Any:
        """The real client with moto, which finds secrets as AWS does, unless a test replaces it."""
        return self.vault or AsOnAws(_WARM.secrets(region))

    def parameters(self, region: str | None) -> Any:
        """The real client with moto."""
        return _WARM.parameters(region)

    def stacks(self) -> Any:
        """CloudFormation as the test defines it."""
        return self.stack


class Roles(AwsClients):
    """The roles of other accounts, whose trust policies ask for an external id or for none."""

    def __init__(self) -> None:
        super().__init__()
        self.trusting: dict[str, str | None] = {}
        """The external id that each role asks for."""
        self.assumed: list[str] = []
        self.refusals = 0
        """How many calls a new trust policy takes to be applied."""

    def tokens(self) -> Roles:
        """The client of AWS STS itself."""
        return self

    def assume_role(self, *, RoleArn: str, ExternalId: str | None = None, **others: str) -> dict[str, Any]:  # noqa: N803 - the API's names
        """The real credentials of moto, if the role trusts the caller."""
        external_id = {} if ExternalId is None else {"ExternalId": ExternalId}
        answer: dict[str, Any] = super().tokens().assume_role(RoleArn=RoleArn, **external_id, **others)
        self.refusals -= 1
        if self.refusals >= 0 or self.trusting.get(RoleArn, "nobody") not in (None, ExternalId):
            error = {"Code": "AccessDenied", "Message": f"not authorized to perform: sts:AssumeRole on {RoleArn}"}
            raise ClientError({"Error": error, "ResponseMetadata": {"HTTPStatusCode": 403}}, "AssumeRole")
        self.assumed.append(RoleArn)
        return answer


@dataclass
class Stage:
    """One account with one user, and deliveries to the handler."""

    sink: Sink
    user: str
    backend: ChimeSDKIdentityBackend
    clock: Clock
    stack: StackStandIn = field(default_factory=StackStandIn)
    roles: Roles = field(default_factory=Roles)
    """The roles of other accounts that the function can assume."""
    environment: dict[str, str] = field(default_factory=dict)
    jitter: Callable[[float, float], float] = lambda _, most: most
    is_direct: bool = False
    """Whether calls and responses go without HTTP and botocore, which is several times as fast."""
    has_boto3: bool = False
    """Whether boto3's client is there as well for faults, if calls are direct."""
    refusal: float = 0.5
    """The share of the remaining time that the response URL takes to refuse a response."""
    _numbers: Any = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        boto3 = (lambda: _WARM.chime(REGION)) if self.has_boto3 else None
        self.clients = StagedClients(self.stack, DirectClient(self.backend, boto3) if self.is_direct else None)
        reach(self.sink, directly=self.is_direct)
        self.stack.now = self.clock.now
        self.assumed = AssumedRoles(self.roles, self.clock.now)
        self.starts_anew()

    def starts_anew(self) -> None:
        """Let a new process handle the following events."""
        self.process = Process(self.clock.now)

    @property
    def surroundings(self) -> index.Surroundings:
        """The environment of the handler's process."""
        return index.Surroundings(
            clients=self.clients,
            roles=self.assumed,
            environment=self.environment,
            process=self.process,
            now=self.clock.now,
            sleep=self.clock.sleep,
            jitter=self.jitter,
        )

    def properties(self, **changes: Any) -> dict[str, Any]:
        """Valid properties of an endpoint of the user, with changes; None omits a property."""
        properties: dict[str, Any] = {
            "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:handler",
            "AppInstanceUserArn": self.user,
            "Type": "APNS",
            "ResourceArn": APPLICATION,
            "EndpointAttributes": {"DeviceToken": "canary-token-a"},
            "Name": "canary phone",
        } | changes
        return {name: value for name, value in properties.items() if value is not None}

    def event(self, request_type: str, properties: object, **members: Any) -> dict[str, Any]:
        """An event with a new RequestId."""
        return {
            "RequestType": request_type,
            "RequestId": f"request-{next(self._numbers)}",
            "StackId": STACK_ID,
            "ResponseURL": self.sink.url,
            "ResourceType": declaration.ENDPOINT_TYPE,
            "LogicalResourceId": "Phone",
            "ResourceProperties": properties,
        } | members

    def sent(self, at: float | None = None) -> None:
        """Set when Lambda first sent the following events; now by default."""
        moment = self.clock.now() if at is None else at
        self.environment["_X_AMZN_TRACE_ID"] = f"Root=1-{int(moment):08x}-0123456789abcdef01234567"

    def deliver(self, event: object, *, seconds: float = 120.0) -> dict[str, Any]:
        """Deliver an event once, and return the accepted answer."""
        before = len(self.sink.accepted)
        self.run(event, seconds=seconds)
        answers = self.sink.accepted[before:]
        assert len(answers) == 1, answers
        return answers[0]

    def run(self, event: object, *, seconds: float = 120.0) -> None:
        """Deliver an event once; the answer may be lost."""
        self.run_in(LambdaContext(self.clock, self.clock.now() + seconds), event)

    def run_in(self, context: LambdaContext, event: object) -> None:
        """Deliver an event once, in the given Lambda context."""
        # A URL that refuses takes time: otherwise the handler would try it very often.
        self.sink.on_refusal = lambda: self.clock.sleep(self.refusal * context.get_remaining_time_in_millis() / 1000)
        index.handle(copy.deepcopy(event), context, self.surroundings)

    def create(self, properties: object = None, **members: Any) -> dict[str, Any]:
        """Deliver a Create."""
        return self.deliver(self.event("Create", properties or self.properties(), **members))

    def update(self, physical_id: str, new: object, old: object, **members: Any) -> dict[str, Any]:
        """Deliver an Update."""
        return self.deliver(
            self.event("Update", new, PhysicalResourceId=physical_id, OldResourceProperties=old, **members)
        )

    def delete(self, physical_id: str, properties: object = None, **members: Any) -> dict[str, Any]:
        """Deliver a Delete."""
        return self.deliver(
            self.event("Delete", properties or self.properties(), PhysicalResourceId=physical_id, **members)
        )

    @property
    def registered(self) -> list[Endpoint]:
        """The registered endpoints."""
        return list(self.backend.endpoints.values())

    @property
    def operations(self) -> list[str]:
        """The short names of the operations that reached the service: `Register`, `List`, `TagResource`."""
        return [short(call.operation) for call in self.backend.calls]

    def stranger(self, device_token: str = "canary-token-a", **members: Any) -> Endpoint:
        """An endpoint that someone else registers, for this user by default."""
        registered = self.backend.register_app_instance_user_endpoint(
            **{
                "app_instance_user_arn": self.user,
                "endpoint_type": "APNS",
                "resource_arn": APPLICATION,
                "device_token": device_token,
                "name": "somebody else's",
                "client_request_token": f"stranger-{next(self._numbers)}",
            }
            | members
        )
        return self.backend.endpoints[registered.endpoint_id]


def stage_for(sink: Sink, clock: Clock | None = None, *, is_direct: bool = False, has_boto3: bool = False) -> Stage:
    """A stage with an empty service; call it inside `mock_aws`."""
    backend = identity_backend(account_id=ACCOUNT, region_name=REGION)
    backend.reset()
    clock = clock or Clock()
    backend.now = clock.now
    backend.switches.requests_per_second = None
    instance = backend.create_app_instance(name="chat")
    user = backend.create_app_instance_user(app_instance_arn=instance, app_instance_user_id="alice", name="Alice")
    return Stage(sink=sink, user=user, backend=backend, clock=clock, is_direct=is_direct, has_boto3=has_boto3)


def short(operation: str) -> str:
    """The short name of an operation, without the common part."""
    return operation.replace("AppInstanceUserEndpoints", "").replace("AppInstanceUserEndpoint", "")
