"""App instances and users, which endpoints need."""

from __future__ import annotations

from typing import Any

import pytest

from chime_endpoints_emulator import ChimeSDKIdentityBackend
from support.identity import refusal, registration


def test_an_app_instance_is_created_described_and_deleted(client: Any, backend: ChimeSDKIdentityBackend) -> None:
    """The operations are Create, Describe and Delete."""
    tags = [{"Key": "team", "Value": "chat"}]
    arn = client.create_app_instance(Name="chat", Metadata="m", Tags=tags)["AppInstanceArn"]
    described = client.describe_app_instance(AppInstanceArn=arn)["AppInstance"]
    assert (described["AppInstanceArn"], described["Name"], described["Metadata"]) == (arn, "chat", "m")
    assert client.list_tags_for_resource(ResourceARN=arn)["Tags"] == tags
    answer = client.delete_app_instance(AppInstanceArn=arn)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refusal(client.describe_app_instance, AppInstanceArn=arn)[0] == "ForbiddenException"
    assert not backend.app_instances


def test_a_user_is_created_described_and_deleted(
    client: Any, backend: ChimeSDKIdentityBackend, app_instance: str
) -> None:
    """The operations are Create, Describe and Delete."""
    expiration = {"ExpirationDays": 3, "ExpirationCriterion": "CREATED_TIMESTAMP"}
    arn = client.create_app_instance_user(
        AppInstanceArn=app_instance,
        AppInstanceUserId="alice",
        Name="Alice",
        Metadata="m",
        ExpirationSettings=expiration,
    )["AppInstanceUserArn"]
    described = client.describe_app_instance_user(AppInstanceUserArn=arn)["AppInstanceUser"]
    assert described.pop("CreatedTimestamp") == described.pop("LastUpdatedTimestamp")
    assert described == {
        "AppInstanceUserArn": arn,
        "Name": "Alice",
        "Metadata": "m",
        "ExpirationSettings": expiration,
    }
    answer = client.delete_app_instance_user(AppInstanceUserArn=arn)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert not backend.users


def test_an_app_instance_and_a_user_are_changed(client: Any, app_instance: str, user: str) -> None:
    """Update changes both values. A user without settings does not expire."""
    client.update_app_instance(AppInstanceArn=app_instance, Name="support", Metadata="")
    described = client.describe_app_instance(AppInstanceArn=app_instance)["AppInstance"]
    assert (described["Name"], described["Metadata"]) == ("support", "")
    client.update_app_instance_user(AppInstanceUserArn=user, Name="A.", Metadata="m")
    expiration = {"ExpirationDays": 3, "ExpirationCriterion": "CREATED_TIMESTAMP"}
    for settings in ({"ExpirationSettings": expiration}, {}):
        client.put_app_instance_user_expiration_settings(AppInstanceUserArn=user, **settings)
        described = client.describe_app_instance_user(AppInstanceUserArn=user)["AppInstanceUser"]
        assert (described["Name"], described["Metadata"]) == ("A.", "m")
        assert {name: described[name] for name in settings} == settings
    assert "ExpirationSettings" not in described


def test_creating_again_with_the_same_token_creates_nothing(client: Any, app_instance: str) -> None:
    """Create is idempotent by its ClientRequestToken."""
    first = client.create_app_instance(Name="one", ClientRequestToken="same")["AppInstanceArn"]
    assert client.create_app_instance(Name="one", ClientRequestToken="same")["AppInstanceArn"] == first
    user = {"AppInstanceArn": app_instance, "AppInstanceUserId": "alice", "Name": "Alice"}
    first = client.create_app_instance_user(**user, ClientRequestToken="same")["AppInstanceUserArn"]
    again = client.create_app_instance_user(**user, ClientRequestToken="same")["AppInstanceUserArn"]
    assert again == first


@pytest.mark.usefixtures("user")
def test_a_user_id_exists_once(client: Any, app_instance: str) -> None:
    """A second user with the same ID is a conflict."""
    code, status, _ = refusal(
        client.create_app_instance_user, AppInstanceArn=app_instance, AppInstanceUserId="alice", Name="A"
    )
    assert (code, status) == ("ConflictException", 409)


def test_a_user_needs_an_app_instance(client: Any, app_instance: str) -> None:
    """The app instance of a user must exist."""
    code, _, _ = refusal(
        client.create_app_instance_user, AppInstanceArn=app_instance + "x", AppInstanceUserId="a", Name="A"
    )
    assert code == "ForbiddenException"


def test_deleting_an_app_instance_deletes_what_is_in_it(
    client: Any, backend: ChimeSDKIdentityBackend, app_instance: str, user: str
) -> None:
    """Its users, bots, endpoints and tags are deleted, and nothing else."""
    other = backend.create_app_instance(name="other")
    backend.create_app_instance_bot(app_instance_arn=app_instance)
    client.register_app_instance_user_endpoint(**registration(user))
    client.delete_app_instance(AppInstanceArn=app_instance)
    assert not backend.users
    assert not backend.bots
    assert not backend.endpoints
    assert [*backend.tags] == [*backend.app_instances] == [other]
