"""What `list` prints: a table for people, JSON and CSV for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from chime_endpoints_cli.account.endpoints.observed import ObservedEndpoint
from chime_endpoints_cli.account.stacks.stacks import StackResource
from chime_endpoints_cli.account.stacks.templates.constructs import Keys
from chime_endpoints_cli.output.console.tables import Rows
from chime_endpoints_handler.model.physical_id import suffix

STATE_STYLES = {"ACTIVE": "green", "INACTIVE": "red"}
NO_STACK = "no stack"
"""Cannot be mistaken for the name of a stack, which has no spaces."""
COLUMNS = (
    "user_arn",
    "endpoint_id",
    "type",
    "name",
    "allow_messages",
    "state",
    "state_reason",
    "stack",
    "stack_id",
    "logical_id",
    "key",
    "fleet",
)
"""The columns of the CSV."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """An endpoint and the resource of a stack that manages it, if any."""

    endpoint: ObservedEndpoint
    holder: StackResource | None = None
    keys: Keys = field(default_factory=dict, repr=False)
    fleet_key: str | None = None
    """Its key in the manifest, if a fleet manages it."""

    @property
    def fleet(self) -> str | None:
        """The id of the fleet that manages it, if one does."""
        return None if self.fleet_key is None or self.holder is None else self.holder.own_name

    @property
    def key(self) -> str | None:
        """The key of the line or entry, or the path of the construct, if there is one."""
        if self.holder is None or self.fleet_key is not None:
            return self.fleet_key
        return self.keys.get((self.holder.stack.id, self.holder.logical_id))


def table(listed: Sequence[Listed], *, unheld: str = NO_STACK) -> Rows:
    """Return a table row for each endpoint.

    Args:
        listed: the endpoints.
        unheld: the text in the stack column of an endpoint that belongs to no stack.
    """
    columns = ["user", "endpoint", "type", "name", "messages", "state", "stack", "key", "logical id"]
    return Rows(columns=columns, rows=[_row(each, unheld) for each in listed], headings=2, styles=STATE_STYLES)


def records(listed: Sequence[Listed]) -> Iterator[dict[str, Any]]:
    """Yield a flat record for each endpoint, for CSV."""
    for each in listed:
        record = to_json(each)
        yield record | (record.pop("held_by") or dict.fromkeys(("stack", "stack_id", "logical_id", "key", "fleet")))


def to_json(listed: Listed) -> dict[str, Any]:
    """Return an endpoint as JSON for other programs."""
    endpoint, holder = listed.endpoint, listed.holder
    return {
        "user_arn": endpoint.user_arn,
        "endpoint_id": endpoint.endpoint_id,
        "type": endpoint.type,
        "name": endpoint.name,
        "allow_messages": endpoint.allow_messages,
        "state": endpoint.state,
        "state_reason": endpoint.state_reason,
        "held_by": holder
        and {
            "stack": holder.stack.name,
            "stack_id": holder.stack.id,
            "logical_id": holder.logical_id,
            "key": listed.key,
            "fleet": listed.fleet,
        },
    }


def _row(listed: Listed, unheld: str) -> list[str]:
    endpoint, holder = listed.endpoint, listed.holder
    return [
        endpoint.user_id,
        endpoint.endpoint_id,
        endpoint.type,
        _name(listed),
        endpoint.allow_messages,
        " ".join(filter(None, (endpoint.state, endpoint.state_reason))),
        holder.stack.name if holder else unheld,
        listed.key or "",
        holder.logical_id if holder else "",
    ]


def _name(listed: Listed) -> str:
    """Return the name, or whose it is if it is the one that an endpoint without a declared name gets."""
    name, holder = listed.endpoint.name, listed.holder
    if holder is None:
        return name
    if listed.fleet_key is None:
        return "(its stack's)" if name == holder.own_name else name
    logical_id = f"{holder.logical_id}.{listed.fleet_key}"
    own = f"{holder.stack.name}-{logical_id}-{suffix(holder.stack.id, logical_id)}"
    return "(its fleet's)" if name == own else name
