"""The five endpoint operations, where the documentation is clear."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chime_endpoints_emulator import ChimeSDKIdentityBackend
from support.identity import APPLICATION, make_client, refusal, registration

Register = Callable[..., str]


def test_register_answers_the_user_and_a_new_id(client: Any, user: str) -> None:
    """The status is 201, and each endpoint has a unique ID."""
    first = client.register_app_instance_user_endpoint(**registration(user))
    second = client.register_app_instance_user_endpoint(**registration(user, device_token="other"))
    assert first["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert first["AppInstanceUserArn"] == user
    assert 0 < len(first["EndpointId"]) <= 64
    assert first["EndpointId"] != second["EndpointId"]


def test_describe_answers_everything_with_tokens_in_clear(
    client: Any, backend: ChimeSDKIdentityBackend, user: str, register: Register
) -> None:
    """The response contains everything that was registered, including device tokens."""
    backend.now = lambda: 1_700_000_000.25
    attributes = {"DeviceToken": "token", "VoipDeviceToken": "voip"}
    endpoint = register(Name="Phone", AllowMessages="NONE", EndpointAttributes=attributes)
    answer = client.describe_app_instance_user_endpoint(AppInstanceUserArn=user, EndpointId=endpoint)
    described = answer["AppInstanceUserEndpoint"]
    created = described.pop("CreatedTimestamp")
    assert created == described.pop("LastUpdatedTimestamp")
    assert created.timestamp() == 1_700_000_000.25
    assert described == {
        "AppInstanceUserArn": user,
        "EndpointId": endpoint,
        "Name": "Phone",
        "Type": "APNS",
        "ResourceArn": APPLICATION,
        "EndpointAttributes": attributes,
        "AllowMessages": "NONE",
        "EndpointState": {"Status": "ACTIVE"},
    }


def test_list_answers_neither_tokens_nor_application(client: Any, user: str, register: Register) -> None:
    """List returns less than Describe, in the order of registration."""
    endpoints = [register(device_token=token) for token in "abc"]
    listed = client.list_app_instance_user_endpoints(AppInstanceUserArn=user)["AppInstanceUserEndpoints"]
    assert [item["EndpointId"] for item in listed] == endpoints
    assert listed[0] == {
        "AppInstanceUserArn": user,
        "EndpointId": endpoints[0],
        "Type": "APNS",
        "AllowMessages": "ALL",
        "EndpointState": {"Status": "ACTIVE"},
    }


def test_update_changes_name_and_messages(
    client: Any, backend: ChimeSDKIdentityBackend, user: str, register: Register
) -> None:
    """It also changes the time of the last update."""
    endpoint = register(Name="old")
    backend.now = lambda: 4_000_000_000.0
    answer = client.update_app_instance_user_endpoint(
        AppInstanceUserArn=user, EndpointId=endpoint, Name="new", AllowMessages="NONE"
    )
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert (answer["AppInstanceUserArn"], answer["EndpointId"]) == (user, endpoint)
    kept = backend.endpoints[endpoint]
    assert (kept.name, kept.allow_messages, kept.updated) == ("new", "NONE", 4_000_000_000.0)
    assert kept.created < kept.updated


def test_deregister_removes_the_endpoint(
    client: Any, backend: ChimeSDKIdentityBackend, user: str, register: Register
) -> None:
    """The status is 204, and nothing is left."""
    answer = client.deregister_app_instance_user_endpoint(AppInstanceUserArn=user, EndpointId=register())
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert not backend.endpoints


def test_an_endpoint_is_found_under_its_own_user_only(
    client: Any, backend: ChimeSDKIdentityBackend, app_instance: str, register: Register
) -> None:
    """For this user, the endpoints of other users do not exist."""
    endpoint = register()
    bob = backend.create_app_instance_user(app_instance_arn=app_instance, app_instance_user_id="bob", name="Bob")
    code, _, _ = refusal(client.deregister_app_instance_user_endpoint, AppInstanceUserArn=bob, EndpointId=endpoint)
    assert code == "ForbiddenException"
    assert endpoint in backend.endpoints
    assert client.list_app_instance_user_endpoints(AppInstanceUserArn=bob)["AppInstanceUserEndpoints"] == []


@pytest.mark.parametrize("operation", ["describe", "update", "deregister"])
def test_an_empty_endpoint_id_reaches_no_operation(
    client: Any, backend: ChimeSDKIdentityBackend, user: str, operation: str
) -> None:
    """The path then belongs to no operation."""
    call = getattr(client, f"{operation}_app_instance_user_endpoint")
    code, status, _ = refusal(call, AppInstanceUserArn=user, EndpointId="")
    assert (code, status) == ("UnknownOperationException", 404)
    assert user in backend.users


@pytest.mark.parametrize("user_id", ["a", "a:b", "a@example.com", "a.b_c-d", "a:b:c@d"])
def test_every_user_id_survives_the_path(
    client: Any, backend: ChimeSDKIdentityBackend, app_instance: str, user_id: str
) -> None:
    """User IDs can contain colons, at signs, dots, underscores and hyphens."""
    arn = client.create_app_instance_user(AppInstanceArn=app_instance, AppInstanceUserId=user_id, Name="somebody")[
        "AppInstanceUserArn"
    ]
    client.register_app_instance_user_endpoint(**registration(arn))
    listed = client.list_app_instance_user_endpoints(AppInstanceUserArn=arn)["AppInstanceUserEndpoints"]
    assert [item["AppInstanceUserArn"] for item in listed] == [arn]
    assert arn.endswith(f"/user/{user_id}")
    assert len(backend.endpoints) == 1


@pytest.mark.parametrize("text", ["Zoë's phone 📱", "مرحبا", '"&Action=DeregisterAppInstanceUserEndpoint"', ""])
def test_a_name_is_kept_as_it_is(backend: ChimeSDKIdentityBackend, register: Register, text: str) -> None:
    """A name can be any text, or empty."""
    assert backend.endpoints[register(Name=text)].name == text


def test_an_application_of_another_place_is_refused(client: Any, user: str) -> None:
    """The application must be in the account and region of the app instance."""
    for other in (
        APPLICATION.replace("us-east-1", "eu-central-1"),
        APPLICATION.replace("123456789012", "210987654321"),
        APPLICATION.replace("aws:", "aws-cn:"),
        "arn:aws:sns:us-east-1:123456789012:app/GCM/chat",
        APPLICATION + "/channels/apns",
    ):
        code, status, message = refusal(
            client.register_app_instance_user_endpoint, **registration(user, ResourceArn=other)
        )
        assert (code, status) == ("BadRequestException", 400)
        assert other in message


def test_a_voip_token_is_for_apns_only(client: Any, user: str) -> None:
    """GCM has no VoIP token. The message quotes it."""
    attributes = {"DeviceToken": "token", "VoipDeviceToken": "secret-voip"}
    code, _, message = refusal(
        client.register_app_instance_user_endpoint,
        **registration(user, Type="GCM", EndpointAttributes=attributes),
    )
    assert code == "BadRequestException"
    assert "secret-voip" in message


def test_the_eleventh_endpoint_exceeds_the_quota(
    client: Any, backend: ChimeSDKIdentityBackend, user: str, register: Register
) -> None:
    """A user can have ten endpoints. The message contains the number."""
    for number in range(10):
        register(device_token=f"token-{number}")
    call = client.register_app_instance_user_endpoint
    code, status, message = refusal(call, **registration(user, device_token="one more"))
    assert (code, status) == ("ResourceLimitExceededException", 400)
    assert "10" in message
    backend.switches.endpoints_per_user = 11
    register(device_token="one more")


def test_arns_of_another_account_or_region_are_forbidden(client: Any, user: str) -> None:
    """A caller can see only the resources in its own account and in the called region."""
    for other in (user.replace("123456789012", "210987654321"), user.replace("us-east-1", "eu-central-1")):
        code, _, _ = refusal(client.list_app_instance_user_endpoints, AppInstanceUserArn=other)
        assert code == "ForbiddenException"


def test_only_users_have_endpoints(client: Any, backend: ChimeSDKIdentityBackend, app_instance: str) -> None:
    """App instances and bots have none."""
    bot = backend.create_app_instance_bot(app_instance_arn=app_instance)
    for other in (app_instance, bot, "arn:aws:iam::123456789012:user/alice"):
        code, _, _ = refusal(client.list_app_instance_user_endpoints, AppInstanceUserArn=other)
        assert code == "BadRequestException"


def test_regions_are_separate(client: Any, register: Register) -> None:
    """Each region has its own service."""
    register()
    assert make_client(region="eu-central-1").list_app_instances()["AppInstances"] == []
    assert len(client.list_app_instances()["AppInstances"]) == 1


def test_an_endpoint_can_be_made_inactive(
    client: Any, backend: ChimeSDKIdentityBackend, user: str, register: Register
) -> None:
    """A test can set the state that a failed delivery would set."""
    endpoint = register()
    backend.set_endpoint_state(
        app_instance_user_arn=user,
        endpoint_id=endpoint,
        status="INACTIVE",
        status_reason="INVALID_DEVICE_TOKEN",
    )
    [listed] = client.list_app_instance_user_endpoints(AppInstanceUserArn=user)["AppInstanceUserEndpoints"]
    assert listed["EndpointState"] == {"Status": "INACTIVE", "StatusReason": "INVALID_DEVICE_TOKEN"}
    with pytest.raises(KeyError):
        backend.set_endpoint_state(app_instance_user_arn="other", endpoint_id=endpoint, status="ACTIVE")


def test_device_tokens_are_in_no_repr(backend: ChimeSDKIdentityBackend, register: Register) -> None:
    """A failing assertion prints no device token."""
    register(EndpointAttributes={"DeviceToken": "canary", "VoipDeviceToken": "canary-voip"})
    assert "canary" not in repr(backend.endpoints) + repr(backend.calls)
