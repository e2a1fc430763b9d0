"""What `list` prints: a table for people, JSON and CSV for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from chime_endpoints_cli.account.endpoints.observed import ObservedEndpoint
from chime_endpoints_cli.account.stacks.stacks import StackResource
from chime_endpoints_cli.account.stacks.templates.constructs import Keys
from chime_endpoints_cli.output.console.tables import Rows

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
)
"""The columns of the CSV."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """An endpoint and the resource of a stack that manages it, if any."""

    endpoint: ObservedEndpoint
    holder: StackResource | None = None
    keys: Keys = field(default_factory=dict, repr=False)

    @property
    def key(self) -> str | None:
        """The key of the entry in endpoints.yaml, or the path of the construct, if there is one."""
        if self.holder is None:
            return None
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
        yield record | (record.pop("held_by") or dict.fromkeys(("stack", "stack_id", "logical_id", "key")))


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
        },
    }


def _row(listed: Listed, unheld: str) -> list[str]:
    endpoint, holder = listed.endpoint, listed.holder
    return [
        endpoint.user_id,
        endpoint.endpoint_id,
        endpoint.type,
        "(its stack's)" if holder and endpoint.name == holder.own_name else endpoint.name,
        endpoint.allow_messages,
        " ".join(filter(None, (endpoint.state, endpoint.state_reason))),
        holder.stack.name if holder else unheld,
        listed.key or "",
        holder.logical_id if holder else "",
    ]
