"""Registered endpoints, users and tags, as the service returns them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_handler.aws.endpoints.api import Endpoints, was_refused
from chime_endpoints_handler.aws.endpoints.presence import is_gone, unclear
from chime_endpoints_handler.aws.failures.errors import ServiceError
from chime_endpoints_handler.model.declaration import tag_map
from chime_endpoints_handler.model.physical_id import Endpoint
from chime_endpoints_handler.model.rules.values import Violation
from chime_endpoints_handler.model.rules.violations import token_violations

from .given_arns import region_of_arn

_MOST_PAGES = 10_000


@dataclass(frozen=True, kw_only=True)
class ObservedEndpoint:
    """An endpoint as List returns it: without device tokens and application."""

    user_arn: str
    endpoint_id: str
    type: str
    name: str
    allow_messages: str
    state: str
    state_reason: str | None

    @property
    def user_id(self) -> str:
        """The user id in the ARN; it can contain any of the ARN's separators."""
        return self.user_arn.split("/user/", 1)[1]

    @property
    def physical_id(self) -> str:
        """The endpoint's physical id in CloudFormation."""
        return str(Endpoint(self.user_arn, self.endpoint_id))


@dataclass(frozen=True, kw_only=True)
class DescribedEndpoint(ObservedEndpoint):
    """An endpoint as Describe returns it."""

    is_named: bool
    """Whether the endpoint has a name; an empty name counts as one."""
    application: str
    device_token: str = field(repr=False)
    voip_device_token: str | None = field(repr=False)


def token_obstacles(endpoint: DescribedEndpoint) -> list[Violation]:
    """Return why the registered values are not device tokens, without showing them."""
    voip = endpoint.voip_device_token
    return [
        *token_violations(endpoint.device_token, "The registered DeviceToken"),
        *([] if voip is None else token_violations(voip, "The registered VoipDeviceToken")),
    ]


def app_instances_in(services: Services, region: str) -> list[str]:
    """Return the ARNs of all app instances in a region."""
    found = _pages(services, "ListAppInstances", services.chime(region).list_app_instances, "AppInstances")
    return [instance["AppInstanceArn"] for instance in found]


def users_of(services: Services, app_instance_arn: str) -> list[str]:
    """Return the ARNs of all users of an app instance."""
    chime = services.chime(region_of_arn(app_instance_arn))
    found = _pages(
        services,
        "ListAppInstanceUsers",
        chime.list_app_instance_users,
        "AppInstanceUsers",
        AppInstanceArn=app_instance_arn,
    )
    return [user["AppInstanceUserArn"] for user in found]


def endpoints_of(services: Services, user_arn: str) -> list[ObservedEndpoint]:
    """Return all endpoints of a user."""
    found = _pages(
        services,
        "ListAppInstanceUserEndpoints",
        services.chime(region_of_arn(user_arn)).list_app_instance_user_endpoints,
        "AppInstanceUserEndpoints",
        AppInstanceUserArn=user_arn,
    )
    return [ObservedEndpoint(**_common(user_arn, endpoint)) for endpoint in found]


def describe(services: Services, endpoint: Endpoint) -> DescribedEndpoint | None:
    """Return an endpoint with its device tokens, or None if List shows that it does not exist.

    Raises:
        ServiceError: the service's responses do not show whether it exists.
    """
    call = services.call()
    all_of_user = Endpoints(endpoint.user_arn, clients=services, call=call)
    try:
        answer = call(
            "DescribeAppInstanceUserEndpoint",
            lambda: services.chime(region_of_arn(endpoint.user_arn)).describe_app_instance_user_endpoint(
                AppInstanceUserArn=endpoint.user_arn, EndpointId=endpoint.endpoint_id
            ),
            subject=f"of endpoint {endpoint.endpoint_id}",
        )
    except ServiceError as error:
        if was_refused(error) and is_gone(all_of_user, endpoint.endpoint_id):
            return None
        raise
    found = answer.get("AppInstanceUserEndpoint") or {}
    tokens = found.get("EndpointAttributes") or {}
    if found.get("EndpointId") != endpoint.endpoint_id or "DeviceToken" not in tokens:
        if is_gone(all_of_user, endpoint.endpoint_id):
            return None
        raise unclear("DescribeAppInstanceUserEndpoint", endpoint.endpoint_id)
    return DescribedEndpoint(
        **_common(endpoint.user_arn, found),
        is_named="Name" in found,
        application=found.get("ResourceArn", ""),
        device_token=tokens["DeviceToken"],
        voip_device_token=tokens.get("VoipDeviceToken"),
    )


def tags_of(services: Services, identity_arn: str) -> dict[str, str]:
    """Return the tags on a user, an app instance or a bot."""
    chime = services.chime(region_of_arn(identity_arn))
    answer = services.call()(
        "ListTagsForResource",
        lambda: chime.list_tags_for_resource(ResourceARN=identity_arn),
        subject=f"of {identity_arn}",
    )
    return tag_map(answer.get("Tags") or [])


def _common(user_arn: str, found: Mapping[str, Any]) -> dict[str, Any]:
    state = found.get("EndpointState") or {}
    return {
        "user_arn": user_arn,
        "endpoint_id": found["EndpointId"],
        "type": found.get("Type", ""),
        "name": found.get("Name", ""),
        "allow_messages": found.get("AllowMessages", ""),
        "state": state.get("Status", ""),
        "state_reason": state.get("StatusReason"),
    }


def _pages(
    services: Services, operation: str, list_page: Any, items: str, **parameters: str
) -> Iterator[dict[str, Any]]:
    """Yield all items of an operation; boto3 has no paginator for it."""
    call = services.call()
    token: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        page = call(
            operation,
            lambda token=token: list_page(**parameters, MaxResults=50, **token),  # type: ignore[misc] # bound now
            is_complete=lambda answer: items in answer,
        )
        yield from page[items]
        following = page.get("NextToken")
        if not following or token.get("NextToken") == following:
            return
        token = {"NextToken": following}
