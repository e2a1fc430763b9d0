"""Which endpoints are this resource's own: recognised by name, or as an earlier attempt of the same operation.

An endpoint whose declaration has no Name carries a name that ends in the resource's suffix, and so does every
replacement until it is complete. An endpoint that was registered under a declared Name can only be recognised by
being equal to the declaration in every member, and by having been created when this resource could have done it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from chime_endpoints_handler.aws import token_sources as sources
from chime_endpoints_handler.aws.calls import Call
from chime_endpoints_handler.aws.endpoints import Endpoints, Identity, Listed, Registered, may_mean_no_user, was_refused
from chime_endpoints_handler.aws.failures.errors import HandlerError, ServiceError, SourceError, VanishedError
from chime_endpoints_handler.aws.failures.remedies import INCOMPLETE, Kind, explain
from chime_endpoints_handler.cloudformation.request import Request
from chime_endpoints_handler.model import physical_id
from chime_endpoints_handler.model.arns import USER_ARN
from chime_endpoints_handler.model.codes import Code
from chime_endpoints_handler.model.declaration import ENDPOINT_TYPE, EndpointDeclaration, TokenSource, read_endpoint
from chime_endpoints_handler.model.rules.violations import violations
from chime_endpoints_handler.model.timestamps import CLOCK_SKEW, RESOLUTION
from chime_endpoints_handler.resources.work import Work

_T = TypeVar("_T")
_TRIES = 3  # where the service's answer does not say what it did


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The declaration with its device tokens read and its name settled."""

    identity: Identity
    name: str = field(repr=False)
    is_name_declared: bool
    allow_messages: str
    may_adopt: bool
    refusal: HandlerError | None = None
    """Why no endpoint must be registered with these device tokens; one that is registered already may stay."""


class Settleable(Protocol):
    """An endpoint with its changeable members."""

    @property
    def endpoint_id(self) -> str:
        """Its EndpointId."""

    @property
    def name(self) -> str | None:
        """Its Name."""

    @property
    def allow_messages(self) -> str:
        """Its AllowMessages."""


def resolve(declaration: EndpointDeclaration, work: Work, *, call: Call | None = None) -> Wanted:
    """Reads the device tokens from their sources, with the work's own calls unless others are given.

    Raises:
        SourceError, ServiceError, OutOfTimeError: a token could not be read.
    """

    def find(member: str, source: TokenSource) -> sources.Found:
        return sources.find(member, source, clients=work.clients, call=call or work.call)

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
    return replace(declared_as(identity, declaration, work), refusal=refusal)


def declared_as(identity: Identity, declaration: EndpointDeclaration, work: Work) -> Wanted:
    """The declaration with device tokens that are known already."""
    return Wanted(
        identity=identity,
        name=name_of(declaration, work.request),
        is_name_declared=declaration.name is not None,
        allow_messages=declaration.allow_messages,
        may_adopt=declaration.adopt_existing,
    )


def resolve_if_possible(work: Work, properties: Any) -> Wanted | None:
    """What properties declare, where that is valid and its device tokens can be read."""
    if violations(ENDPOINT_TYPE, properties, registers=False):
        return None
    try:
        return resolve(read_endpoint(properties), work, call=work.call_at_once)
    except (SourceError, ServiceError):
        return None


def former_declaration(request: Request) -> EndpointDeclaration | None:
    """What was declared before, which an older version may have written; None where it cannot be read."""
    try:
        declaration = read_endpoint(request.old_properties)
        return declaration if USER_ARN.fullmatch(declaration.app_instance_user_arn) else None
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def name_of(declaration: EndpointDeclaration, request: Request) -> str:
    """The name that the endpoint is to have."""
    return request.own_name if declaration.name is None else declaration.name


def bears_our_name(endpoint: Listed | Registered, request: Request) -> bool:
    """Whether the name ends in the suffix that only this resource gives."""
    return endpoint.name is not None and endpoint.name.endswith(f"-{request.suffix}")


