"""Taking over an endpoint that somebody else registered, where the declaration says so."""

from __future__ import annotations

from collections.abc import Sequence

from .endpoints import Endpoints, Registered
from .errors import AlreadyRegisteredError
from .ownership import Wanted, settle


def adopt(endpoints: Endpoints, holding: Sequence[Registered], wanted: Wanted) -> Registered:
    """Takes over the endpoint that holds the device token, where the declaration says so.

    Raises:
        AlreadyRegisteredError: it does not say so, or the endpoint is another than the declared one.
    """
    if not holding:
        raise AlreadyRegisteredError(
            "RegisterAppInstanceUserEndpoint failed: ConflictException. The device token is registered, but by no"
            " endpoint of this AppInstanceUser: another user's endpoint holds it. Deregister that one first."
        )
    holder = holding[0]
    there = f"the endpoint {holder.endpoint_id} of this AppInstanceUser holds the device token"
    if not wanted.may_adopt:
        raise AlreadyRegisteredError(
            f"RegisterAppInstanceUserEndpoint failed: ConflictException; {there}, and it is not this resource's."
            " It was left as it is. To take it over, set AdoptExisting to true; otherwise deregister it first."
        )
    if holder.identity != wanted.identity:
        raise AlreadyRegisteredError(
            f"AdoptExisting: {there}, but with another Type, ResourceArn or pair of device tokens, which cannot"
            " be changed. Declare what is registered, or deregister the endpoint first."
        )
    settle(endpoints, holder, wanted)
    return holder
