"""Push applications: their channels, and the messages that are sent through them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from chime_endpoints_emulator import (
    ChannelType,
    Credentials,
    EmulatorServer,
    Fault,
    PushBackend,
    Rejection,
    push_backend,
)
from support.identity import make_client, refusal

TOKEN_KEY = {"TokenKey": "key", "TokenKeyId": "id", "TeamId": "team", "BundleId": "bundle"}
CHANNELS = {
    "apns": ChannelType.APNS,
    "apns_sandbox": ChannelType.APNS_SANDBOX,
    "apns_voip": ChannelType.APNS_VOIP,
    "apns_voip_sandbox": ChannelType.APNS_VOIP_SANDBOX,
    "gcm": ChannelType.GCM,
}


@pytest.fixture(scope="module")
def clients() -> Any:
    """A client for all tests, because creating one takes longer than most tests."""
    return make_client("pinpoint")


@pytest.fixture
def push() -> Iterator[PushBackend]:
    """An empty service for each test."""
    with mock_aws():
        yield push_backend()


@pytest.fixture
def client(clients: Any, push: PushBackend) -> Any:  # noqa: ARG001 - must be there
    """A client of the mocked service."""
    return clients


@pytest.fixture
def application(client: Any) -> str:
    """The ID of an application."""
    made = client.create_app(CreateApplicationRequest={"Name": "pushes", "tags": {"team": "chat"}})
    return str(made["ApplicationResponse"]["Id"])


def _update(client: Any, word: str, application: str, **members: Any) -> Any:
    parameter = f"{word.upper().replace('_SANDBOX', 'Sandbox').replace('_VOIP', 'Voip')}ChannelRequest"
    return getattr(client, f"update_{word}_channel")(ApplicationId=application, **{parameter: members})


def _send(client: Any, application: str, channel_type: str, device_token: str = "canary") -> dict[str, Any]:
    answer = client.send_messages(
        ApplicationId=application,
        MessageRequest={
            "Addresses": {device_token: {"ChannelType": channel_type}},
            "MessageConfiguration": {"DefaultPushNotificationMessage": {"Body": "Hello"}},
        },
    )["MessageResponse"]
    assert answer["ApplicationId"] == application
    return dict(answer["Result"][device_token])


def test_an_application_is_created_read_and_deleted(client: Any, push: PushBackend, application: str) -> None:
    """It is the same application for moto's own operations; with it go its channels."""
    found = client.get_app(ApplicationId=application)["ApplicationResponse"]
    assert (found["Arn"], found["tags"]) == (push.arn(application), {"team": "chat"})
    assert [each["Id"] for each in client.get_apps()["ApplicationsResponse"]["Item"]] == [application]
    assert client.list_tags_for_resource(ResourceArn=found["Arn"])["TagsModel"]["tags"] == {"team": "chat"}
    _update(client, "gcm", application, ServiceJson="{}", Enabled=True)
    client.delete_app(ApplicationId=application)
    assert not push.channels
    for operation in (client.get_app, client.get_channels, client.get_gcm_channel, client.delete_app):
        assert refusal(operation, ApplicationId=application)[:2] == ("NotFoundException", 404)


@pytest.mark.parametrize("word", CHANNELS)
def test_a_channel_is_created_changed_read_and_deleted(client: Any, application: str, word: str) -> None:
    """Each of the five has the same life."""
    get, delete = (getattr(client, f"{verb}_{word}_channel") for verb in ("get", "delete"))
    assert refusal(get, ApplicationId=application)[0] == "NotFoundException"
    members = {"ServiceJson": "{}"} if word == "gcm" else TOKEN_KEY
    has = "HasFcmServiceCredentials" if word == "gcm" else "HasTokenKey"
    _update(client, word, application, **members, DefaultAuthenticationMethod="TOKEN")
    _update(client, word, application, Enabled=True)
    [(name, shown)] = [item for item in get(ApplicationId=application).items() if item[0] != "ResponseMetadata"]
    assert name == f"{word.upper().replace('_SANDBOX', 'Sandbox').replace('_VOIP', 'Voip')}ChannelResponse"
    assert (shown["Platform"], shown["Enabled"], shown[has], shown["Version"]) == (CHANNELS[word], True, True, 2)
    assert shown["DefaultAuthenticationMethod"] == "TOKEN"
    listed = client.get_channels(ApplicationId=application)["ChannelsResponse"]["Channels"]
    assert {kind: each["Enabled"] for kind, each in listed.items()} == {CHANNELS[word]: True}
    delete(ApplicationId=application)
    assert refusal(delete, ApplicationId=application)[0] == "NotFoundException"


@pytest.mark.parametrize(
    ("members", "shows"),
    [
        ({"Certificate": "c", "PrivateKey": "k"}, (True, False)),
        ({"Certificate": "c"}, (False, False)),
        (TOKEN_KEY, (False, True)),
        ({}, (False, False)),
    ],
)
def test_a_channel_shows_which_credentials_it_has(
    client: Any, push: PushBackend, application: str, members: dict[str, str], shows: tuple[bool, bool]
) -> None:
    """The credentials themselves are never returned."""
    push.switches.token_key_is_credential = False
    shown = _update(client, "apns", application, **members)["APNSChannelResponse"]
    assert (shown["HasCredential"], shown["HasTokenKey"], shown["Enabled"]) == (*shows, False)


