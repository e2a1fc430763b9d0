"""What the events of stacks prove about endpoints without a name that comes from a stack."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from chime_endpoints_cli.account.calls.concurrency import call_for_each
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.endpoints.observed import ObservedEndpoint
from chime_endpoints_handler.aws.endpoints.api import Endpoints, Registered
from chime_endpoints_handler.aws.endpoints.presence import describe
from chime_endpoints_handler.model.declaration import ENDPOINT_TYPE
from chime_endpoints_handler.model.timestamps import CLOCK_SKEW, seconds

_LEFT = "DELETE_SKIPPED"


class Proof(Enum):
    """How much the events prove."""

    HELD = auto()
    """The stack had the endpoint: an event names its physical ID."""
    LEFT = auto()
    """The stack left the endpoint in place on purpose."""
    DECLARED = auto()
    """The stack declared an endpoint with the same user, type, application and name before this one was registered."""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What the events of one resource prove about an endpoint."""

    proof: Proof
    stack_id: str
    logical_id: str

    def __str__(self) -> str:
        what = {
            Proof.HELD: "belonged to",
            Proof.LEFT: "was left in place by",
            Proof.DECLARED: "has the user, type, application and name that were declared for",
        }
        return f"{what[self.proof]} {self.logical_id} in stack {self.stack_id}"


@dataclass(frozen=True, kw_only=True)
class _Event:
    stack_id: str
    logical_id: str
    physical_id: str
    status: str
    at: float | None
    declared: tuple[object, ...]
    """The declared user, type and name."""
    application: object

    def evidence(self, proof: Proof) -> Evidence:
        return Evidence(proof=proof, stack_id=self.stack_id, logical_id=self.logical_id)


def evidence_of(
    services: Services, endpoints: Sequence[ObservedEndpoint], stack_ids: Sequence[str]
) -> Mapping[str, Evidence]:
    """Return the best evidence about each endpoint, by physical ID, from the events of the last 90 days."""
    if not endpoints:
        return {}
    read = call_for_each(stack_ids, lambda stack_id: list(_events(services, stack_id)), what="Reading stack events")
    events = [event for of_stack in read for event in of_stack]
    found = {endpoint.physical_id: _evidence(services, endpoint, events) for endpoint in endpoints}
    return {physical_id: evidence for physical_id, evidence in found.items() if evidence is not None}


def _evidence(services: Services, endpoint: ObservedEndpoint, events: Sequence[_Event]) -> Evidence | None:
    named = [event for event in events if event.physical_id == endpoint.physical_id]
    if left := [event for event in named if event.status == _LEFT]:
        return left[0].evidence(Proof.LEFT)
    if named:
        return named[0].evidence(Proof.HELD)
    equal = [event for event in events if event.declared == (endpoint.user_arn, endpoint.type, endpoint.name)]
    registered = _described(services, endpoint) if equal else None
    for event in equal if registered else ():
        if registered and event.application == registered.identity.resource_arn and _is_before(event, registered):
            return event.evidence(Proof.DECLARED)
    return None


def _is_before(event: _Event, registered: Registered) -> bool:
    """Whether an event began before an endpoint was registered, as far as both times are known."""
    return event.at is None or registered.created is None or event.at <= registered.created + CLOCK_SKEW


def _described(services: Services, endpoint: ObservedEndpoint) -> Registered | None:
    return describe(Endpoints(endpoint.user_arn, clients=services, call=services.call()), endpoint.endpoint_id)


def _events(services: Services, stack_id: str) -> Iterator[_Event]:
    cloudformation = services.stacks(stack_id.split(":", 4)[3])
    for page in cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id):
        for event in page["StackEvents"]:
            if event.get("ResourceType") == ENDPOINT_TYPE:
                properties = _properties(event.get("ResourceProperties"))
                yield _Event(
                    stack_id=stack_id,
                    logical_id=event["LogicalResourceId"],
                    physical_id=event.get("PhysicalResourceId") or "",
                    status=event["ResourceStatus"],
                    at=seconds(event.get("Timestamp")),
                    declared=tuple(properties.get(name) for name in ("AppInstanceUserArn", "Type", "Name")),
                    application=properties.get("ResourceArn"),
                )


def _properties(text: Any) -> Mapping[str, Any]:
    """Return the properties of an event, which CloudFormation shows as JSON text."""
    try:
        properties = json.loads(text or "{}")
    except ValueError:
        return {}
    return properties if isinstance(properties, dict) else {}
