"""Whether the service holds what a declaration says, and nothing else."""

from collections.abc import Mapping, Sequence
from typing import Any

from .clients import Clients
from .declared_file import Wanted
from .errors import CommandError
from .prerequisites import token_at
from .registered import RegisteredEndpoint, endpoints_of, holders_of_endpoints, stack_names, tags_of

BOOTSTRAP_STACK = "CDKToolkit"


def registered(clients: Clients, user_arns: Sequence[str]) -> list[RegisteredEndpoint]:
    """What the service says is registered for the users."""
    holders = holders_of_endpoints(clients.cloudformation)
    return [endpoint for arn in user_arns for endpoint in endpoints_of(clients.chime, arn, holders)]


def tags_on_users(clients: Clients, user_arns: Sequence[str]) -> dict[str, dict[str, str]]:
    """The tags that the service says are on the users, by user id."""
    return {arn.split("/user/", 1)[1]: tags_of(clients.chime, arn) for arn in user_arns}


def verify_registered(
    clients: Clients, entries: Sequence[Wanted], endpoints: Sequence[RegisteredEndpoint]
) -> dict[str, RegisteredEndpoint]:
    """The endpoint of each entry, found by its device token.

    Raises:
        CommandError: An entry is not registered exactly as declared, or something else is registered.
    """
    described = [(endpoint, _describe(clients, endpoint)) for endpoint in endpoints]
    found: dict[str, RegisteredEndpoint] = {}
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
        if endpoint.holder is None:
            raise _wrong(f"{entry.key}: no stack holds endpoint {endpoint.endpoint_id}")
        if not _is_named(endpoint, entry):
            raise _wrong(f"{entry.key}: its name is {endpoint.name!r}")
        found[entry.key] = endpoint
    if len(endpoints) != len(found):
        raise _wrong(f"{len(endpoints)} endpoints are registered, {len(found)} are declared")
    return found


def verify_tags(entries: Sequence[Wanted], tags: Mapping[str, Mapping[str, str]]) -> None:
    """Raises CommandError unless each user carries the tags of all of the user's entries, and no others."""
    for user, seen in tags.items():
        declared: dict[str, str] = {}
        for entry in entries:
            if entry.user_arn.endswith(f"/user/{user}"):
                declared |= entry.tags
        if seen != declared:
            raise _wrong(f"the tags on {user} are {dict(seen)} instead of {declared}")


def verify_nothing_left(clients: Clients, user_arns: Sequence[str]) -> None:
    """Raises CommandError if an endpoint, a tag or a stack is left."""
    left = [endpoint.endpoint_id for endpoint in registered(clients, user_arns)]
    tagged = [user for user, tags in tags_on_users(clients, user_arns).items() if tags]
    stacks = [name for name in stack_names(clients.cloudformation) if name != BOOTSTRAP_STACK]
    if left or tagged or stacks:
        raise _wrong(f"left behind: endpoints {left}, tags on {tagged}, stacks {stacks}")


def _describe(clients: Clients, endpoint: RegisteredEndpoint) -> dict[str, Any]:
    answer = clients.chime.describe_app_instance_user_endpoint(
        AppInstanceUserArn=endpoint.user_arn, EndpointId=endpoint.endpoint_id
    )
    described: dict[str, Any] = answer["AppInstanceUserEndpoint"]
    return described


def _is_named(endpoint: RegisteredEndpoint, entry: Wanted) -> bool:
    if entry.name is not None:
        return endpoint.name == entry.name
    holder = endpoint.holder
    return holder is not None and endpoint.name.startswith(f"{holder.stack}-{holder.logical_id}-")


def _wrong(what: str) -> CommandError:
    return CommandError(
        f"not as declared: {what}", remedy="The service was asked directly; the stack's events say more."
    )
