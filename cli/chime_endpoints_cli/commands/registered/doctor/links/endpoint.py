"""The user, the endpoint, its state, and whether it receives messages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.endpoints.given_arns import region_of_arn
from chime_endpoints_cli.account.endpoints.observed import (
    DescribedEndpoint,
    ObservedEndpoint,
    describe,
    endpoints_of,
    token_obstacles,
)
from chime_endpoints_handler.aws.failures.errors import ServiceError
from chime_endpoints_handler.aws.failures.remedies import Kind
from chime_endpoints_handler.model.physical_id import Endpoint

from .link import Link, Place, broken, ok
from .looking import Unseen, look, not_visible, unseen

_DESCRIBE_USER = "DescribeAppInstanceUser"
_RENEW = (
    "Store the token that the app reports now, declare its version, and deploy: only a new registration makes an"
    " endpoint active."
)
_OTHER = (
    "Declare an application that works, and deploy: only a new registration makes an endpoint active. If you repair"
    " this one, deregister the endpoint, change its name in the declaration, and deploy."
)
_REASONS = {
    "INVALID_DEVICE_TOKEN": (
        "the push service of Apple or Google refused the device token",
        _RENEW,
    ),
    "INVALID_PINPOINT_ARN": (
        "the application was deleted, or its channel was disabled, when a message was to be delivered",
        _OTHER,
    ),
}
_ABSENT = (Kind.FORBIDDEN, Kind.NOT_FOUND, Kind.INVALID)
"""How the service refuses to describe a user that does not exist."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """An endpoint as far as it is visible: List and Describe need different permissions."""

    id: Endpoint
    listed: ObservedEndpoint | Unseen | None
    described: DescribedEndpoint | Unseen | None

    @property
    def known(self) -> ObservedEndpoint | None:
        """What is known of the endpoint, or None if it does not exist or is not visible."""
        for each in (self.described, self.listed):
            if isinstance(each, ObservedEndpoint):
                return each
        return None


def user_link(services: Services, user_arn: str) -> Link:
    """Look up the user."""
    chime = services.chime(region_of_arn(user_arn))
    try:
        services.call()(_DESCRIBE_USER, lambda: chime.describe_app_instance_user(AppInstanceUserArn=user_arn))
    except ServiceError as error:
        if error.kind in _ABSENT:
            return broken(
                Place.USER,
                user_arn,
                f"the user does not exist, or belongs to another account ({error.said})",
                "Create the user, or correct the ARN. Its endpoints were deleted with it: change the name of each in"
                " its declaration, and deploy to register them again.",
            )
        return not_visible(Place.USER, user_arn, unseen(error, None))
    return ok(Place.USER, user_arn, "the user exists")


def endpoints_seen(services: Services, user_arn: str, endpoint_id: str | None) -> list[Seen] | Unseen:
    """Return the endpoint, or all endpoints of the user; Unseen if they cannot be listed."""
    listed = look("chime:ListAppInstanceUserEndpoints", lambda: endpoints_of(services, user_arn))
    if endpoint_id is not None:
        ids = [Endpoint(user_arn, endpoint_id)]
    elif isinstance(listed, Unseen):
        return listed
    else:
        ids = [Endpoint(user_arn, each.endpoint_id) for each in listed]
    return [_seen(services, each, listed) for each in ids]


def no_endpoint(user_arn: str) -> Link:
    """Return the link for a user without endpoints."""
    return broken(
        Place.ENDPOINT, user_arn, "the user has no registered endpoint", "Declare an endpoint of this user, and deploy."
    )


def endpoint_links(seen: Seen) -> Iterator[Link]:
    """Yield the links of an endpoint."""
    subject, known = str(seen.id), seen.known
    if known is None:
        hidden = [each for each in (seen.listed, seen.described) if isinstance(each, Unseen)]
        yield (
            not_visible(Place.ENDPOINT, subject, hidden)
            if hidden
            else broken(
                Place.ENDPOINT,
                subject,
                "the endpoint is not registered",
                "If a stack declares it, change its declaration (for example its name), and deploy: it is registered"
                " again.",
            )
        )
        return
    yield ok(Place.ENDPOINT, subject, "the endpoint is registered")
    yield _state(subject, known)
    yield _messages(subject, known)
    if isinstance(seen.described, DescribedEndpoint):
        yield _token(subject, seen.described)


def _seen(services: Services, endpoint: Endpoint, listed: list[ObservedEndpoint] | Unseen) -> Seen:
    return Seen(
        id=endpoint,
        listed=listed
        if isinstance(listed, Unseen)
        else next((each for each in listed if each.endpoint_id == endpoint.endpoint_id), None),
        described=look("chime:DescribeAppInstanceUserEndpoint", lambda: describe(services, endpoint)),
    )


def _state(subject: str, known: ObservedEndpoint) -> Link:
    if known.state == "ACTIVE":
        return ok(Place.STATE, subject, "the endpoint is ACTIVE")
    reason = known.state_reason or ""
    meaning, remedy = _REASONS.get(reason, ("no push is sent to it", _RENEW))
    shown = " ".join(filter(None, (known.state or "without a state", reason)))
    return broken(Place.STATE, subject, f"the endpoint is {shown}: {meaning}", remedy)


def _messages(subject: str, known: ObservedEndpoint) -> Link:
    if known.allow_messages == "NONE":
        return broken(
            Place.MESSAGES,
            subject,
            "AllowMessages is NONE, so the endpoint receives no messages",
            "Declare `allow_messages: ALL`, and deploy. If it is declared already, run chime-endpoints drift.",
        )
    return ok(Place.MESSAGES, subject, "the endpoint receives messages")


def _token(subject: str, described: DescribedEndpoint) -> Link:
    obstacles = token_obstacles(described)
    if obstacles:
        return broken(
            Place.TOKEN,
            subject,
            " ".join(each.text for each in obstacles),
            "Store the token exactly as the app reports it, declare its version, and deploy: the endpoint is replaced.",
        )
    return ok(Place.TOKEN, subject, "the registered device token has the form of one")
