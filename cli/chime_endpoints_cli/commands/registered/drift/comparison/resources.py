"""Compares a resource of a stack with the service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.endpoints.observed import DescribedEndpoint, describe, tags_of
from chime_endpoints_cli.account.stacks.desired import DesiredResource
from chime_endpoints_cli.account.stacks.in_region import InRegion
from chime_endpoints_cli.account.stacks.stacks import FLEET_TYPE
from chime_endpoints_cli.account.stacks.templates.intrinsic_functions import is_known
from chime_endpoints_cli.account.stacks.templates.template_text import is_same
from chime_endpoints_cli.commands.registered.drift.findings import Difference, Finding, State
from chime_endpoints_cli.output.failures.translation import in_one_line
from chime_endpoints_handler.aws import token_sources as sources
from chime_endpoints_handler.aws.failures.errors import HandlerError, ServiceError
from chime_endpoints_handler.aws.failures.remedies import Kind
from chime_endpoints_handler.model import physical_id
from chime_endpoints_handler.model.declaration import (
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
from chime_endpoints_handler.model.rules.violations import token_violations

from . import remedies as repair
from .fleets import compare_fleet

_HIDDEN = "(not shown)"
_UNTOLD = "only CloudFormation knows the declared value"


def compare(declared: DesiredResource, services: Services, *, with_tokens: bool) -> Finding:
    """Compare a declared resource with the service.

    Raises:
        ServiceError: the credentials are invalid, so that no resource can be compared.
    """
    try:
        if declared.held.type == FLEET_TYPE:
            return compare_fleet(declared, services)
        if declared.held.type == TAGS_TYPE:
            return _compare_tags(declared, services)
        return _compare_endpoint(declared, services, with_tokens=with_tokens)
    except ServiceError as error:
        if error.kind is Kind.UNAUTHENTICATED:
            raise
        reason = f"{error.operation} failed: {error.said}"
        return Finding(
            held=declared.held, path=declared.path, subject="", state=State.UNKNOWN, reason=reason, repair=repair.ASK
        )


def _compare_endpoint(declared: DesiredResource, services: Services, *, with_tokens: bool) -> Finding:
    held, properties = declared.held, declared.properties
    found = Finding(held=held, path=declared.path, subject="", state=State.GONE)
    endpoint = physical_id.read(held.physical_id)
    if not isinstance(endpoint, physical_id.Endpoint):
        reason = f"no endpoint was registered; the resource is in {held.status}"
        return replace(found, reason=reason, repair=repair.of_gone(held, declared.path))
    found = replace(found, subject=f"endpoint {endpoint.endpoint_id} of {_short(endpoint.user_arn)}")
    seen = describe(services, endpoint)
    if seen is None:
        reason = "the endpoint is no longer registered"
        return replace(found, reason=reason, repair=repair.of_gone(held, declared.path))
    if properties is None:
        reason = f"the stack's template does not declare it; the resource is in {held.status}"
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
        found = replace(found, state=State.INACTIVE, reason=seen.state_reason or "the service gave no reason")
    return replace(found, repair=repair.of_endpoint(found))


def _fields(
    declared: DesiredResource, properties: Mapping[str, Any], seen: DescribedEndpoint
) -> tuple[list[Difference], list[tuple[str, str]]]:
    wanted = {
        "type": properties.get("Type"),
        "application": properties.get("ResourceArn"),
        "name": _name(declared, properties, seen),
        "allow_messages": properties.get("AllowMessages", AllowMessages.ALL),
    }
    if is_known(properties.get("AppInstanceUserArn")):  # otherwise the physical id already identifies the user
        wanted["user"] = properties.get("AppInstanceUserArn")
    registered = {
        "user": seen.user_arn,
        "type": seen.type,
        "application": seen.application,
        "name": seen.name,
        "allow_messages": seen.allow_messages,
    }
    differences, not_compared = [], []
    for field, value in wanted.items():
        if not is_known(value):
            not_compared.append((field, _UNTOLD))
        elif not is_same(str(value) if not isinstance(value, str) else value, registered[field]):
            differences.append(Difference(field=field, declared=str(value), registered=registered[field]))
    return differences, not_compared


def _name(declared: DesiredResource, properties: Mapping[str, Any], seen: DescribedEndpoint) -> Any:
    """Return the expected name; an endpoint that was adopted without a declared name keeps its own."""
    if "Name" in properties:
        return properties["Name"]
    own = declared.held.own_name
    adopts = properties.get("AdoptExisting")
    if is_known(adopts):
        return seen.name if str(adopts).lower() == "true" else own
    return own if seen.name == own else adopts


def _tokens(
    declared: DesiredResource, properties: Mapping[str, Any], seen: DescribedEndpoint, services: Services
) -> Iterator[tuple[str, Difference | str]]:
    """Yield the device tokens that differ, and for those that cannot be compared, the reason."""
    attributes = properties.get("EndpointAttributes")
    if not isinstance(attributes, Mapping):
        yield "device_token", _UNTOLD
        return
    clients = InRegion(services=services, region=declared.held.stack.region)
    for field, member, registered in (
        ("device_token", "DeviceToken", seen.device_token),
        ("voip_device_token", "VoipDeviceToken", seen.voip_device_token),
    ):
        if registered is not None and (wrong := token_violations(registered, f"the registered {member}")):
            shown = f"{_HIDDEN[:-1]}; {wrong[0].text})"
            yield field, Difference(field=field, declared="a device token", registered=shown)
            continue
        given = {name: value for name, value in attributes.items() if name in (member, f"{member}Source")}
        if not is_known(given) or (not given and field == "device_token"):
            yield field, _UNTOLD
            continue
        if not given:
            if registered is not None:
                yield field, Difference(field=field, declared="none", registered=_HIDDEN)
            continue
        source = _source(member, given)
        if source is None:
            yield field, _UNTOLD
            continue
        try:
            token = sources.read(member, source, clients=clients, call=services.call())
        except HandlerError as error:
            yield field, in_one_line(error)
            continue
        if not is_same(token, registered):
            shown = "none" if registered is None else _HIDDEN
            yield field, Difference(field=field, declared=f"{_HIDDEN[:-1]}, {_place(source)})", registered=shown)


def _source(member: str, given: Mapping[str, Any]) -> TokenSource | None:
    """Return the declared source of a token, or None if the function would have rejected it."""
    as_first = {name.replace(member, "DeviceToken"): value for name, value in given.items()}
    properties = {"AppInstanceUserArn": "", "Type": EndpointType.GCM, "ResourceArn": "", "EndpointAttributes": as_first}
    try:
        return read_endpoint(properties).device_token
    except (AttributeError, KeyError, TypeError):
        return None


def _compare_tags(declared: DesiredResource, services: Services) -> Finding:
    held, properties = declared.held, declared.properties
    found = Finding(held=held, path=declared.path, subject="", state=State.GONE)
    identity = physical_id.read(held.physical_id)
    if not isinstance(identity, physical_id.Tags):
        reason = f"no tag was set; the resource is in {held.status}"
        return replace(found, reason=reason, repair=repair.of_tags(held))
    found = replace(found, subject=f"tags on {_short(identity.resource_arn)}")
    try:
        there = tags_of(services, identity.resource_arn)
    except ServiceError as error:
        if error.kind not in (Kind.NOT_FOUND, Kind.INVALID):
            raise
        reason = f"the tagged resource no longer exists ({error.said})"
        return replace(found, reason=reason, repair=repair.of_tags(held))
    tags = (properties or {}).get("Tags")
    if not isinstance(tags, list) or not all(_is_tag(tag) for tag in tags):
        return replace(found, state=State.UNKNOWN, not_compared=(("tags", _UNTOLD),))
    differences, not_compared = [], []
    for key, value in tag_map(tags).items():
        registered = next((there[each] for each in there if is_same(key, each)), None)
        if not is_known(value):
            not_compared.append((f"tags.{key}", _UNTOLD))
        elif not is_same(value, registered):
            differences.append(
                Difference(field=f"tags.{key}", declared=value, registered="none" if registered is None else registered)
            )
    state = State.CHANGED if differences else State.UNKNOWN if not_compared else State.IN_SYNC
    return replace(
        found,
        state=state,
        differences=tuple(differences),
        not_compared=tuple(not_compared),
        repair=repair.of_tags(held) if differences else "",
    )


def _is_tag(tag: object) -> bool:
    return isinstance(tag, Mapping) and isinstance(tag.get("Key"), str) and "Value" in tag


def _place(source: TokenSource) -> str:
    if isinstance(source, PlainToken):
        return "in the template"
    if isinstance(source, ParameterSource):
        return f"parameter {source.parameter_name}" + (f" version {source.version}" if source.version else "")
    if isinstance(source, SecretSource):
        return f"secret {source.secret_arn}" + (f" field {source.field}" if source.field else "")
    raise AssertionError(source)


def _short(arn: str) -> str:
    """Return the last part of an identity's ARN, such as `user/alice`."""
    return arn.split(":", 5)[5].split("/", 2)[-1]
