"""One resource of a stack against the service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from chime_endpoints_cli.in_region import InRegion
from chime_endpoints_cli.registered import Described, describe, tags_of
from chime_endpoints_cli.services import Services
from chime_endpoints_cli.template_values import is_known
from chime_endpoints_handler import physical_id, sources
from chime_endpoints_handler.advice import Kind
from chime_endpoints_handler.declaration import (
    TAGS_TYPE,
    AllowMessages,
    EndpointType,
    ParameterSource,
    PlainToken,
    SecretSource,
    TokenSource,
    read_endpoint,
    tag_map,
)
from chime_endpoints_handler.errors import HandlerError, ServiceError

from . import repair
from .declared import Declared
from .findings import Difference, Finding, State

_HIDDEN = "(not shown)"
_UNTOLD = "only CloudFormation knows the declared value"


def compare(declared: Declared, services: Services, *, with_tokens: bool) -> Finding:
    """What the service holds of a resource, and where that differs.

    Raises:
        ServiceError: there are no credentials, so that nothing can be told of anything.
    """
    try:
        if declared.held.type == TAGS_TYPE:
            return _compare_tags(declared, services)
        return _compare_endpoint(declared, services, with_tokens=with_tokens)
    except ServiceError as error:
        if error.kind is Kind.UNAUTHENTICATED:
            raise
        reason = f"{error.operation} was refused or failed: {error.said}"
        return Finding(
            held=declared.held, path=declared.path, subject="", state=State.UNKNOWN, reason=reason, repair=repair.ASK
        )


def _compare_endpoint(declared: Declared, services: Services, *, with_tokens: bool) -> Finding:
    held, properties = declared.held, declared.properties
    found = Finding(held=held, path=declared.path, subject="", state=State.GONE)
    endpoint = physical_id.read(held.physical_id)
    if not isinstance(endpoint, physical_id.Endpoint):
        reason = f"no endpoint was registered; CloudFormation says {held.status}"
        return replace(found, reason=reason, repair=repair.of_gone(held, declared.path))
    found = replace(found, subject=f"endpoint {endpoint.endpoint_id} of {_short(endpoint.user_arn)}")
    seen = describe(services, endpoint)
    if seen is None:
        reason = "no such endpoint is registered"
        return replace(found, reason=reason, repair=repair.of_gone(held, declared.path))
    if properties is None:
        reason = f"the stack's template does not declare it; CloudFormation says {held.status}"
        return replace(found, state=State.UNKNOWN, reason=reason)
    differences, not_compared = _fields(declared, properties, seen)
    if with_tokens:
        for field, difference in _tokens(declared, properties, seen, services):
            if isinstance(difference, Difference):
                differences.append(difference)
            else:
                not_compared.append((field, difference))
    state = State.CHANGED if differences else State.UNKNOWN if not_compared else State.IN_SYNC
    found = replace(found, state=state, differences=tuple(differences), not_compared=tuple(not_compared))
    if seen.state == "INACTIVE":
        found = replace(found, state=State.INACTIVE, reason=seen.state_reason or "the service gives no reason")
    return replace(found, repair=repair.of_endpoint(found))


def _fields(
    declared: Declared, properties: Mapping[str, Any], seen: Described
) -> tuple[list[Difference], list[tuple[str, str]]]:
    may_be_adopted = str(properties.get("AdoptExisting")).lower() == "true"
    name = seen.name if may_be_adopted else declared.held.own_name  # what was adopted keeps the name that it had
    pairs = {
        "user": (properties.get("AppInstanceUserArn"), seen.user_arn),
        "type": (properties.get("Type"), seen.type),
        "application": (properties.get("ResourceArn"), seen.application),
        "name": (properties.get("Name", name), seen.name),
        "allow_messages": (properties.get("AllowMessages", AllowMessages.ALL), seen.allow_messages),
    }
    differences, not_compared = [], []
    for field, (wanted, registered) in pairs.items():
        if not is_known(wanted):
            not_compared.append((field, _UNTOLD))
        elif str(wanted) != registered:
            differences.append(Difference(field=field, declared=str(wanted), registered=registered))
    return differences, not_compared


def _tokens(
    declared: Declared, properties: Mapping[str, Any], seen: Described, services: Services
) -> Iterator[tuple[str, Difference | str]]:
    """The device tokens that differ, and those that could not be compared with the reason."""
    attributes = properties.get("EndpointAttributes")
    if not isinstance(attributes, Mapping) or not is_known(attributes):
        yield "device_token", _UNTOLD
        return
    wanted = read_endpoint(
        {"AppInstanceUserArn": "", "Type": EndpointType.GCM, "ResourceArn": "", "EndpointAttributes": attributes}
    )
    clients = InRegion(services=services, region=declared.held.stack.region)
    for field, member, source, registered in (
        ("device_token", "DeviceToken", wanted.device_token, seen.device_token),
        ("voip_device_token", "VoipDeviceToken", wanted.voip_device_token, seen.voip_device_token),
    ):
        if source is None:
            if registered is not None:
                yield field, Difference(field=field, declared="none", registered=_HIDDEN)
            continue
        try:
            token = sources.read(member, source, clients=clients, call=services.call())
        except HandlerError as error:
            yield field, str(error)
            continue
        if token != registered:
            shown = "none" if registered is None else _HIDDEN
            yield field, Difference(field=field, declared=f"{_HIDDEN[:-1]}, {_place(source)})", registered=shown)


def _compare_tags(declared: Declared, services: Services) -> Finding:
    held, properties = declared.held, declared.properties
    found = Finding(held=held, path=declared.path, subject="", state=State.GONE)
    identity = physical_id.read(held.physical_id)
    if not isinstance(identity, physical_id.Tags):
        reason = f"no tag was set; CloudFormation says {held.status}"
        return replace(found, reason=reason, repair=repair.of_tags(held))
    found = replace(found, subject=f"tags on {_short(identity.resource_arn)}")
    try:
        there = tags_of(services, identity.resource_arn)
    except ServiceError as error:
        if error.kind not in (Kind.NOT_FOUND, Kind.INVALID):
            raise
        reason = f"what was tagged is not there any more ({error.said})"
        return replace(found, reason=reason, repair=repair.of_tags(held))
    tags = (properties or {}).get("Tags")
    if not isinstance(tags, list) or not is_known(tags):
        return replace(found, state=State.UNKNOWN, not_compared=(("tags", _UNTOLD),))
    differences = tuple(
        Difference(field=f"tags.{key}", declared=value, registered=there.get(key, "none"))
        for key, value in tag_map(tags).items()
        if there.get(key) != str(value)
    )
    if not differences:
        return replace(found, state=State.IN_SYNC)
    return replace(found, state=State.CHANGED, differences=differences, repair=repair.of_tags(held))


def _place(source: TokenSource) -> str:
    if isinstance(source, PlainToken):
        return "in the template"
    if isinstance(source, ParameterSource):
        return f"parameter {source.parameter_name}" + (f" version {source.version}" if source.version else "")
    if isinstance(source, SecretSource):
        return f"secret {source.secret_arn}" + (f" field {source.field}" if source.field else "")
    raise AssertionError(source)


def _short(arn: str) -> str:
    """An identity's own part of its ARN."""
    return arn.split(":", 5)[5].split("/", 2)[-1]
