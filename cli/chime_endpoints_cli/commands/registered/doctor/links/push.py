"""A test push through the application to the endpoint's own device token, and what Apple or Google answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.endpoints.observed import DescribedEndpoint

from .link import Link, Place, broken, ok
from .looking import Unseen, look, not_visible

_MESSAGE = {
    "DefaultPushNotificationMessage": {
        "Title": "Test",
        "Body": "A test push from chime-endpoints doctor",
        "Action": "OPEN_APP",
    }
}
_CURRENT = "Store the token that the app reports now, declare its version, and deploy: the endpoint is replaced."
_GONE = f"The app was removed from the device, or the token has expired. {_CURRENT}"
_OTHER_APP = "The token belongs to another app than the channel's credentials. Declare the application of that app."
_RENEW = "Renew the credentials of the application's channel."
_REMEDIES = {
    "BadDeviceToken": "The token is malformed, or belongs to the other of Apple's environments: a development build"
    f" needs the type APNS_SANDBOX, any other build APNS. {_CURRENT}",
    "INVALID_ARGUMENT": f"The token is not a registration token of Firebase. {_CURRENT}",
    **dict.fromkeys(("Unregistered", "ExpiredToken", "NOT_FOUND", "UNREGISTERED"), _GONE),
    **dict.fromkeys(("DeviceTokenNotForTopic", "TopicDisallowed"), _OTHER_APP),
    **dict.fromkeys(("PERMISSION_DENIED", "SENDER_ID_MISMATCH"), _OTHER_APP),
    **dict.fromkeys(("InvalidProviderToken", "ExpiredProviderToken", "BadCertificate", "UNAUTHENTICATED"), _RENEW),
}
"""What to do about the errors of Apple (Handling notification responses from APNs) and Google (FCM ErrorCode)."""
_LATER = frozenset({"TEMPORARY_FAILURE", "THROTTLED", "UNKNOWN_FAILURE"})


def send_push(services: Services, endpoint: DescribedEndpoint) -> Link:
    """Send a test push to an endpoint, and return what the push service answered. The token is never shown."""
    region, application_id = endpoint.application.split(":")[3], endpoint.application.rpartition("/")[2]
    subject = endpoint.physical_id
    client = services.applications(region)
    request = {
        "Addresses": {endpoint.device_token: {"ChannelType": endpoint.type}},
        "MessageConfiguration": _MESSAGE,
    }

    def send() -> Mapping[str, Any]:
        try:
            answer = client.send_messages(ApplicationId=application_id, MessageRequest=request)
        except (client.exceptions.BadRequestException, client.exceptions.NotFoundException):
            return {}  # without the message, which can quote the token
        results: Mapping[str, Mapping[str, Any]] = answer["MessageResponse"].get("Result") or {}
        return next(iter(results.values()), {})

    result = look("mobiletargeting:SendMessages", send)
    return not_visible(Place.PUSH, subject, result) if isinstance(result, Unseen) else _link(endpoint, result)


def _link(endpoint: DescribedEndpoint, result: Mapping[str, Any]) -> Link:
    subject, maker = endpoint.physical_id, "Google" if endpoint.type == "GCM" else "Apple"
    status, code = str(result.get("DeliveryStatus", "")), result.get("StatusCode")
    if status == "SUCCESSFUL":
        moved = " Google knows a newer token of the device." if result.get("UpdatedToken") else ""
        return ok(
            Place.PUSH,
            subject,
            f"{maker} accepted the test push.{moved}",
            "If the device does not show it, check the app's notification settings on the device.",
        )
    if not status:
        detail = "the application refused the test push"
        return broken(Place.PUSH, subject, detail, "Check the application's channel in the links above.")
    said, error = _said(str(result.get("StatusMessage") or ""))
    shown = f"{maker} did not accept the test push: {status} {code}{f', {said}' if said else ''}"
    shown = shown.replace(endpoint.device_token, "…")
    if status in _LATER:
        return not_visible(Place.PUSH, subject, Unseen(reason=shown, remedy="Try again in a few minutes."))
    remedy = _REMEDIES.get(error) or "Look up the error in the documentation of Apple or Google."
    return broken(Place.PUSH, subject, shown, remedy)


def _said(message: str) -> tuple[str, str]:
    """Return what the push service said, for people, and its error code; the message is JSON, or a sentence."""
    try:
        found = json.loads(message)
        response = json.loads(found.get("pushProviderResponse") or "{}")
        code = response.get("reason") or response.get("status") or found.get("pushProviderError") or ""
        error = found.get("pushProviderError") or found.get("errorMessage") or ""
    except (ValueError, AttributeError):
        return message, ""
    return f"{error} ({code})" if code and code != error else str(error), str(code)
