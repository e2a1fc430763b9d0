"""The application, its channels, and their credentials."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chime_endpoints_cli.account.applications.applications import (
    Channel,
    application_exists,
    channel_action,
    channel_of,
)
from chime_endpoints_cli.account.calls.services import Services

from .link import Link, Place, broken, ok
from .looking import Unseen, look, not_visible

_CREDENTIALS_OF = {
    "GCM": "the JSON file of a Firebase service account",
    "APNS": "a token signing key or a certificate from Apple",
}


def application_links(services: Services, application_arn: str, types: Iterable[str]) -> Iterator[Link]:
    """Yield the links of an application and of its channels of these types."""
    exists = look("mobiletargeting:GetApp", lambda: application_exists(services, application_arn))
    if isinstance(exists, Unseen):
        yield not_visible(Place.APPLICATION, application_arn, exists)
    elif exists:
        yield ok(Place.APPLICATION, application_arn, "the application exists")
    else:
        yield broken(
            Place.APPLICATION,
            application_arn,
            "the application does not exist",
            "Declare an application that exists, and deploy: the endpoint is replaced.",
        )
        return
    for channel_type in types:
        yield from _channel_links(services, application_arn, channel_type, is_certain=not isinstance(exists, Unseen))


def _channel_links(services: Services, application_arn: str, channel_type: str, *, is_certain: bool) -> Iterator[Link]:
    channel = look(channel_action(channel_type), lambda: channel_of(services, application_arn, channel_type))
    if isinstance(channel, Unseen):
        yield not_visible(Place.CHANNEL, application_arn, channel)
        return
    update = f"aws pinpoint update-{channel_type.lower().replace('_', '-')}-channel"
    if channel is None:
        otherwise = "" if is_certain else ", or does not exist"
        yield broken(
            Place.CHANNEL,
            application_arn,
            f"the application has no {channel_type} channel{otherwise}",
            f"Add the channel with {_credentials(channel_type)}, and enable it: {update}",
        )
        return
    yield ok(Place.CHANNEL, application_arn, f"the application has the {channel_type} channel")
    yield _enabled(application_arn, channel, update)
    yield _credentials_link(application_arn, channel, update)


def _enabled(application_arn: str, channel: Channel, update: str) -> Link:
    if channel.is_enabled:
        return ok(Place.ENABLED, application_arn, f"the {channel.type} channel is enabled")
    return broken(
        Place.ENABLED,
        application_arn,
        f"the {channel.type} channel is disabled",
        f"Enable it in the console of AWS End User Messaging, or with {update}",
    )


def _credentials_link(application_arn: str, channel: Channel, update: str) -> Link:
    if channel.has_credentials and not channel.is_legacy:
        return ok(Place.CREDENTIALS, application_arn, f"the {channel.type} channel has credentials")
    problem = (
        "has only an API key of FCM's legacy API, which Google shut down in July 2024"
        if channel.is_legacy
        else "has no credentials"
    )
    return broken(
        Place.CREDENTIALS,
        application_arn,
        f"the {channel.type} channel {problem}",
        f"Add {_credentials(channel.type)} in the console of AWS End User Messaging, or with {update}",
    )


def _credentials(channel_type: str) -> str:
    return _CREDENTIALS_OF["GCM" if channel_type == "GCM" else "APNS"]
