"""The events that CloudFormation sends to the function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chime_endpoints_cli.commands.plan.comparison.changes import Event, ResourceChange
from chime_endpoints_handler.cloudformation.request import Request, RequestType
from chime_endpoints_handler.model import physical_id
from chime_endpoints_handler.model.declaration import ENDPOINT_TYPE, read_endpoint
from chime_endpoints_handler.model.rules.violations import violations

_FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:any"


def can_be_rotated(change: ResourceChange) -> bool:
    """Whether a device token may differ from the registered one although the declaration is the same."""
    if change.type != ENDPOINT_TYPE or change.new is None or change.unknown:
        return False
    if not isinstance(physical_id.read(change.physical_id), physical_id.Endpoint):
        return False
    return not violations(change.type, change.new) and not read_endpoint(change.new).is_pinned


def request_of(change: ResourceChange) -> Request:
    """Return the event for a change; for a resource without one, the Update that CloudFormation does not send."""
    is_delete = change.event is Event.DELETE
    kinds = {Event.CREATE: RequestType.CREATE, Event.DELETE: RequestType.DELETE}
    new = change.old if is_delete else change.new
    return Request(
        request_type=kinds.get(change.event, RequestType.UPDATE),
        request_id="plan",
        stack_id=change.stack.id,
        logical_id=change.logical_id,
        resource_type=change.type,
        physical_id=change.physical_id,
        properties=_as_sent(new),
        old_properties=None if is_delete else _as_sent(change.old),
        response_url="https://127.0.0.1/",
    )


def _as_sent(properties: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return properties as CloudFormation sends them."""
    return None if properties is None else {**properties, "ServiceToken": _FUNCTION}
