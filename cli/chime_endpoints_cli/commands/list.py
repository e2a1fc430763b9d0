"""`chime-endpoints list`: endpoints of users or app instances, and the stack of each endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.endpoints.given_arns import cleaned
from chime_endpoints_cli.account.endpoints.listing import endpoints_of_all, users_in
from chime_endpoints_cli.account.endpoints.observed import ObservedEndpoint
from chime_endpoints_cli.account.stacks.holders import StackEndpoints, stack_endpoints_in_regions
from chime_endpoints_cli.account.stacks.regions import RegionsRead
from chime_endpoints_cli.command_line import options
from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.local.background.background_process import background_cloud
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_cli.output.tables import Rows, show
from chime_endpoints_cli.output.terminal import counted, say, show_json
from chime_endpoints_handler.model import physical_id

STATE_STYLES = {"ACTIVE": "green", "INACTIVE": "red"}
NO_STACK = "no stack"
"""Cannot be mistaken for the name of a stack, which has no spaces."""


@click.command(
    "list",
    cls=Command,
    examples=[
        (
            "chime-endpoints list arn:aws:chime:us-east-1:111122223333:app-instance/ID",
            "all users of an app instance",
        ),
        ("chime-endpoints list $USER_ARN/endpoint/ID", "one endpoint"),
        ("chime-endpoints list --json $USER_ARN | jq '.endpoints[].state'", "one user, as JSON for another program"),
        ("chime-endpoints list --local", "every user on the local cloud"),
    ],
)
@click.argument("arns", nargs=-1, metavar="[ARN_OR_ENDPOINT]...")
@options.regions
@options.local
@options.as_json
def list_command(*, arns: tuple[str, ...], regions: tuple[str, ...], local: bool, as_json: bool) -> ExitCode:
    """Show registered endpoints and their stacks.

    Give the ARN of an app instance to list all its users, the ARN of a user, or an endpoint as USER_ARN/endpoint/ID.
    The command looks for stacks in the region of your settings and in the regions of the ARNs, or in the regions of
    --region. An endpoint that belongs to none of these stacks is shown with "no stack".
    """
    services = options.services_of(local=local)
    arns = cleaned(arns)
    if local and not arns:
        arns = background_cloud().app_instances
    if not arns:
        raise CommandError("no users to list", remedy="Give the ARN of a user or of an app instance.")
    users, found = _listed(services, arns)
    where = options.regions_with_stacks(services, regions, arns)
    held, reach = stack_endpoints_in_regions(services, where, given=bool(regions))
    if as_json:
        show_json(
            {
                "users": len(users),
                "endpoints": [_to_json(endpoint, held) for endpoint in found],
                "regions_passed_over": list(reach.passed_over),
            }
        )
    else:
        if found:
            show(endpoint_rows(found, held, unheld="unknown" if reach.passed_over else NO_STACK))
        say(_summary(found, len(users), held, reach))
    return ExitCode.FAILED if found and reach.passed_over else ExitCode.DONE


def _listed(services: Services, arns: Sequence[str]) -> tuple[list[str], list[ObservedEndpoint]]:
    """Return the users to list and their endpoints; for a single endpoint, only that endpoint."""
    single = {arn: one.user_arn for arn in arns if isinstance(one := physical_id.read(arn), physical_id.Endpoint)}
    whole = users_in(services, [arn for arn in arns if arn not in single])
    users = list(dict.fromkeys([*whole, *single.values()]))
    found = [
        endpoint
        for endpoint in endpoints_of_all(services, users)
        if endpoint.user_arn in whole or endpoint.physical_id in single
    ]
    missing = single.keys() - {endpoint.physical_id for endpoint in found}
    if missing:
        raise CommandError(
            f"no such endpoint: {', '.join(sorted(missing))}",
            remedy="Give the ARN of the user to list all of the user's endpoints.",
        )
    return users, found


def _summary(found: Sequence[ObservedEndpoint], users: int, held: StackEndpoints, reach: RegionsRead) -> str:
    text = f"{counted(len(found), 'endpoint')} of {counted(users, 'user')}"
    free = sum(held.holder_of(endpoint.physical_id) is None for endpoint in found)
    if free and not reach.passed_over:
        text += f", {free} with {NO_STACK}"
    if found and reach.passed_over:
        over = ", ".join(f"{region} ({reason})" for region, reason in reach.passed_over.items())
        text += f"\nThe stacks in these regions could not be read: {over}. Name other regions with --region."
    return text


def endpoint_rows(
    endpoints: Sequence[ObservedEndpoint],
    held: StackEndpoints,
    *,
    unheld: str = NO_STACK,
) -> Rows:
    """Return a table row for each endpoint.

    Args:
        endpoints: the registered endpoints.
        held: the endpoints that belong to stacks.
        unheld: the text in the stack column of an endpoint that belongs to no stack.
    """
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
                holder.stack.name if holder else unheld,
                holder.logical_id if holder else "",
            ]
        )
    columns = ["user", "endpoint", "type", "name", "messages", "state", "stack", "logical id"]
    return Rows(columns=columns, rows=rows, headings=2, styles=STATE_STYLES)


def _to_json(endpoint: ObservedEndpoint, held: StackEndpoints) -> dict[str, Any]:
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