def test_the_switches_of_channels(client: Any, push: PushBackend, application: str) -> None:
    """A channel can start enabled, lose what an update omits, and need credentials."""
    push.switches.change({"new_channel_enabled": True, "omitted_on_channel_update": "reset"})
    assert _update(client, "apns", application, **TOKEN_KEY)["APNSChannelResponse"]["HasCredential"] is True
    shown = _update(client, "apns", application, Enabled=False)["APNSChannelResponse"]
    assert (shown["HasTokenKey"], shown["Enabled"]) == (False, False)
    push.switches.channel_without_credentials = "bad_request"
    with pytest.raises(client.exceptions.BadRequestException, match="Missing credentials"):
        _update(client, "gcm", application, Enabled=True)


def test_a_push_through_a_working_channel_is_accepted(client: Any, push: PushBackend, application: str) -> None:
    """The message is recorded without showing the token."""
    _update(client, "apns", application, **TOKEN_KEY, Enabled=True)
    result = _send(client, application, "APNS")
    assert (result["DeliveryStatus"], result["StatusCode"]) == ("SUCCESSFUL", 200)
    [message] = push.messages
    assert (message.device_token, message.message_id) == ("canary", result["MessageId"])
    assert "canary" not in repr(message)


def test_a_channel_that_cannot_send_fails_or_refuses(client: Any, push: PushBackend, application: str) -> None:
    """A missing channel, a disabled one, and one without credentials."""
    _update(client, "apns", application, **TOKEN_KEY)
    _update(client, "apns_voip", application, Enabled=True)
    expected = {"APNS": "is not enabled", "APNS_VOIP": "has no credentials", "GCM": "does not exist"}
    for channel_type, problem in expected.items():
        result = _send(client, application, channel_type)
        assert (result["DeliveryStatus"], result["StatusCode"]) == ("PERMANENT_FAILURE", 400)
        assert result["StatusMessage"].endswith(problem)
    push.switches.unusable_channel = "bad_request"
    with pytest.raises(client.exceptions.BadRequestException, match="does not exist"):
        _send(client, application, "GCM")


@pytest.mark.parametrize(
    ("channel_type", "rejection", "status", "delivery", "error"),
    [
        ("APNS", "bad_device_token", 410, "PERMANENT_FAILURE", "BadDeviceToken"),
        ("APNS", "unregistered", 410, "PERMANENT_FAILURE", "Unregistered"),
        ("APNS", "other_application", 400, "PERMANENT_FAILURE", "DeviceTokenNotForTopic"),
        ("APNS", "credentials_refused", 403, "PERMANENT_FAILURE", "InvalidProviderToken"),
        ("APNS", "unavailable", 503, "TEMPORARY_FAILURE", "ServiceUnavailable"),
        ("GCM", "bad_device_token", 400, "PERMANENT_FAILURE", "valid FCM registration token"),
        ("GCM", "unregistered", 410, "PERMANENT_FAILURE", "not found"),
        ("GCM", "other_application", 403, "PERMANENT_FAILURE", "SenderId mismatch"),
        ("GCM", "credentials_refused", 401, "PERMANENT_FAILURE", "authentication credentials"),
        ("GCM", "unavailable", 503, "TEMPORARY_FAILURE", "unavailable"),
    ],
)
def test_a_rejected_push_says_what_apple_or_google_said(
    client: Any,
    push: PushBackend,
    application: str,
    channel_type: str,
    rejection: str,
    status: int,
    delivery: str,
    error: str,
) -> None:
    """The message of the result is JSON with their status and error."""
    push.update_channel(
        application_id=application,
        channel_type=ChannelType(channel_type),
        enabled=True,
        credentials=Credentials(service_json=True),
    )
    push.rejections["canary"] = Rejection(rejection)
    result = _send(client, application, channel_type)
    said = json.loads(result["StatusMessage"])
    assert (result["StatusCode"], result["DeliveryStatus"]) == (status, delivery)
    assert error in said["pushProviderError"]
    assert said["channelType"] == channel_type
    assert not push.messages


@pytest.mark.parametrize(
    "request_",
    [
        {"MessageConfiguration": {}},
        {"MessageConfiguration": {}, "Endpoints": {"x": {}}},
        {"MessageConfiguration": {}, "Addresses": {"canary": {}}},
        {"MessageConfiguration": {}, "Addresses": {"+1202": {"ChannelType": "SMS"}}},
    ],
)
def test_what_is_not_emulated_is_refused(client: Any, application: str, request_: dict[str, Any]) -> None:
    """SendMessages takes device tokens with their channel only."""
    refused = refusal(client.send_messages, ApplicationId=application, MessageRequest=request_)
    assert refused[:2] == ("BadRequestException", 400)


def test_calls_are_recorded_and_faults_apply(client: Any, push: PushBackend, application: str) -> None:
    """A denial names the action and the application."""
    push.faults.append(Fault.deny("GetApp"))
    code, status, message = refusal(client.get_app, ApplicationId=application)
    assert (code, status) == ("AccessDeniedException", 403)
    assert f"perform: mobiletargeting:GetApp on resource: {push.arn(application)} because" in message
    assert [call.operation for call in push.calls] == ["CreateApp", "GetApp"]


def test_the_server_serves_both_services() -> None:
    """One URL is enough; what the emulator does not have is moto's own, as in the process."""
    with mock_aws(), EmulatorServer() as server:
        client = make_client("pinpoint", url=server.url)
        made = client.create_app(CreateApplicationRequest={"Name": "pushes"})["ApplicationResponse"]["Id"]
        _update(client, "gcm", made, ServiceJson="{}", Enabled=True)
        assert _send(client, made, "GCM")["StatusCode"] == 200
        assert [each["Id"] for each in client.get_apps()["ApplicationsResponse"]["Item"]] == [made]
        assert make_client(url=server.url).list_app_instances()["AppInstances"] == []
