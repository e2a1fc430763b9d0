"""A simulated account for plans: stacks that are deployed with the real function, at the emulated service."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_emulator import ChannelType, Endpoint, push_backend
from chime_endpoints_emulator.push.exceptions import NotFound
from support.cloudformation import FakeCloudFormation, FakeStack
from support.direct import DirectClient
from support.stage import Stage

Resources = dict[str, dict[str, Any]]
_SUFFIX = re.compile(r"-[0-9a-f]{16}$")


@dataclass
class Vault:
    """The secrets and parameters of the account, as boto3's clients of both services."""

    secrets: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)

    def get_secret_value(self, *, SecretId: str, **_: str) -> dict[str, Any]:  # noqa: N803 - the API's name
        """The operation of this name."""
        if SecretId not in self.secrets:
            raise _refusal("ResourceNotFoundException", "GetSecretValue")
        return {"ARN": SecretId, "SecretString": self.secrets[SecretId]}

    def get_parameter(self, *, Name: str, WithDecryption: bool) -> dict[str, Any]:  # noqa: N803 - the API's name
        """The operation of this name."""
        assert WithDecryption
        if Name not in self.parameters:
            raise _refusal("ParameterNotFound", "GetParameter")
        arn = f"arn:aws:ssm:us-east-1:123456789012:parameter{Name}"
        return {"Parameter": {"Value": self.parameters[Name], "Type": "SecureString", "ARN": arn}}


class Applications:
    """boto3's client of push applications, as far as a plan uses it."""

    def get_app(self, *, ApplicationId: str) -> dict[str, Any]:  # noqa: N803 - the API's name
        """The operation of this name."""
        if ApplicationId not in push_backend().applications:
            raise _refusal("NotFoundException", "GetApp", status=404)
        return {}

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        kind = ChannelType(operation.removeprefix("get_").removesuffix("_channel").upper())
        return lambda **parameters: self._channel(kind, parameters["ApplicationId"])

    def _channel(self, kind: ChannelType, application: str) -> dict[str, Any]:
        try:
            channel = push_backend().get_channel(application_id=application, channel_type=kind)
        except NotFound:
            raise _refusal("NotFoundException", "GetChannel", status=404) from None
        return {"ChannelResponse": {"Enabled": channel.enabled}}


@dataclass
class Quotas:
    """boto3's client of Service Quotas."""

    value: int = 10

    def get_service_quota(self, **_: str) -> dict[str, Any]:
        """The operation of this name."""
        return {"Quota": {"Value": float(self.value)}}


class Roles:
    """boto3's clients of Lambda and IAM, for a role that is allowed everything."""

    def get_function_configuration(self, *, FunctionName: str) -> dict[str, Any]:  # noqa: N803 - the API's name
        """The operation of this name."""
        assert FunctionName.endswith(":handler")
        return {"Role": "arn:aws:iam::123456789012:role/handler"}

    def simulate_principal_policy(
        self,
        *,
        PolicySourceArn: str,  # noqa: ARG002, N803
        ActionNames: list[str],  # noqa: N803
        ResourceArns: list[str],  # noqa: N803
    ) -> dict[str, Any]:
        """The operation of this name."""
        assert len(ResourceArns) == 1
        return {"EvaluationResults": [{"EvalActionName": each, "EvalDecision": "allowed"} for each in ActionNames]}


