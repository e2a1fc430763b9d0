"""What the push service does with channels and credentials."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from live.account import code_of
from live.sandbox.credentials import made_up_credentials
from live.sandbox.sandbox import Sandbox, made_up_token

from .finding import Finding, UnsettledError


def _id(application_arn: str) -> str:
    return application_arn.rpartition("/")[2]


def _channel_with_key(sandbox: Sandbox, application: str, **members: object) -> dict[str, Any]:
    """Create an APNs channel with a token key, and return the response."""
    requested = {**made_up_credentials(), **members}
    try:
        answer = sandbox.account.push.update_apns_channel(ApplicationId=_id(application), APNSChannelRequest=requested)
    except ClientError as error:
        raise UnsettledError(f"UpdateApnsChannel refused a made-up token key: {error}") from error
    channel: dict[str, Any] = answer["APNSChannelResponse"]
    return channel


def unusable_channel(sandbox: Sandbox) -> Finding:
    """Send a message to a made-up device token through an application without channels."""
    token = made_up_token()
    request = {
        "Addresses": {token: {"ChannelType": "APNS"}},
        "MessageConfiguration": {"APNSMessage": {"Action": "OPEN_APP", "Title": "make live", "Body": "make live"}},
    }
    results: list[dict[str, Any]] = []

    def send() -> None:
        application = _id(sandbox.bare_application("no-channels"))
        answer = sandbox.account.push.send_messages(ApplicationId=application, MessageRequest=request)
        results.append(answer["MessageResponse"]["Result"][token])

    code = code_of(send)
    if code == "BadRequestException":
        return Finding(value="bad_request", evidence=code)
    status = results[0].get("DeliveryStatus") if results else code
    if status != "PERMANENT_FAILURE":
        raise UnsettledError(f"{status}, which no value of the switch stands for")
    return Finding(value="permanent_failure", evidence="PERMANENT_FAILURE for the address")


def token_key_is_credential(sandbox: Sandbox) -> Finding:
    """Read HasCredential of an APNs channel that has only a token key."""
    has_credential = bool(_channel_with_key(sandbox, sandbox.bare_application("token-key")).get("HasCredential"))
    return Finding(value=has_credential, evidence=f"HasCredential is {has_credential}")


def omitted_on_channel_update(sandbox: Sandbox) -> Finding:
    """Update a channel that has a token key, without the token key."""
    application = sandbox.bare_application("omitted-key")
    _channel_with_key(sandbox, application, Enabled=True)
    answers: list[Any] = []
    request = {"ApplicationId": _id(application), "APNSChannelRequest": {"Enabled": True}}
    if code := code_of(lambda: answers.append(sandbox.account.push.update_apns_channel(**request))):
        return Finding(value="reset", evidence=f"an update without credentials returned {code}")
    has_key = bool(answers[0]["APNSChannelResponse"].get("HasTokenKey"))
    return Finding(
        value="kept" if has_key else "reset", evidence=f"HasTokenKey is {has_key} after an update without it"
    )


def new_channel_enabled(sandbox: Sandbox) -> Finding:
    """Create a channel without Enabled."""
    is_enabled = bool(_channel_with_key(sandbox, sandbox.bare_application("new-channel")).get("Enabled"))
    return Finding(value=is_enabled, evidence=f"Enabled is {is_enabled}")


def channel_without_credentials(sandbox: Sandbox) -> Finding:
    """Create a channel without credentials."""
    request = {"ApplicationId": _id(sandbox.bare_application("bare")), "APNSChannelRequest": {"Enabled": False}}
    code = code_of(lambda: sandbox.account.push.update_apns_channel(**request))
    if code not in ("", "BadRequestException"):
        raise UnsettledError(f"UpdateApnsChannel returned {code}")
    return Finding(value="bad_request" if code else "accepted", evidence=code or "accepted")
