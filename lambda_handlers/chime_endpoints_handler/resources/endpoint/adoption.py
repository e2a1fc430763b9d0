"""Taking over an endpoint that somebody else registered, where the declaration says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from chime_endpoints_handler.aws.endpoints import Endpoints, Identity, Registered
from chime_endpoints_handler.aws.failures.errors import AlreadyRegisteredError
from chime_endpoints_handler.model.codes import Code
from chime_endpoints_handler.resources.work import Work

from .ownership import Wanted, settle
from .siblings import sibling_of

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
            f"{_REFUSED} another user's endpoint has the device token; no endpoint of this AppInstanceUser has it."
            " Deregister that endpoint first, or declare the device's current token.",
        )
    holder = holding[0]
    there = f"endpoint {holder.endpoint_id} of this AppInstanceUser"
    if holder.inactive:
        there += f", which is INACTIVE ({holder.inactive}),"
    if sibling := sibling_of(holder, work):
        raise AlreadyRegisteredError(
            Code.TAKEN,
            f"{_REFUSED} {there} already has the device token and belongs to resource {sibling} of this stack, so"
            f" removing that resource would deregister it. If you renamed {sibling}, keep its logical ID (in"
            " endpoints.yaml, declare the previous key as `id`; in CDK, call override_logical_id). Otherwise, declare"
            " the device once.",
        )
    if not wanted.may_adopt:
        raise AlreadyRegisteredError(
            Code.TAKEN,
            f"{_REFUSED} {there} already has the device token. This resource does not own that endpoint and did not"
            " change it. To take it over, set AdoptExisting to true, or deregister it first; but if you renamed the"
            " resource that it belongs to, keep its logical ID instead.",
        )
    if different := list(_differences(holder.identity, wanted.identity)):
        raise AlreadyRegisteredError(
            Code.NOT_ADOPTABLE,
            f"{_REFUSED} {there} already has the device token. AdoptExisting cannot take it over: it differs from the"
            f" declaration in {' and '.join(different)}, which cannot be changed. Declare the registered values, or"
            " deregister the endpoint first.",
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