class Stacks(FakeCloudFormation):
    """CloudFormation with what it hides of templates, and what it tells the function."""

    in_progress: tuple[str, str] = ("", "")
    """The stack and the resource whose event is being handled."""

    def get_template(self, *, StackName: str, TemplateStage: str) -> dict[str, Any]:  # noqa: N803 - the API's names
        """The template without the characters that GetTemplate hides."""
        text = json.dumps(super().get_template(StackName=StackName, TemplateStage=TemplateStage), ensure_ascii=False)
        found: dict[str, Any] = json.loads(re.sub("[\x80-\U0010ffff]+", "?", text))
        return found

    def describe_stack_resource(self, *, StackName: str, LogicalResourceId: str) -> dict[str, Any]:  # noqa: N803
        """The operation of this name."""
        held = self._find(StackName).physical_ids.get(LogicalResourceId, "")
        is_handled = (StackName, LogicalResourceId) == self.in_progress
        if not held and not is_handled:
            raise _refusal("ValidationError", "DescribeStackResource", f"{LogicalResourceId} does not exist for stack")
        kind = "UPDATE" if held else "CREATE"
        status = f"{kind}_IN_PROGRESS" if is_handled else "UPDATE_COMPLETE"
        return {"StackResourceDetail": {"ResourceStatus": status, "PhysicalResourceId": held}}

    def describe_stack_events(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        """The operation of this name."""
        held = self._find(StackName).physical_ids.items()
        return {"StackEvents": [{"LogicalResourceId": name, "PhysicalResourceId": each} for name, each in held]}


class AccountServices(Services):
    """The account as a plan reads it."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__()
        self._cloud = cloud
        self._identity = DirectClient(cloud.stage.backend)

    @property
    def region(self) -> str:
        """The only region."""
        return "us-east-1"

    def chime(self, region: str) -> Any:  # noqa: ARG002 - there is one
        """The emulated service."""
        return self._identity

    def secrets(self, region: str | None) -> Any:  # noqa: ARG002
        """The vault."""
        return self._cloud.vault

    def parameters(self, region: str | None) -> Any:  # noqa: ARG002
        """The vault."""
        return self._cloud.vault

    def applications(self, region: str | None) -> Any:  # noqa: ARG002
        """The emulated applications."""
        return Applications()

    def functions(self, region: str) -> Any:  # noqa: ARG002
        """The deployed function."""
        return Roles()

    def roles(self) -> Any:
        """The function's role."""
        return Roles()

    def quotas(self, region: str) -> Any:  # noqa: ARG002
        """The account's quotas."""
        return self._cloud.quotas

    def stacks(self, region: str | None = None) -> Any:  # noqa: ARG002
        """The stacks."""
        return self._cloud.cloudformation

    def account(self) -> str:
        """The account's ID."""
        return "123456789012"


@dataclass(frozen=True)
class FunctionClients:
    """The clients of the deployed function."""

    cloud: Cloud
    identity: DirectClient

    def chime(self, region: str) -> Any:  # noqa: ARG002
        """The emulated service."""
        return self.identity

    def secrets(self, region: str | None) -> Any:  # noqa: ARG002
        """The vault."""
        return self.cloud.vault

    def parameters(self, region: str | None) -> Any:  # noqa: ARG002
        """The vault."""
        return self.cloud.vault

    def stacks(self) -> Any:
        """The stacks."""
        return self.cloud.cloudformation


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What a deployment did with a resource."""

    event: str
    before: str
    physical_id: str
    code: str = ""
    """The code of the failure."""
    has_changed: bool = False
    """Whether anything is registered differently afterwards."""


@dataclass
class Cloud:
    """The account, and deployments to it."""

    stage: Stage
    vault: Vault = field(default_factory=Vault)
    quotas: Quotas = field(default_factory=Quotas)
    cloudformation: Stacks = field(default_factory=Stacks)

    def __post_init__(self) -> None:
        self.stage.clients = FunctionClients(self, DirectClient(self.stage.backend))  # type: ignore[assignment]
        self.services = AccountServices(self)

    def deploy(self, stacks: dict[str, Resources]) -> dict[tuple[str, str], Answered]:
        """Deploy stacks one after the other, up to the first that fails; what each resource's event did.

        Every event of a stack is delivered, as if all were in progress when the first one fails. A stack that fails
        stays as it is: nothing is compared after that.
        """
        done: dict[tuple[str, str], Answered] = {}
        for name, resources in stacks.items():
            stack = self._stack(name)
            answers = dict(self._changed(stack, resources))
            done |= {(name, logical_id): answer for logical_id, answer in answers.items()}
            if any(answer.code for answer in answers.values()):
                break
            done |= {(name, logical_id): answer for logical_id, answer in self._cleaned_up(stack, resources, answers)}
            stack.template = {"Resources": copy.deepcopy(resources)}
        return done

    def _changed(self, stack: FakeStack, resources: Resources) -> Iterator[tuple[str, Answered]]:
        old = stack.template["Resources"]
        for logical_id, resource in resources.items():
            held = stack.physical_ids.get(logical_id, "")
            if not held:
                answer = self._send(stack, logical_id, "Create", resource)
            elif old[logical_id]["Properties"] != resource["Properties"]:
                members = {"PhysicalResourceId": held, "OldResourceProperties": old[logical_id]["Properties"]}
                answer = self._send(stack, logical_id, "Update", resource, **members)
            else:
                continue
            if not answer.code:
                stack.physical_ids[logical_id] = answer.physical_id
            yield logical_id, answer

    def _cleaned_up(
        self, stack: FakeStack, resources: Resources, answers: dict[str, Answered]
    ) -> Iterator[tuple[str, Answered]]:
        old = stack.template["Resources"]
        for logical_id, answer in answers.items():
            is_replaced = answer.before and answer.physical_id != answer.before
            if is_replaced and resources[logical_id].get("UpdateReplacePolicy") != "Retain":
                self._send(stack, logical_id, "Delete", old[logical_id], PhysicalResourceId=answer.before)
        for logical_id in [name for name in stack.physical_ids if name not in resources]:
            held = stack.physical_ids.pop(logical_id)
            if old[logical_id].get("DeletionPolicy") == "Retain":
                continue
            yield logical_id, self._send(stack, logical_id, "Delete", old[logical_id], PhysicalResourceId=held)

    def _send(self, stack: FakeStack, logical_id: str, kind: str, resource: dict[str, Any], **members: Any) -> Answered:
        self.cloudformation.in_progress = (stack.id, logical_id)
        event = self.stage.event(
            kind,
            resource["Properties"],
            StackId=stack.id,
            LogicalResourceId=logical_id,
            ResourceType=resource["Type"],
            **members,
        )
        self.stage.sent()
        state = self.state
        answer = self.stage.deliver(event)
        before = members.get("PhysicalResourceId", "")
        code = "" if answer["Status"] == "SUCCESS" else answer["Reason"].partition(":")[0]
        return Answered(
            event=kind,
            before=before,
            physical_id=answer["PhysicalResourceId"],
            code=code,
            has_changed=self.state != state,
        )

    @property
    def state(self) -> Any:
        """What is registered."""
        backend = self.stage.backend
        endpoints = sorted((each.endpoint_id, *as_registered(each)) for each in backend.endpoints.values())
        return endpoints, copy.deepcopy(backend.tags)

    def _stack(self, name: str) -> FakeStack:
        for stack in self.cloudformation.stacks:
            if stack.name == name:
                return stack
        return self.cloudformation.add(name, {})


def as_registered(endpoint: Endpoint) -> list[str]:
    """An endpoint without what only the service or a stack that does not exist yet can know."""
    return [
        str(endpoint.type),
        endpoint.resource_arn,
        endpoint.device_token,
        str(endpoint.voip_device_token),
        _SUFFIX.sub("", endpoint.name or ""),
        str(endpoint.allow_messages),
    ]


def as_planned(endpoint: dict[str, Any]) -> list[str]:
    """The same of an endpoint in the simulated service."""
    tokens = endpoint["EndpointAttributes"]
    return [
        str(endpoint["Type"]),
        endpoint["ResourceArn"],
        tokens["DeviceToken"],
        str(tokens.get("VoipDeviceToken")),
        _SUFFIX.sub("", endpoint.get("Name") or ""),
        str(endpoint["AllowMessages"]),
    ]


def _refusal(code: str, operation: str, message: str = "", status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}, operation
    )
