"""The desired endpoint: a declaration with its device tokens read and its name settled."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ...aws import token_sources
from ...aws.calls import Call
from ...aws.clients import Clients
from ...aws.endpoints.api import Identity, Registered
from ...aws.failures.errors import HandlerError
from ...cloudformation.request import Request
from ...model.declaration import ENDPOINT_TYPE, EndpointDeclaration, Properties, TokenSource, read_endpoint
from ...model.rules.violations import violations


@dataclass(frozen=True, kw_only=True)
class Desired:
    """What a declaration asks for."""

    identity: Identity
    name: str = field(repr=False)
    is_name_declared: bool
    allow_messages: str
    may_adopt: bool
    refusal: HandlerError | None = None
    """Why no endpoint must be registered with these device tokens. A registered one may stay."""

    def equals(self, endpoint: Registered) -> bool:
        """Whether an endpoint equals the declaration in every member."""
        return endpoint.identity == self.identity and self.is_settled(endpoint)

    def is_settled(self, endpoint: Registered) -> bool:
        """Whether the changeable members are as declared; no name and an empty one are the same."""
        return (endpoint.name or "", endpoint.allow_messages) == (self.name, self.allow_messages)


def of(declaration: EndpointDeclaration, identity: Identity, request: Request) -> Desired:
    """Return what a declaration asks for, with the given device tokens."""
    return Desired(
        identity=identity,
        name=request.own_name if declaration.name is None else declaration.name,
        is_name_declared=declaration.name is not None,
        allow_messages=declaration.allow_messages,
        may_adopt=declaration.adopt_existing,
    )


def read(declaration: EndpointDeclaration, request: Request, clients: Clients, call: Call) -> Desired:
    """Read the device tokens from their sources.

    Raises:
        SourceError, ServiceError, OutOfTimeError: a token could not be read.
    """

    def find(member: str, source: TokenSource) -> token_sources.Found:
        return token_sources.find(member, source, clients=clients, call=call)

    token = find("DeviceToken", declaration.device_token)
    voip_source = declaration.voip_device_token
    voip = None if voip_source is None else find("VoipDeviceToken", voip_source)
    identity = Identity(
        user_arn=declaration.app_instance_user_arn,
        type=declaration.type,
        resource_arn=declaration.resource_arn,
        device_token=token.token,
        voip_device_token=None if voip is None else voip.token,
    )
    refusal = token.refusal or (None if voip is None else voip.refusal)
    return replace(of(declaration, identity, request), refusal=refusal)


def declared_in(properties: Properties) -> EndpointDeclaration | None:
    """Return the declaration in properties that no event may have validated; None if the current rules reject it."""
    return None if violations(ENDPOINT_TYPE, properties, registers=False) else read_endpoint(properties)
