"""The resource types of Chime and of push applications for CloudFormation on the local cloud."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from chime_endpoints_cli.local.cloud.ministack.native import TYPES, service
from chime_endpoints_cli.local.cloud.ministack.resource_types import ResourceType
from chime_endpoints_emulator import (
    ChimeSDKIdentityBackend,
    EmulatorServer,
    PushBackend,
    identity_backend,
    push_backend,
)

INSTANCE, USER, APP = (
    TYPES[name] for name in ("AWS::Chime::AppInstance", "AWS::Chime::AppInstanceUser", "AWS::Pinpoint::App")
)
CHANNELS = sorted(name for name in TYPES if name.endswith("Channel"))


@pytest.fixture(autouse=True)
def _server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with mock_aws(), EmulatorServer() as server:
        for name in ("CHIME_SDK_IDENTITY", "PINPOINT"):
            monkeypatch.setenv(f"AWS_ENDPOINT_URL_{name}", server.url)
        service._client.cache_clear()
        yield
    service._client.cache_clear()


@pytest.fixture
def chime() -> ChimeSDKIdentityBackend:
    """The identity service."""
    return identity_backend()


@pytest.fixture
def push() -> PushBackend:
    """The push service."""
    return push_backend()


def create(kind: ResourceType, **props: Any) -> tuple[str, dict[str, str]]:
    """Create a resource."""
    return kind.create("Logical", props, "Stack")


def update(kind: ResourceType, physical_id: str, old: dict[str, Any], **changes: Any) -> str:
    """Change properties of a resource, and return its physical id."""
    return kind.update(physical_id, old, {**old, **changes}, "Stack", "Logical")[0]


def test_an_app_instance(chime: ChimeSDKIdentityBackend) -> None:
    """Its Ref is its ARN, its name, metadata and tags change in place, and it can be deleted twice."""
    declared = {"Name": "chat", "Tags": [{"Key": "team", "Value": "chat"}, {"Key": "old", "Value": "x"}]}
    arn, attributes = create(INSTANCE, **declared)
    assert attributes["AppInstanceArn"] == arn
    assert datetime.fromisoformat(attributes["CreatedTimestamp"]).tzinfo
    assert attributes.keys() == {"AppInstanceArn", "CreatedTimestamp", "LastUpdatedTimestamp"}
    tags = [{"Key": "team", "Value": "support"}]
    chime.tag_resource(resource_arn=arn, tags={"by": "hand"})
    assert update(INSTANCE, arn, declared, Name="support", Metadata="m", Tags=tags) == arn
    assert (chime.app_instances[arn].name, chime.app_instances[arn].metadata) == ("support", "m")
    assert chime.tags[arn] == {"team": "support", "by": "hand"}
    for _ in range(2):
        INSTANCE.delete(arn, declared)
    assert not chime.app_instances


def test_a_user(chime: ChimeSDKIdentityBackend) -> None:
    """Its Ref is its ARN. Another ID is another user."""
    instance, _ = create(INSTANCE, Name="chat")
    settings = {"ExpirationDays": "3", "ExpirationCriterion": "CREATED_TIMESTAMP"}
    declared: dict[str, Any] = {
        "AppInstanceArn": instance,
        "AppInstanceUserId": "alice",
        "Name": "Alice",
        "ExpirationSettings": settings,
    }
    arn, attributes = create(USER, **declared)
    assert (arn, attributes) == (f"{instance}/user/alice", {"AppInstanceUserArn": arn})
    assert chime.users[arn].expiration_settings == {**settings, "ExpirationDays": 3}
    assert update(USER, arn, declared, Name="A.", ExpirationSettings=None) == arn
    assert (chime.users[arn].name, chime.users[arn].expiration_settings) == ("A.", None)
    assert update(USER, arn, declared, AppInstanceUserId="bob") == f"{instance}/user/bob"
    for _ in range(2):
        USER.delete(arn, declared)
    assert [*chime.users] == [f"{instance}/user/bob"]


@pytest.mark.parametrize("tags", [{"team": "chat"}, '{"team": "chat"}'], ids=["map", "JSON"])
def test_an_application(push: PushBackend, tags: Any) -> None:
    """Its Ref is its ID. Another name is another application."""
    declared = {"Name": "chat", "Tags": tags}
    physical_id, attributes = create(APP, **declared)
    arn = push.arn(physical_id)
    assert attributes == {"Id": physical_id, "Arn": arn}
    assert update(APP, physical_id, declared, Tags={"stage": "test"}) == physical_id
    assert push.tags_of(push.applications[physical_id]) == {"stage": "test"}
    other = update(APP, physical_id, declared, Name="other")
    for _ in range(2):
        APP.delete(physical_id, declared)
    assert {each: app.name for each, app in push.applications.items()} == {other: "other"}


@pytest.mark.parametrize("name", CHANNELS)
def test_a_channel(push: PushBackend, name: str) -> None:
    """Its Ref is the application's ID. It is changed in place, and deleted without the application."""
    application, _ = create(APP, Name="chat")
    credentials = {"ApiKey": "k"} if "GCM" in name else {"TokenKey": "k", "TokenKeyId": "i", "BundleId": "b"}
    declared = {"ApplicationId": application, "Enabled": "true", **credentials}
    physical_id, attributes = create(TYPES[name], **declared)
    assert physical_id == application
    assert attributes["Id"]
    (channel,) = push.channels.values()
    assert name.removeprefix("AWS::Pinpoint::").removesuffix("Channel").replace("Sandbox", "_SANDBOX").replace(
        "Voip", "_VOIP"
    ) == str(channel.type)
    assert channel.enabled
    assert channel.credentials
    assert update(TYPES[name], physical_id, declared, Enabled=False) == physical_id
    assert [each.enabled for each in push.channels.values()] == [False]
    for _ in range(2):
        TYPES[name].delete(physical_id, declared)
    assert not push.channels
    assert application in push.applications


def test_an_error_other_than_a_missing_resource_fails_a_deletion() -> None:
    """The stack then reports it."""
    with pytest.raises(ClientError, match="BadRequest"):
        INSTANCE.delete("arn:aws:chime:us-east-1:123456789012:channel/x", {})
