"""`chime-endpoints list`: the endpoints of users or of app instances, and which stack holds each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from . import options
from .at_once import each
from .command import Command
from .errors import CommandError
from .exit_codes import ExitCode
from .holders import Holdings, holdings_in
from .keeping import kept_cloud
from .registered import Registered, endpoints_of, users_of
from .services import Services
from .tables import Rows, show
from .terminal import counted, say, show_json, waiting

STATE_STYLES = {"ACTIVE": "green", "INACTIVE": "red"}


@click.command(
    "list",
    cls=Command,
    examples=[
        (
            "chime-endpoints list arn:aws:chime:us-east-1:111122223333:app-instance/ID",
            "all users of an app instance",
        ),
        ("chime-endpoints list --json $USER_ARN | jq '.endpoints[].state'", "one user, for another program"),
        ("chime-endpoints list --local", "everybody on the local cloud"),
    ],
)
@click.argument("arns", nargs=-1, metavar="[USER_OR_APP_INSTANCE_ARN]...")
@options.regions
@options.local
@options.as_json
def list_command(*, arns: tuple[str, ...], regions: tuple[str, ...], local: bool, as_json: bool) -> ExitCode:
    """Show what is registered, and which stack holds it.

    An ARN is that of a user, or of an app instance for all its users. Stacks are looked for in the region of your
    settings and in that of the ARNs, or where --region says. An endpoint that no stack holds there is shown as held
    by nobody.
    """
    services = options.services_of(local=local)
    if local and not arns:
        arns = tuple(filter(None, [kept_cloud().variables.get("APP_INSTANCE_ARN")]))
    if not arns:
        raise CommandError("no users to list", remedy="Give the ARN of a user or of an app instance.")
    users = users_in(services, arns)
    found = endpoints_of_all(services, users)
    held = holdings_in(services, options.regions_with_stacks(services, regions, arns))
    if as_json:
        show_json({"users": len(users), "endpoints": [_to_json(endpoint, held) for endpoint in found]})
        return ExitCode.DONE
    if found:
        show(endpoint_rows(found, held))
    say(f"{counted(len(found), 'endpoint')} of {counted(len(users), 'user')}")
    return ExitCode.DONE


def users_in(services: Services, arns: Sequence[str]) -> list[str]:
    """The users that ARNs stand for, those of app instances included."""
    users: dict[str, None] = {}
    with waiting("Listing users"):  # 50 a call
        for arn in arns:
            options.region_of(arn)
            users.update(dict.fromkeys([arn] if "/user/" in arn else users_of(services, arn)))
    return list(users)


def endpoints_of_all(services: Services, users: Sequence[str]) -> list[Registered]:
    """The endpoints of users, in the users' order."""
    lists = each(users, lambda user: endpoints_of(services, user), what="Asking for what is registered")
    return [endpoint for of_user in lists for endpoint in of_user]


def endpoint_rows(endpoints: Sequence[Registered], held: Holdings, *, changes: dict[str, str] | None = None) -> Rows:
    """A row for each endpoint; with a column of what happened to it where that is given by endpoint id."""
    more = [] if changes is None else ["change"]
    rows = []
    for endpoint in endpoints:
        holder = held.holder_of(endpoint.physical_id)
        rows.append(
            [
                endpoint.user_id,
                endpoint.endpoint_id,
                endpoint.type,
                "(its stack's)" if holder and endpoint.name == holder.own_name else endpoint.name,
                endpoint.allow_messages,
                " ".join(filter(None, (endpoint.state, endpoint.state_reason))),
                holder.stack.name if holder else "nobody",
                holder.logical_id if holder else "",
                *([] if changes is None else [changes.get(endpoint.endpoint_id, "")]),
            ]
        )
    columns = ["user", "endpoint", "type", "name", "messages", "state", "stack", "logical id", *more]
    return Rows(columns=columns, rows=rows, headings=2, styles=STATE_STYLES)


def _to_json(endpoint: Registered, held: Holdings) -> dict[str, Any]:
    holder = held.holder_of(endpoint.physical_id)
    return {
        "user_arn": endpoint.user_arn,
        "endpoint_id": endpoint.endpoint_id,
        "type": endpoint.type,
        "name": endpoint.name,
        "allow_messages": endpoint.allow_messages,
        "state": endpoint.state,
        "state_reason": endpoint.state_reason,
        "held_by": holder
        and {"stack": holder.stack.name, "stack_id": holder.stack.id, "logical_id": holder.logical_id},
    }
