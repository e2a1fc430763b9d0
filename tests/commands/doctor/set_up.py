"""A push set-up in which every link is in order, and ways to break it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.cloudwatch.models import cloudwatch_backends

from chime_endpoints_cli.account.roles.push_role import PUSH_ROLE
from chime_endpoints_cli.commands.registered.doctor.links.recorded import DETAIL_TYPE, SOURCE
from chime_endpoints_cli.main import run
from chime_endpoints_emulator import ChannelType, Credentials, Endpoint, Fault, PushBackend, push_backend
from commands.conftest import Account, declared, physical_id
from support.identity import APPLICATION

ID = APPLICATION.rpartition("/")[2]
TOKEN = "5ec2e7" * 10 + "cafe"
TRUST = {"Effect": "Allow", "Principal": {"Service": "messaging.chime.amazonaws.com"}, "Action": "sts:AssumeRole"}
SEND = {"Effect": "Allow", "Action": "mobiletargeting:SendMessages", "Resource": f"{APPLICATION}/messages"}
BOUNDARY = "arn:aws:iam::123456789012:policy/Boundary"


def document(*statements: dict[str, Any]) -> str:
    """A policy with these statements."""
    return json.dumps({"Version": "2012-10-17", "Statement": [*statements]})


@dataclass
class PushSetUp:
    """A user with an endpoint that a stack declares as the entry `phone`, and everything that a push needs."""

    account: Account
    endpoint: Endpoint
    push: PushBackend
    iam: Any
    undo: ExitStack = field(default_factory=ExitStack)

    @property
    def ref(self) -> str:
        """The endpoint's ref."""
        return physical_id(self.endpoint)

    def trust(self, *statements: dict[str, Any]) -> None:
        """Replace the role's trust policy."""
        self.iam.update_assume_role_policy(RoleName=PUSH_ROLE, PolicyDocument=document(*statements))

    def allow(self, *statements: dict[str, Any]) -> None:
        """Replace the role's permissions."""
        self.iam.put_role_policy(RoleName=PUSH_ROLE, PolicyName="Send", PolicyDocument=document(*statements))

    def channel(self, *, enabled: bool = True, credentials: Credentials | None = None) -> None:
        """Replace the channel."""
        self.push.channels.pop((ID, ChannelType.APNS), None)
        self.push.update_channel(
            application_id=ID,
            channel_type=ChannelType.APNS,
            enabled=enabled,
            credentials=credentials or Credentials(),
        )

    def rule(self, *, has_log: bool = True, pattern: str | None = None) -> None:
        """Create the rule `Lost` for failed deliveries, with the log group `lost` as its target if it has one."""
        rules, logs = self.account.services.rules(None), self.account.services.logs(None)
        rules.put_rule(Name="Lost", EventPattern=pattern or FAILURE)
        if has_log:
            logs.create_log_group(logGroupName="lost")
            logs.create_log_stream(logGroupName="lost", logStreamName="stream")
            arn = "arn:aws:logs:us-east-1:123456789012:log-group:lost"
            rules.put_targets(Rule="Lost", Targets=[{"Id": "Log", "Arn": arn}])

    def record(self, resource: str, *, reason: str) -> None:
        """Write an event to the log group."""
        event = {"source": SOURCE, "detail": {"resourceArn": resource, "failureReason": reason}}
        self.account.services.logs(None).put_log_events(
            logGroupName="lost",
            logStreamName="stream",
            logEvents=[{"timestamp": int(time.time() * 1000), "message": json.dumps(event)}],
        )

    def count(self, number: int) -> None:
        """Publish how many events the rule matched, as EventBridge does."""
        cloudwatch_backends["123456789012"]["us-east-1"].put_metric_data(
            namespace="AWS/Events",
            metric_data=[
                {
                    "MetricName": "TriggeredRules",
                    "Dimensions": [{"Name": "RuleName", "Value": "Lost"}],
                    "Value": number,
                    "Timestamp": datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=1),
                }
            ],
        )

    def deny(self, client: Any, operation: str) -> None:
        """Let IAM deny an operation of a client until the end of the test."""
        model = client.meta.service_model
        action = f"{model.signing_name}:{operation}"

        def refuse(**_: Any) -> None:
            message = f"User: arn:aws:iam::123456789012:user/me is not authorized to perform: {action}"
            error = {"Code": "AccessDenied", "Message": message}
            raise ClientError({"Error": error, "ResponseMetadata": {"HTTPStatusCode": 403}}, operation)

        event = f"before-call.{model.service_id.hyphenize()}.{operation}"
        client.meta.events.register(event, refuse)
        self.undo.callback(client.meta.events.unregister, event, refuse)

    def delete_role(self) -> None:
        """Delete the role."""
        self.iam.delete_role_policy(RoleName=PUSH_ROLE, PolicyName="Send")
        self.iam.delete_role(RoleName=PUSH_ROLE)

    def manage(self, *statements: dict[str, Any]) -> str:
        """Attach a managed policy to the role, and return its ARN."""
        policy = self.iam.create_policy(PolicyName="Managed", PolicyDocument=document(*statements))["Policy"]["Arn"]
        self.iam.attach_role_policy(RoleName=PUSH_ROLE, PolicyArn=policy)
        return str(policy)

    def bound(self, *statements: dict[str, Any]) -> None:
        """Set the role's permissions boundary."""
        self.iam.create_policy(PolicyName="Boundary", PolicyDocument=document(*statements))
        self.iam.put_role_permissions_boundary(RoleName=PUSH_ROLE, PermissionsBoundary=BOUNDARY)


