"""Options as they are in a template, and how a message shows them: never a device token."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from aws_cdk import RemovalPolicy, Stack
from aws_cdk.assertions import Matcher

from chime_endpoints._cdk.unresolved import is_unresolved
from chime_endpoints.device_token import DeviceToken, source_of
from chime_endpoints_handler.model.declaration import PlainToken

Resource = Mapping[str, Any]
"""A resource of a template, with its policies and properties."""

_POLICIES = {
    RemovalPolicy.DESTROY: "Delete",
    RemovalPolicy.RETAIN: "Retain",
    RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE: "RetainExceptOnCreate",
}


def _property(name: str, default: object = None) -> Callable[[Resource], Any]:
    return lambda resource: as_sent(resource.get("Properties", {}).get(name, default))


def _token(name: str) -> Callable[[Resource], Any]:
    def read(resource: Resource) -> Any:
        attributes = resource.get("Properties", {}).get("EndpointAttributes", {})
        if name in attributes:
            return {"Plain": attributes[name]}
        return as_sent(attributes.get(f"{name}Source"))

    return read


READERS: Mapping[str, Callable[[Resource], Any]] = {
    "app_instance_user": lambda resource: one_form(_property("AppInstanceUserArn")(resource)),
    "endpoint_type": _property("Type"),
    "application": _property("ResourceArn"),
    "device_token": _token("DeviceToken"),
    "voip_device_token": _token("VoipDeviceToken"),
    "endpoint_name": _property("Name"),
    "allow_messages": _property("AllowMessages", "ALL"),
    "adopt_existing": _property("AdoptExisting", default=False),
    "require_active": _property("RequireActive", default=False),
    "assumed_role_arn": _property("AssumedRoleArn"),
    "external_id": _property("ExternalId"),
    "removal_policy": lambda resource: resource.get("DeletionPolicy", "Delete"),
    "update_replace_policy": lambda resource: resource.get("UpdateReplacePolicy", "Delete"),
    "provider": _property("ServiceToken"),
}
"""How each option is read from an endpoint's resource."""
TOKENS = ("device_token", "voip_device_token")


def one_form(user: Any) -> Any:
    """Return a reference to a user in one of its two forms: the `Ref` of the resource is its ARN, too."""
    match user:
        case {"Fn::GetAtt": [str(logical_id), "AppInstanceUserArn"]}:
            return {"Ref": logical_id}
        case _:
            return user


def as_sent(value: Any) -> Any:
    """Return a value with scalars as strings, as CloudFormation sends them: 3 and "3" are the same version."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case dict():
            return {name: as_sent(each) for name, each in value.items()}
        case list():
            return [as_sent(each) for each in value]
        case _:
            return value


def in_template(name: str, value: Any, stack: Stack | None) -> Any:
    """Return an expected option as it is in the template of a stack; matchers stay as they are.

    Raises:
        ValueError: the value is a CDK token or construct, and the stack is not known.
    """
    if isinstance(value, Matcher) or value is None:
        return value
    if isinstance(value, RemovalPolicy):
        return _POLICIES.get(value, str(value))
    if isinstance(value, DeviceToken):
        source = value.source if stack is None else source_of(value, stack)
        value = {"Plain": source.value} if isinstance(source, PlainToken) else source.to_properties()["Source"]
    elif name == "app_instance_user" and not isinstance(value, str):
        value = value.app_instance_user_ref.app_instance_user_arn
    elif name == "application" and not isinstance(value, str):
        value = value.app_ref.app_arn
    elif name == "provider":
        value = value.service_token
    written = resolved(name, value, stack)
    return one_form(written) if name == "app_instance_user" else written


def resolved(name: str, value: Any, stack: Stack | None) -> Any:
    """Resolve the CDK tokens in a value; see `in_template`."""
    if stack is not None:
        return as_sent(stack.resolve(value))
    members = value.values() if isinstance(value, dict) else [value]
    if any(is_unresolved(each) for each in members):
        raise ValueError(f"{name} refers to a resource; use EndpointTemplate.from_stack, which knows the stack.")
    return as_sent(value)


def is_equal(expected: Any, found: Any) -> bool:
    """Whether an option in a template is as expected."""
    if isinstance(expected, Matcher):
        return not expected.test(found).has_failed()
    return bool(expected == found)


def shown(name: str, value: Any) -> str:
    """Return an option for a message."""
    if isinstance(value, Matcher):
        return f"matching {value.name}"
    if value is None:
        return "none"
    if name not in TOKENS:
        return value if isinstance(value, str) else json.dumps(value)
    if not isinstance(value, dict):
        return "a token in an unknown form"
    if "ParameterName" in value:
        version = f", version {shown('', value['Version'])}" if "Version" in value else ""
        return f"parameter {shown('', value['ParameterName'])}{version}"
    if "SecretArn" in value:
        field = f"field {shown('', value['Field'])} of " if "Field" in value else ""
        versions = [
            f", {member} {shown('', value[member])}" for member in ("VersionId", "VersionStage") if member in value
        ]
        return f"{field}secret {shown('', value['SecretArn'])}{''.join(versions)}"
    return "a token in plain text"