def physical_id_of(endpoint: Registered) -> physical_id.Endpoint:
    """The physical id of an endpoint."""
    return physical_id.Endpoint(endpoint.identity.user_arn, endpoint.endpoint_id)


def is_as_wanted(endpoint: Registered, wanted: Wanted) -> bool:
    """Whether the endpoint equals the declaration in every member."""
    return (endpoint.identity, endpoint.name, endpoint.allow_messages) == (
        wanted.identity,
        wanted.name,
        wanted.allow_messages,
    )


def was_created_since(endpoint: Registered, moment: float) -> bool:
    """Whether the endpoint is not older than a moment; where the service does not say, it is not."""
    return endpoint.created is None or endpoint.created >= moment - CLOCK_SKEW


def is_registered_since(endpoint: Registered, moment: float | None) -> bool:
    """Whether the endpoint is certainly not older than a moment.

    Chime's clock is held against CloudFormation's or Lambda's without any allowance. Either of these has noted the
    moment before it calls the function, which takes longer than clocks of AWS differ by; and what is taken for older
    by mistake stays registered and is reported, whereas the contrary would remove somebody else's endpoint.
    """
    return moment is not None and endpoint.created is not None and endpoint.created >= moment - RESOLUTION


def is_certainly_older(endpoint: Registered, moment: float | None) -> bool:
    """Whether the endpoint was there before a moment, however much the clocks differ."""
    return moment is not None and endpoint.created is not None and endpoint.created < moment - CLOCK_SKEW


def candidates(listed: Iterable[Listed], wanted: Wanted, request: Request) -> list[Listed]:
    """Those that may be this resource's own, by what List shows of them."""
    return [
        endpoint
        for endpoint in listed
        if bears_our_name(endpoint, request)
        or (wanted.is_name_declared and (endpoint.name, endpoint.type) == (wanted.name, wanted.identity.type))
    ]


def describe_each(endpoints: Endpoints, listed: Iterable[Listed]) -> Iterator[Registered]:
    """What Describe shows of each; one that vanished meanwhile is left out."""
    for endpoint in listed:
        if registered := described_or_gone(endpoints, endpoint.endpoint_id):
            yield registered


def described_or_gone(endpoints: Endpoints, endpoint_id: str) -> Registered | None:
    """What Describe shows; None where there is no such endpoint."""
    try:
        return described(endpoints, endpoint_id)
    except ServiceError as error:
        if was_refused(error) and is_gone(endpoints, endpoint_id):
            return None
        raise


def described(endpoints: Endpoints, endpoint_id: str) -> Registered | None:
    """What Describe shows, asked again where its answer holds nothing; None where List does not show it either."""
    for _ in range(_TRIES):
        registered = endpoints.describe(endpoint_id)
        if registered is not None or is_gone(endpoints, endpoint_id):
            return registered
    raise unclear("DescribeAppInstanceUserEndpoint", endpoint_id)


def listed_twice(endpoints: Endpoints) -> Collection[Listed]:
    """What List shows when it is asked twice: a new endpoint may be missing at first."""
    return {endpoint.endpoint_id: endpoint for _ in range(2) for endpoint in endpoints.list()}.values()


def is_gone(endpoints: Endpoints, endpoint_id: str) -> bool:
    """Whether List, asked twice, does not show the endpoint."""
    return not any(endpoint.endpoint_id == endpoint_id for _ in range(2) for endpoint in endpoints.list())


def holders(endpoints: Endpoints, identity: Identity, work: Work) -> list[Registered]:
    """The user's endpoints that hold one of the device tokens."""
    for wait in (0.5, 1.0):
        if (found := _holders_now(endpoints, identity)) or not work.pause(wait):
            return found
    return _holders_now(endpoints, identity)


def _holders_now(endpoints: Endpoints, identity: Identity) -> list[Registered]:
    return [
        endpoint
        for endpoint in describe_each(endpoints, listed_twice(endpoints))
        if endpoint.identity.tokens & identity.tokens
    ]


