"""Endpoints and tags as tables."""

from collections.abc import Iterable, Mapping

from rich import box
from rich.markup import escape
from rich.table import Table

from .registered import RegisteredEndpoint


def endpoints_table(endpoints: Iterable[RegisteredEndpoint], *, changes: Mapping[str, str] | None = None) -> Table:
    """A row for each endpoint; with a column of what happened to it where that is given by endpoint id."""
    table = _table("user", "endpoint id", "type", "name", "messages", "state", "stack")
    if changes is not None:
        table.add_column("change")
    for endpoint in endpoints:
        row = [
            endpoint.user_id,
            endpoint.endpoint_id,
            endpoint.type,
            endpoint.name,
            endpoint.allow_messages,
            " ".join(filter(None, (endpoint.state, endpoint.state_reason))),
            endpoint.holder.stack if endpoint.holder else "none",
        ]
        if changes is not None:
            row.append(changes.get(endpoint.endpoint_id, ""))
        table.add_row(*(escape(cell) for cell in row))
    return table


def tags_table(tags: Mapping[str, Mapping[str, str]]) -> Table:
    """A row for each user."""
    table = _table("user", "tags")
    for user, of_user in tags.items():
        table.add_row(escape(user), escape(", ".join(f"{key}={value}" for key, value in sorted(of_user.items()))))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
