"""The records of the push service: channels and messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class ChannelType(StrEnum):
    """The channels that deliver pushes to devices."""

    APNS = "APNS"
    APNS_SANDBOX = "APNS_SANDBOX"
    APNS_VOIP = "APNS_VOIP"
    APNS_VOIP_SANDBOX = "APNS_VOIP_SANDBOX"
    GCM = "GCM"


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """Which credentials a channel has for the push service of the device's maker. Their values are not kept."""

    certificate: bool = False
    """Whether an APNs certificate with its private key is set."""
    token_key: bool = False
    """Whether an APNs token key is set."""
    api_key: bool = False
    """Whether a legacy API key of FCM is set."""
    service_json: bool = False
    """Whether the JSON file of an FCM service account is set."""

    def __bool__(self) -> bool:
        return self.certificate or self.token_key or self.api_key or self.service_json

    def __or__(self, other: Credentials) -> Credentials:
        return Credentials(
            certificate=self.certificate or other.certificate,
            token_key=self.token_key or other.token_key,
            api_key=self.api_key or other.api_key,
            service_json=self.service_json or other.service_json,
        )


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A channel of an application."""

    type: ChannelType
    enabled: bool
    credentials: Credentials
    default_authentication_method: str | None = None
    created: float
    updated: float
    version: int = 1


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message that was accepted for a device."""

    application_id: str
    channel_type: ChannelType
    device_token: str = field(repr=False)
    message_id: str
    at: float
