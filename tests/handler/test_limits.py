"""The limits in `rules` match the API model, and names that are written are read back unchanged."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest

from chime_endpoints_handler.model import declaration
from chime_endpoints_handler.model.declaration import AllowMessages, EndpointType
from chime_endpoints_handler.model.rules import limits as rules
from chime_endpoints_handler.model.rules.violations import violations


def shape(service: str, operation: str, *path: str) -> Any:
    """A member of an operation's request in botocore's service model."""
    found = botocore.session.get_session().get_service_model(service).operation_model(operation).input_shape
    for name in path:
        found = found.member if name == "*" else found.members[name]
    return found


REGISTER = ("chime-sdk-identity", "RegisterAppInstanceUserEndpoint")
TAG = ("chime-sdk-identity", "TagResource")
ATTRIBUTES = rules.ENDPOINT_RULES["EndpointAttributes"].members or {}
SOURCE = ATTRIBUTES["DeviceTokenSource"].members or {}


@pytest.mark.parametrize(
    ("rule", "member"),
    [
        (rules.ENDPOINT_RULES["Name"], (*REGISTER, "Name")),
        (rules.ENDPOINT_RULES["AppInstanceUserArn"], (*REGISTER, "AppInstanceUserArn")),
        (rules.ENDPOINT_RULES["ResourceArn"], (*REGISTER, "ResourceArn")),
        (ATTRIBUTES["DeviceToken"], (*REGISTER, "EndpointAttributes", "DeviceToken")),
        (ATTRIBUTES["VoipDeviceToken"], (*REGISTER, "EndpointAttributes", "VoipDeviceToken")),
        (rules.TAG_MEMBER_RULES["Key"], (*TAG, "Tags", "*", "Key")),
        (rules.TAG_MEMBER_RULES["Value"], (*TAG, "Tags", "*", "Value")),
        (SOURCE["VersionId"], ("secretsmanager", "GetSecretValue", "VersionId")),
        (SOURCE["VersionStage"], ("secretsmanager", "GetSecretValue", "VersionStage")),
        (rules.ROLE_RULES["AssumedRoleArn"], ("sts", "AssumeRole", "RoleArn")),
        (rules.ROLE_RULES["ExternalId"], ("sts", "AssumeRole", "ExternalId")),
    ],
    ids=lambda value: value[-1] if isinstance(value, tuple) else "",
)
def test_a_limit_is_that_of_the_model(rule: rules.Rule, member: tuple[str, ...]) -> None:
    """Each length limit equals the API model's; our patterns may be narrower."""
    metadata = shape(*member).metadata
    assert rule.maximum == metadata["max"]
    if rule.form is None:
        assert rule.minimum == metadata["min"]


def test_the_enumerations_are_those_of_the_model() -> None:
    """Each enumeration equals the API model's, so that a new value fails this test."""
    assert list(EndpointType) == shape(*REGISTER, "Type").enum
    assert list(AllowMessages) == shape(*REGISTER, "AllowMessages").enum
    assert rules.TAG_RULES["Tags"].maximum == shape(*TAG, "Tags").metadata["max"]


@pytest.mark.parametrize(
    "attributes",
    [
        {"DeviceToken": "t"},
        {"DeviceToken": "t", "VoipDeviceToken": "v"},
        {"DeviceTokenSource": {"SecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:s", "Field": "f"}},
        {"DeviceTokenSource": {"ParameterName": "/p", "Version": "3"}},
        {"DeviceToken": "t", "VoipDeviceTokenSource": {"ParameterName": "/p"}},
    ],
    ids=str,
)
def test_what_is_written_is_read_back(attributes: dict[str, Any]) -> None:
    """Properties that become a declaration are the same properties when written again."""
    properties = {
        "AppInstanceUserArn": "arn:aws:chime:us-east-1:123456789012:app-instance/i/user/u:@_.-x",
        "Type": "APNS",
        "ResourceArn": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a",
        "EndpointAttributes": attributes,
        "Name": "n",
        "AllowMessages": "NONE",
        "AdoptExisting": True,
        "RequireActive": True,
        "AssumedRoleArn": "arn:aws:iam::123456789012:role/path/Role",
        "ExternalId": "chat-7",
    }
    assert violations(declaration.ENDPOINT_TYPE, properties) == []
    read = declaration.read_endpoint(properties)
    assert read.to_properties() == properties
    assert declaration.read_endpoint(read.to_properties()) == read


def test_tags_written_are_read_back() -> None:
    """Tags that are written are read back in a fixed order, so that a template does not change by itself."""
    tags = declaration.TagsDeclaration(
        resource_arn="arn:aws:chime:us-east-1:123456789012:app-instance/i", tags={"b": "2", "a": "1"}
    )
    properties = tags.to_properties()
    assert [tag["Key"] for tag in properties["Tags"]] == ["a", "b"]
    assert declaration.read_tags(properties) == tags
