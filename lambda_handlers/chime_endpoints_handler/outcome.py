"""What the answer to a successful event says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .physical_id import Endpoint, PhysicalId


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A physical id and the attributes beside it."""

    physical_id: PhysicalId
    data: Mapping[str, str] = field(default_factory=dict)
    unanswered: Callable[[], None] | None = None
    """What is left to do where nobody accepts the answer."""


def registered(endpoint: Endpoint, *, unanswered: Callable[[], None] | None = None) -> Outcome:
    """The answer for a registered endpoint: nothing that is long or secret."""
    data = {"EndpointId": endpoint.endpoint_id, "AppInstanceUserArn": endpoint.user_arn}
    return Outcome(physical_id=endpoint, data=data, unanswered=unanswered)
