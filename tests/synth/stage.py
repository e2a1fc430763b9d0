"""Apps and stacks for tests, and their templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import App, Stack
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.assertions import Template
from constructs import Construct

from chime_endpoints import AppInstanceUserEndpoint, DeviceToken, EndpointType

ENDPOINT = "Custom::ChimeAppInstanceUserEndpoint"
TAGS = "Custom::ChimeIdentityTags"
APP_INSTANCE = "arn:aws:chime:us-east-1:111122223333:app-instance/0123"
ALICE, BOB = f"{APP_INSTANCE}/user/alice", f"{APP_INSTANCE}/user/bob"
APPLICATION = "arn:aws:mobiletargeting:us-east-1:111122223333:apps/0123456789abcdef"
SECRET = "arn:aws:secretsmanager:us-east-1:111122223333:secret:push-AbCdEf"

Resource = Mapping[str, Any]


def stack_in(app: App | None = None, name: str = "Stack") -> Stack:
    """An empty stack, in a new app unless one is given."""
    return Stack(app or App(), name)


def secret_token(scope: Construct, field: str, *, arn: str = SECRET) -> DeviceToken:
    """A token in a field of a secret."""
    there = scope.node.try_find_child(f"Secret{arn}")
    secret = there or secretsmanager.Secret.from_secret_complete_arn(scope, f"Secret{arn}", arn)
    return DeviceToken.from_secrets_manager(secret, field)  # type: ignore[arg-type]  # found by its id


def endpoint(scope: Construct, construct_id: str = "Phone", **changes: Any) -> AppInstanceUserEndpoint:
    """A valid endpoint of Alice with its own token, and with these differences."""
    given = {
        "app_instance_user": ALICE,
        "endpoint_type": EndpointType.APNS,
        "application": APPLICATION,
    } | changes
    if "device_token" not in given:
        given["device_token"] = secret_token(scope, construct_id)
    return AppInstanceUserEndpoint(scope, construct_id, **given)


def template_of(stack: Stack) -> dict[str, Any]:
    """The stack's template."""
    return dict(Template.from_stack(stack).to_json())


def resources(template: Mapping[str, Any], resource_type: str) -> dict[str, Resource]:
    """The resources of a type by logical ID."""
    return {name: each for name, each in template["Resources"].items() if each["Type"] == resource_type}


def only(template: Mapping[str, Any], resource_type: str) -> Resource:
    """The only resource of a type."""
    (resource,) = resources(template, resource_type).values()
    return resource


def properties(template: Mapping[str, Any], resource_type: str = ENDPOINT) -> Mapping[str, Any]:
    """The properties of the only resource of a type."""
    found: Mapping[str, Any] = only(template, resource_type)["Properties"]
    return found


def policies(template: Mapping[str, Any]) -> dict[str, Resource]:
    """All policies of roles by logical ID."""
    return resources(template, "AWS::IAM::Policy") | resources(template, "AWS::IAM::ManagedPolicy")


def allowed(template: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What all policies allow together: the resources of each action."""
    found: dict[str, list[Any]] = {}
    for policy in policies(template).values():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Allow"
            for action in _list(statement["Action"]):
                found.setdefault(action, []).extend(_list(statement["Resource"]))
    return found


def policy_allowing(template: Mapping[str, Any], action: str) -> list[str]:
    """The logical IDs of the policies that allow an action."""
    return [
        name
        for name, policy in policies(template).items()
        if any(action in _list(each["Action"]) for each in policy["Properties"]["PolicyDocument"]["Statement"])
    ]


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]
