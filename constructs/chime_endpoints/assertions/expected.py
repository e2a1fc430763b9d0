"""What a test expects of an endpoint, in the words of the construct's options."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, TypedDict

from aws_cdk import RemovalPolicy
from aws_cdk.assertions import Matcher
from aws_cdk.interfaces.aws_chime import IAppInstanceUserRef
from aws_cdk.interfaces.aws_pinpoint import IAppRef

from chime_endpoints.device_token import DeviceToken
from chime_endpoints.provider import IEndpointProvider
from chime_endpoints_handler.model.declaration import AllowMessages, EndpointType


class ExpectedEndpoint(TypedDict, total=False):
    """The options of `AppInstanceUserEndpoint` that an endpoint must have. Options that are not given are not compared.

    A value can also be a matcher, such as `Match.string_like_regexp` of `aws_cdk.assertions`, except for device tokens
    and policies.
    """

    app_instance_user: str | IAppInstanceUserRef | Matcher
    """The user: an ARN, or a `CfnAppInstanceUser`."""
    endpoint_type: EndpointType | str | Matcher
    """The push service."""
    application: str | IAppRef | Matcher
    """The application that sends the pushes: an ARN, or a Pinpoint `CfnApp`."""
    device_token: DeviceToken
    """The location of the device token: the same secret, field and version, or the same parameter and version."""
    voip_device_token: DeviceToken | None
    """The location of the token for VoIP pushes; None if there must be none."""
    endpoint_name: str | Matcher | None
    """The name; None if it must be generated."""
    allow_messages: AllowMessages | Matcher
    """Whether messages are pushed to the endpoint; an endpoint without this option has `AllowMessages.ALL`."""
    adopt_existing: bool | Matcher
    """Whether the endpoint may be taken over; an endpoint without this option has False."""
    require_active: bool | Matcher
    """Whether a deployment fails if the endpoint is INACTIVE; an endpoint without this option has False."""
    assumed_role_arn: str | Matcher | None
    """The role that the function assumes; None if there must be none."""
    external_id: str | Matcher | None
    """The external ID with which the function assumes the role; None if there must be none."""
    removal_policy: RemovalPolicy
    """What happens when the endpoint is removed; an endpoint without this option has `RemovalPolicy.DESTROY`."""
    update_replace_policy: RemovalPolicy
    """What happens when the endpoint is replaced; an endpoint without this option has `RemovalPolicy.DESTROY`."""
    provider: IEndpointProvider
    """The provider whose function registers the endpoint."""


NAMES = tuple(ExpectedEndpoint.__annotations__)


def check_names(expected: Mapping[str, Any]) -> None:
    """Raise TypeError for an option that does not exist, which would otherwise not be compared."""
    for name in expected:
        if name not in NAMES:
            near = get_close_matches(name, NAMES, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; the options are {', '.join(NAMES)}"
            raise TypeError(f"an endpoint has no option {name}{hint}")
