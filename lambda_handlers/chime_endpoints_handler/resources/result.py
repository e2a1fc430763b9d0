"""The content of a successful response."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from chime_endpoints_handler.model.physical_id import Endpoint, PhysicalId


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A physical id and the attributes of the resource."""

    physical_id: PhysicalId
    data: Mapping[str, str] = field(default_factory=dict)
    unanswered: Callable[[], None] | None = None
    """The work to do if the response is not accepted."""


def registered(endpoint: Endpoint, *, unanswered: Callable[[], None] | None = None) -> Outcome:
    """Return the outcome for a registered endpoint, without long or secret values."""
    data = {"EndpointId": endpoint.endpoint_id, "AppInstanceUserArn": endpoint.user_arn}
    return Outcome(physical_id=endpoint, data=data, unanswered=unanswered)
