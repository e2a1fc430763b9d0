"""Applications and their channels, as AWS End User Messaging (formerly Amazon Pinpoint) returns them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from chime_endpoints_cli.account.calls.services import Services


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A channel of an application. The service does not return the credentials."""

    type: str
    is_enabled: bool
    has_credentials: bool
    is_legacy: bool
    """Whether the only credential is an API key of FCM's legacy API, which Google shut down in July 2024."""


def application_exists(services: Services, application_arn: str) -> bool:
    """Whether an application exists (GetApp)."""
    client, application_id = _place(services, application_arn)
    return _found(lambda: client.get_app(ApplicationId=application_id)) is not None


def channel_of(services: Services, application_arn: str, channel_type: str) -> Channel | None:
    """Return a channel of an application, or None if the channel or the application does not exist.

    See `channel_action` for the permission that the call needs.
    """
    client, application_id = _place(services, application_arn)
    get = getattr(client, f"get_{channel_type.lower()}_channel")
    answer = _found(lambda: get(ApplicationId=application_id))
    if answer is None:
        return None
    shown: Mapping[str, Any] = next(value for name, value in answer.items() if name.endswith("ChannelResponse"))
    has_current = bool(shown.get("HasTokenKey") or shown.get("HasFcmServiceCredentials"))
    has_older = bool(shown.get("HasCredential"))
    return Channel(
        type=channel_type,
        is_enabled=bool(shown.get("Enabled")),
        has_credentials=has_current or has_older,
        is_legacy=has_older and shown.get("HasFcmServiceCredentials") is False,
    )


def channel_action(channel_type: str) -> str:
    """Return the IAM action that reads a channel of this type."""
    word = "".join(part.capitalize() for part in channel_type.split("_"))
    return f"mobiletargeting:Get{word}Channel"


def _place(services: Services, application_arn: str) -> tuple[Any, str]:
    region = application_arn.split(":", 5)[3]
    return services.applications(region), application_arn.rpartition("/")[2]


def _found(get: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    try:
        return get()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "NotFoundException":
            return None
        raise
