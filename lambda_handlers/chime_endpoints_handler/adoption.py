"""Taking over an endpoint that somebody else registered, where the declaration says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from .codes import Code
from .endpoints import Endpoints, Identity, Registered
from .errors import AlreadyRegisteredError
from .ownership import Wanted, settle
from .siblings import sibling_of
from .work import Work

_REFUSED = "RegisterAppInstanceUserEndpoint failed: ConflictException, because"


def adopt(endpoints: Endpoints, holding: Sequence[Registered], wanted: Wanted, work: Work) -> Registered:
    """Takes over the endpoint that holds the device token, where the declaration says so.

    Raises:
        AlreadyRegisteredError: it does not say so, the endpoint is another than the declared one, or another resource
            of the stack holds it.
    """
    if not holding:
        raise AlreadyRegisteredError(
            Code.TAKEN_ELSEWHERE,
            f"{_REFUSED} the device token is registered, though by no endpoint of this AppInstanceUser: another user's"
            " endpoint holds it. Deregister that one first, or declare the device's present token.",
        )
    holder = holding[0]
    there = f"endpoint {holder.endpoint_id} of this AppInstanceUser"
    if holder.inactive:
        there += f", which is INACTIVE ({holder.inactive}),"
    if sibling := sibling_of(holder, work):
        raise AlreadyRegisteredError(
            Code.TAKEN,
            f"{_REFUSED} {there} holds the device token and belongs to resource {sibling} of this stack, whose removal"
            f" would deregister it. If you renamed {sibling}, keep its logical ID (in endpoints.yaml, declare the"
            " former key as `id`; in CDK, call override_logical_id); otherwise declare the device once.",
        )
    if not wanted.may_adopt:
        raise AlreadyRegisteredError(
            Code.TAKEN,
            f"{_REFUSED} {there} holds the device token; it is not this resource's and was left as it is. To take it"
            " over set AdoptExisting to true, otherwise deregister it first; but if you renamed the resource that it"
            " belongs to, keep that one's logical ID instead.",
        )
    if different := list(_differences(holder.identity, wanted.identity)):
        raise AlreadyRegisteredError(
            Code.NOT_ADOPTABLE,
            f"{_REFUSED} {there} holds the device token, and AdoptExisting cannot take it over: it has another"
            f" {' and another '.join(different)}, which cannot be changed. Declare what is registered, or deregister"
            " the endpoint first.",
        )
    # Our name would mark it as what the next event may remove, should this one fail.
    settle(endpoints, holder, wanted if wanted.is_name_declared else replace(wanted, name=holder.name or ""))
    work.warn_if_inactive(holder)
    return holder


def _differences(there: Identity, wanted: Identity) -> Iterator[str]:
    """The properties that differ and cannot be changed; their values may be secret."""
    if there.type != wanted.type:
        yield "Type"
    if there.resource_arn != wanted.resource_arn:
        yield "ResourceArn"
    if there.device_token != wanted.device_token:
        yield "DeviceToken"
    if there.voip_device_token != wanted.voip_device_token:
        yield "VoipDeviceToken"
