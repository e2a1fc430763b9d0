"""Reads what a dry run will ask for, many things at a time, as fast as the account's rate allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from botocore.exceptions import ClientError

from chime_endpoints_cli.account.calls.concurrency import call_for_each
from chime_endpoints_cli.commands.plan.comparison.changes import Event, ResourceChange
from chime_endpoints_handler.aws import token_sources
from chime_endpoints_handler.aws.failures.errors import HandlerError
from chime_endpoints_handler.model import physical_id
from chime_endpoints_handler.model.arns import USER_ARN
from chime_endpoints_handler.model.declaration import (
    ENDPOINT_TYPE,
    ParameterSource,
    SecretSource,
    TokenSource,
    read_endpoint,
)

from .events import can_be_rotated
from .services.clients import SimulatedClients
from .services.identity import SimulatedIdentity
from .services.observations import Observations
from .services.stacks import SimulatedStack
from .services.unknown import NotKnownError


def prefetch(changes: Sequence[ResourceChange], identity: SimulatedIdentity) -> None:
    """Read everything that decides about these changes; what cannot be read is noted in the observations."""
    observations = identity.observations
    users = list(dict.fromkeys(user for change in changes for user in _users(change)))
    call_for_each(users, lambda user: _list(user, observations), what="Listing endpoints")
    endpoints = list(dict.fromkeys(each for change in changes for each in _endpoints(change, observations)))
    call_for_each(endpoints, lambda each: _describe(each, observations), what="Reading endpoints")
    sources = list(dict.fromkeys(each for change in changes for each in _sources(change)))
    call_for_each(sources, lambda each: _read(*each, identity), what="Reading device tokens")


def _users(change: ResourceChange) -> Iterator[str]:
    """Yield the users whose endpoints are listed."""
    if change.type != ENDPOINT_TYPE or (
        change.event is Event.NONE and not can_be_rotated(change) and not change.hidden
    ):
        return
    if isinstance(held := physical_id.read(change.physical_id), physical_id.Endpoint):
        yield held.user_arn
    for properties in (change.new, change.old):
        user = (properties or {}).get("AppInstanceUserArn")
        if isinstance(user, str) and USER_ARN.fullmatch(user):
            yield user


def _endpoints(change: ResourceChange, observations: Observations) -> Iterator[physical_id.Endpoint]:
    """Yield the endpoints that are described: the current one, and for a registration all that may be in the way."""
    held = physical_id.read(change.physical_id)
    if isinstance(held, physical_id.Endpoint) and any(_users(change)):
        yield held
    if change.event in (Event.CREATE, Event.UPDATE):
        for user in _users(change):
            with suppress(ClientError, NotKnownError):
                for listed in observations.endpoints(user):
                    yield physical_id.Endpoint(user, listed["EndpointId"])


def _list(user: str, observations: Observations) -> None:
    with suppress(ClientError, NotKnownError):
        observations.endpoints(user)


def _describe(endpoint: physical_id.Endpoint, observations: Observations) -> None:
    with suppress(ClientError, NotKnownError):
        listed = {each["EndpointId"] for each in observations.endpoints(endpoint.user_arn)}
        if endpoint.endpoint_id in listed:
            observations.endpoint(endpoint.user_arn, endpoint.endpoint_id)


def _sources(change: ResourceChange) -> Iterator[tuple[TokenSource, str]]:
    """Yield where device tokens are read, with the region of the function."""
    if change.event not in (Event.CREATE, Event.UPDATE) and not can_be_rotated(change):
        return
    for properties in (change.new, change.old):
        with suppress(AttributeError, KeyError, TypeError, ValueError):
            declared = read_endpoint(properties or {})
            for source in (declared.device_token, declared.voip_device_token):
                if isinstance(source, SecretSource | ParameterSource):
                    yield source, change.stack.region


def _read(source: TokenSource, region: str, identity: SimulatedIdentity) -> None:
    stack = SimulatedStack(stack_id="", now=identity.now)
    clients = SimulatedClients(identity=identity, stack=stack, region=region, may_read=lambda _action, _resource: True)
    with suppress(ClientError, NotKnownError, HandlerError):
        token_sources.find("DeviceToken", source, clients=clients, call=lambda _, request, **_options: request())