def unless_refused(look_up: Callable[[], list[_T]]) -> list[_T]:
    """What a former user has; nothing where that user is gone, or no longer ours to ask about: refused twice."""
    for _ in range(2):
        try:
            return look_up()
        except ServiceError as error:
            if not was_refused(error):
                raise
    return []


def settle(endpoints: Endpoints, endpoint: Settleable, wanted: Wanted) -> None:
    """Brings the changeable members to the declaration; makes no call where they are there already."""
    if (endpoint.name or "", endpoint.allow_messages) == (wanted.name, wanted.allow_messages):
        return  # no name and an empty one are the same
    if not is_updated(endpoints, endpoint.endpoint_id, name=wanted.name, allow_messages=wanted.allow_messages):
        raise VanishedError(
            Code.VANISHED,
            f"Endpoint {endpoint.endpoint_id} was deregistered outside CloudFormation while the function was changing"
            " it. Deploy again to register a new endpoint.",
        )


def is_updated(endpoints: Endpoints, endpoint_id: str, *, name: str, allow_messages: str) -> bool:
    """Changes name and messages in place; tells whether there was an endpoint to change."""
    for _ in range(_TRIES):
        try:
            if endpoints.update(endpoint_id, name=name, allow_messages=allow_messages):
                return True
        except ServiceError as error:
            if not was_refused(error) or not is_gone(endpoints, endpoint_id):
                raise
            return False
        if is_gone(endpoints, endpoint_id):
            return False
    raise unclear("UpdateAppInstanceUserEndpoint", endpoint_id)


def unclear(operation: str, endpoint_id: str) -> ServiceError:
    """The failure of a call whose answer does not say what it should."""
    return ServiceError(operation=operation, kind=Kind.UNCLEAR, said=INCOMPLETE, subject=f"of endpoint {endpoint_id}")


def deregister(endpoints: Endpoints, endpoint_id: str) -> None:
    """Removes an endpoint; one that is gone already is as good.

    Raises:
        ServiceError: it still exists, or the role may not ask.
    """
    try:
        endpoints.deregister(endpoint_id)
    except ServiceError as error:
        if not was_refused(error):
            raise
        if not _is_gone_after(error, endpoints, endpoint_id):
            kind = Kind.DENIED if error.kind is Kind.FORBIDDEN else error.kind  # List shows it: so does its user exist
            _, advice = explain(error.operation, kind, error.said)
            said = f"{error.said}, and the endpoint is still registered"
            raise _not_removed(error, said, endpoint_id, advice) from error


def _is_gone_after(refusal: ServiceError, endpoints: Endpoints, endpoint_id: str) -> bool:
    """Whether the refusal to remove an endpoint means that there is none.

    List says so. Where the service refuses that as well, twice, in its own name, the user is gone, and all endpoints
    with it. A denial by IAM proves nothing.
    """
    for _ in range(2):
        try:
            return is_gone(endpoints, endpoint_id)
        except ServiceError as error:
            if not may_mean_no_user(error) or not (may_mean_no_user(refusal) or error.kind is Kind.NOT_FOUND):
                raise _not_judged(refusal, error, endpoint_id) from error
    return True


def _not_judged(refusal: ServiceError, listing: ServiceError, endpoint_id: str) -> ServiceError:
    """The failure of a Deregister whose meaning List does not tell."""
    said = f"{refusal.said}, and {listing.operation} also failed: {listing.said}"
    denied = [f"chime:{error.operation}" for error in (refusal, listing) if error.kind is Kind.DENIED]
    advice = f"The function's role needs {' and '.join(denied)} on the AppInstanceUser."
    if not denied:
        _, advice = explain(listing.operation, listing.kind, listing.said)
    return _not_removed(refusal, said, endpoint_id, advice)


def _not_removed(refusal: ServiceError, said: str, endpoint_id: str, advice: str) -> ServiceError:
    return ServiceError(
        operation=refusal.operation,
        kind=refusal.kind,
        said=said,
        subject=f"of endpoint {endpoint_id}",
        explained=(Code.STILL_THERE, advice),
    )