FAILURE = json.dumps({"source": [SOURCE], "detail-type": [DETAIL_TYPE]})
"""The pattern of a rule of `on_delivery_failure`."""


def working(account: Account) -> PushSetUp:
    """Set up everything that a push needs."""
    endpoint = account.register(TOKEN)
    resource = declared(endpoint) | {"Metadata": {"aws:cdk:path": "Push/Endpoints/phone/Resource"}}
    account.cloudformation.add("Push", {"Phone": resource}, Phone=physical_id(endpoint))
    push = push_backend()
    push.ensure_app(application_arn=APPLICATION)
    iam = account.services.roles()
    iam.create_role(RoleName=PUSH_ROLE, AssumeRolePolicyDocument=document(TRUST))
    set_up = PushSetUp(account=account, endpoint=endpoint, push=push, iam=iam)
    set_up.channel(credentials=Credentials(token_key=True))
    set_up.allow(SEND)
    return set_up


Breakage = Callable[[PushSetUp], object]


def without_channel(it: PushSetUp) -> None:
    """Delete the channel."""
    it.push.delete_channel(application_id=ID, channel_type=ChannelType.APNS)


def make_inactive(reason: str) -> Breakage:
    """Let the service set the endpoint to INACTIVE for a reason."""
    return lambda it: it.account.backend.set_endpoint_state(
        app_instance_user_arn=it.endpoint.app_instance_user_arn,
        endpoint_id=it.endpoint.endpoint_id,
        status="INACTIVE",
        status_reason=reason,  # type: ignore[arg-type] # one of the two
    )


def deregister(it: PushSetUp) -> None:
    """Deregister the endpoint."""
    it.account.backend.deregister_app_instance_user_endpoint(
        app_instance_user_arn=it.endpoint.app_instance_user_arn, endpoint_id=it.endpoint.endpoint_id
    )


def deny_identity(operation: str) -> Breakage:
    """Deny a call of Amazon Chime SDK."""
    return lambda it: it.account.backend.faults.append(Fault.deny(operation))


def deny_push(operation: str) -> Breakage:
    """Deny a call of the push application."""
    return lambda it: it.push.faults.append(Fault.deny(operation))


def deny(service: str, operation: str) -> Breakage:
    """Deny a call of another service."""
    return lambda it: it.deny(getattr(it.account.services, service)(None), operation)


def deny_iam(operation: str) -> Breakage:
    """Deny a call of IAM."""

    def refuse(it: PushSetUp) -> None:
        it.manage(SEND)
        it.deny(it.iam, operation)

    return refuse


def examine(set_up: PushSetUp, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the JSON of the command for the endpoint."""
    code = run(["doctor", *(arguments or [set_up.ref]), "--json"], services=set_up.account.services)
    out = capsys.readouterr()
    assert TOKEN not in out.out + out.err
    return code, json.loads(out.out)


def states(found: dict[str, Any]) -> dict[str, str]:
    """The state of each link."""
    return {link["link"]: link["state"] for link in found["links"]}
