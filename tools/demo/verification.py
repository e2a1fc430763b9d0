"""Checks for the demo that the service has exactly what the declaration says."""

from collections.abc import Mapping, Sequence
from typing import Any

from chime_endpoints_cli.account.calls.local_addresses import REGION
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.endpoints.listing import endpoints_of_all
from chime_endpoints_cli.account.endpoints.observed import ObservedEndpoint, tags_of
from chime_endpoints_cli.account.stacks.holders import StackEndpoints
from chime_endpoints_cli.account.stacks.stacks import all_stacks
from chime_endpoints_cli.local.cdk.runner import BOOTSTRAP_STACK
from chime_endpoints_cli.output.errors import CommandError

from .clients import Clients
from .declaration import DesiredEntry
from .tokens import token_at


def tags_on_users(services: Services, user_arns: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return the tags on the users, by user id."""
    return {arn.split("/user/", 1)[1]: tags_of(services, arn) for arn in user_arns}


def verify_registered(
    clients: Clients, entries: Sequence[DesiredEntry], endpoints: Sequence[ObservedEndpoint], held: StackEndpoints
) -> dict[str, ObservedEndpoint]:
    """Return the endpoint of each entry, found by its device token.

    Raises:
        CommandError: an entry is not registered exactly as declared, or another endpoint is registered.
    """
    described = [(endpoint, _describe(clients, endpoint)) for endpoint in endpoints]
    found: dict[str, ObservedEndpoint] = {}
    for entry in entries:
        token = token_at(clients, entry.device_token)
        voip = token_at(clients, entry.voip_device_token) if entry.voip_device_token else None
        fitting = [
            (endpoint, description)
            for endpoint, description in described
            if endpoint.user_arn == entry.user_arn and description["EndpointAttributes"]["DeviceToken"] == token
        ]
        if len(fitting) != 1:
            raise _wrong(f"{entry.key}: {len(fitting)} endpoints are registered with its device token instead of 1")
        endpoint, description = fitting[0]
        seen = (
            *(endpoint.type, endpoint.allow_messages, endpoint.state, description["ResourceArn"]),
            description["EndpointAttributes"].get("VoipDeviceToken"),
        )
        if seen != (entry.type, entry.allow_messages, "ACTIVE", entry.application, voip):
            raise _wrong(f"{entry.key}: type, messages, state, application or VoIP token are not as declared")
        if held.holder_of(endpoint.physical_id) is None:
            raise _wrong(f"{entry.key}: endpoint {endpoint.endpoint_id} belongs to no stack")
        if not _is_named(endpoint, entry, held):
            raise _wrong(f"{entry.key}: its name is {endpoint.name!r}")
        found[entry.key] = endpoint
    if len(endpoints) != len(found):
        raise _wrong(f"{len(endpoints)} endpoints are registered, {len(found)} are declared")
    return found


def verify_tags(entries: Sequence[DesiredEntry], tags: Mapping[str, Mapping[str, str]]) -> None:
    """Raise CommandError unless each user has the tags of all its entries, and no others."""
    for user, seen in tags.items():
        declared: dict[str, str] = {}
        for entry in entries:
            if entry.user_arn.endswith(f"/user/{user}"):
                declared |= entry.tags
        if seen != declared:
            raise _wrong(f"the tags on {user} are {dict(seen)} instead of {declared}")


def verify_nothing_left(services: Services, user_arns: Sequence[str]) -> None:
    """Raise CommandError if an endpoint, a tag or a stack is left."""
    left = [endpoint.endpoint_id for endpoint in endpoints_of_all(services, user_arns)]
    tagged = [user for user, tags in tags_on_users(services, user_arns).items() if tags]
    stacks = [stack.name for stack in all_stacks(services.stacks(REGION)) if stack.name != BOOTSTRAP_STACK]
    if left or tagged or stacks:
        raise _wrong(f"left behind: endpoints {left}, tags on {tagged}, stacks {stacks}")


def _describe(clients: Clients, endpoint: ObservedEndpoint) -> dict[str, Any]:
    answer = clients.chime.describe_app_instance_user_endpoint(
        AppInstanceUserArn=endpoint.user_arn, EndpointId=endpoint.endpoint_id
    )
    described: dict[str, Any] = answer["AppInstanceUserEndpoint"]
    return described


def _is_named(endpoint: ObservedEndpoint, entry: DesiredEntry, held: StackEndpoints) -> bool:
    if entry.name is not None:
        return endpoint.name == entry.name
    holder = held.holder_of(endpoint.physical_id)
    return holder is not None and endpoint.name.startswith(f"{holder.stack.name}-{holder.logical_id}-")


def _wrong(what: str) -> CommandError:
    return CommandError(
        f"not as declared: {what}", remedy="This is what the service returned. The stack's events have more details."
    )
