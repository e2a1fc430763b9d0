"""The results of SendMessages for device tokens that Apple or Google reject.

The form of StatusMessage, and the values for `bad_device_token`, follow published responses of the service. The other
values combine the errors that Apple and Google document with that form.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from .records import ChannelType


class Rejection(StrEnum):
    """The reasons for which Apple or Google reject a push."""

    BAD_DEVICE_TOKEN = "bad_device_token"  # noqa: S105 - not a password
    """The token is malformed, or belongs to the other of Apple's environments."""
    UNREGISTERED = "unregistered"
    """The app was removed from the device."""
    OTHER_APPLICATION = "other_application"
    """The token belongs to another app."""
    CREDENTIALS_REFUSED = "credentials_refused"
    """The channel's credentials are wrong or expired."""
    UNAVAILABLE = "unavailable"
    """Apple or Google cannot accept pushes at present."""


@dataclass(frozen=True, kw_only=True)
class _Result:
    status: int
    delivery: str = "PERMANENT_FAILURE"
    message: str
    provider_status: int
    provider_error: str
    provider_response: Mapping[str, str]


def _apns(status: int, message: str, provider_status: int, reason: str, **members: str) -> _Result:
    return _Result(
        status=status,
        message=message,
        provider_status=provider_status,
        provider_error=reason,
        provider_response={"reason": reason},
        **members,
    )


def _fcm(status: int, message: str, provider_status: int, error: str, code: str, **members: str) -> _Result:
    return _Result(
        status=status,
        message=message,
        provider_status=provider_status,
        provider_error=error,
        provider_response={"status": code},
        **members,
    )


_GONE = "Unregistered or expired token"
_OF_APNS = {
    Rejection.BAD_DEVICE_TOKEN: _apns(410, _GONE, 400, "BadDeviceToken"),
    Rejection.UNREGISTERED: _apns(410, _GONE, 410, "Unregistered"),
    Rejection.OTHER_APPLICATION: _apns(400, "Invalid notification", 400, "DeviceTokenNotForTopic"),
    Rejection.CREDENTIALS_REFUSED: _apns(403, "Invalid credentials", 403, "InvalidProviderToken"),
    Rejection.UNAVAILABLE: _apns(503, "Service unavailable", 503, "ServiceUnavailable", delivery="TEMPORARY_FAILURE"),
}
_OF_FCM = {
    Rejection.BAD_DEVICE_TOKEN: _fcm(
        400,
        "Invalid notification",
        400,
        "The registration token is not a valid FCM registration token",
        "INVALID_ARGUMENT",
    ),
    Rejection.UNREGISTERED: _fcm(410, _GONE, 404, "Requested entity was not found.", "NOT_FOUND"),
    Rejection.OTHER_APPLICATION: _fcm(403, "Invalid credentials", 403, "SenderId mismatch", "PERMISSION_DENIED"),
    Rejection.CREDENTIALS_REFUSED: _fcm(
        401, "Invalid credentials", 401, "Request had invalid authentication credentials.", "UNAUTHENTICATED"
    ),
    Rejection.UNAVAILABLE: _fcm(
        503,
        "Service unavailable",
        503,
        "The service is currently unavailable.",
        "UNAVAILABLE",
        delivery="TEMPORARY_FAILURE",
    ),
}


def rejected(rejection: Rejection, channel_type: ChannelType) -> dict[str, Any]:
    """Return the result for a rejected address."""
    found = (_OF_FCM if channel_type is ChannelType.GCM else _OF_APNS)[rejection]
    details = {
        "errorMessage": found.message,
        "channelType": channel_type.value,
        "pushProviderStatusCode": str(found.provider_status),
        "pushProviderError": found.provider_error,
        "pushProviderResponse": json.dumps(found.provider_response, separators=(",", ":")),
    }
    return {
        "DeliveryStatus": found.delivery,
        "StatusCode": found.status,
        "StatusMessage": json.dumps(details, separators=(",", ":")),
    }


def unusable(channel_type: ChannelType, problem: str) -> dict[str, Any]:
    """Return the result for an address whose channel cannot send."""
    return {
        "DeliveryStatus": "PERMANENT_FAILURE",
        "StatusCode": 400,
        "StatusMessage": f"The {channel_type} channel {problem}",
    }
