"""The command line of `list`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.endpoints.given_arns import cleaned
from chime_endpoints_cli.account.endpoints.listing import endpoints_of_all, users_in
from chime_endpoints_cli.account.endpoints.observed import ObservedEndpoint
from chime_endpoints_cli.account.fleets.entries import with_fleets
from chime_endpoints_cli.account.fleets.finding import is_meant
from chime_endpoints_cli.account.stacks.holders import StackEndpoints, stack_endpoints_in_regions
from chime_endpoints_cli.account.stacks.stacks import StackResource
from chime_endpoints_cli.account.stacks.templates.constructs import keys_of
from chime_endpoints_cli.command_line import options
from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.local.background.background_process import background_cloud
from chime_endpoints_cli.output.console.tables import show
from chime_endpoints_cli.output.console.terminal import complain, counted, say, show_csv, show_json
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_handler.model import physical_id

from .report import COLUMNS, NO_STACK, Listed, records, table, to_json


@click.command(
    "list",
    cls=Command,
    examples=[
        (
            "chime-endpoints list arn:aws:chime:us-east-1:111122223333:app-instance/ID",
            "all users of an app instance",
        ),
        ("chime-endpoints list $USER_ARN/endpoint/ID", "one endpoint"),
        ("chime-endpoints list $APP_INSTANCE_ARN --state inactive", "endpoints that receive no pushes"),
        ("chime-endpoints list $APP_INSTANCE_ARN --fleet Push --state inactive", "the same of one fleet"),
        ("chime-endpoints list $APP_INSTANCE_ARN --unheld --format csv", "endpoints of no stack, as CSV"),
        ("chime-endpoints list --json $USER_ARN | jq '.endpoints[].state'", "one user, as JSON for another program"),
        ("chime-endpoints list --local", "every user on the local cloud"),
    ],
)
@click.argument("arns", nargs=-1, metavar="[ARN_OR_ENDPOINT]...")
@click.option(
    "--state",
    type=click.Choice(["active", "inactive"], case_sensitive=False),
    help="Show only endpoints in this state.",
)
@click.option("--unheld", is_flag=True, help="Show only endpoints that belong to no stack.")
@click.option("--fleet", metavar="FLEET", help="Show only endpoints of this fleet: STACK, STACK/LOGICAL-ID or its id.")
@options.regions
@options.local
@options.formats("table", "json", "csv")
@options.as_json
def list_command(
    *,
    arns: tuple[str, ...],
    state: str | None,
    unheld: bool,
    fleet: str | None,
    regions: tuple[str, ...],
    local: bool,
    form: str | None,
    as_json: bool,
) -> ExitCode:
    """Show registered endpoints and their stacks.

    Give the ARN of an app instance to list all its users, the ARN of a user, or an endpoint as USER_ARN/endpoint/ID.
    The command looks for stacks in the region of your settings and in the regions of the ARNs, or in the regions of
    --region. An endpoint that belongs to none of these stacks is shown with "no stack".

    The key of an endpoint is that of its entry in endpoints.yaml (or the entry's `id`, if it has one), or the path of
    its construct in a CDK app. An endpoint of a plain template has no key. The endpoint of a fleet has the stack of the
    fleet, and the key of its line in the manifest.
    """
    form = options.form_of(form, as_json=as_json, default="table")
    services = options.services_of(local=local)
    arns = cleaned(arns)
    if local and not arns:
        arns = background_cloud().app_instances
    if not arns:
        raise CommandError("no users to list", remedy="Give the ARN of a user or of an app instance.")
    users, found = _found(services, arns)
    where = options.regions_with_stacks(services, regions, arns)
    of_stacks, reach = stack_endpoints_in_regions(services, where, given=bool(regions))
    held = with_fleets(services, of_stacks, among={endpoint.physical_id for endpoint in found})
    fleets = None if fleet is None else _fleets_named(held, fleet)
    wanted = [each for each in found if _is_wanted(each, held, state=state, unheld=unheld, fleets=fleets)]
    listed = _with_holders(services, wanted, held)
    passed_over = {region: str(reason) for region, reason in reach.passed_over.items()}
    passed_over |= {f"fleet {name}": reason for name, reason in held.unread_fleets.items()}
    if form == "json":
        endpoints = [to_json(each) for each in listed]
        show_json({"users": len(users), "endpoints": endpoints, "regions_passed_over": list(passed_over)})
    elif form == "csv":
        show_csv(COLUMNS, records(listed))
        if listed and passed_over:
            complain(_not_read(passed_over))
    else:
        if listed:
            show(table(listed, unheld="unknown" if passed_over else NO_STACK))
        say(_summary(listed, len(found), len(users), passed_over))
    return ExitCode.FAILED if listed and passed_over else ExitCode.DONE


def _found(services: Services, arns: Sequence[str]) -> tuple[list[str], list[ObservedEndpoint]]:
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


def _fleets_named(held: StackEndpoints, name: str) -> list[StackResource]:
    found = [each for each in held.fleets if _is_called(each, name)]
    if not found:
        raise CommandError(
            f"there is no fleet with the name {name}",
            remedy="Give its stack, STACK/LOGICAL-ID or its id, and check the region (--region).",
        )
    return found


def _is_called(fleet: StackResource, name: str) -> bool:
    """Whether a name means a fleet. Every fleet is looked at, so a stack's name must be that of its stack."""
    is_of_stack = "/" in name or name in (fleet.own_name, fleet.stack.name, fleet.stack.id)
    return is_of_stack and is_meant(fleet, name)


def _is_wanted(
    endpoint: ObservedEndpoint,
    held: StackEndpoints,
    *,
    state: str | None,
    unheld: bool,
    fleets: Sequence[StackResource] | None,
) -> bool:
    holder = held.holder_of(endpoint.physical_id)
    if state is not None and endpoint.state != state.upper():
        return False
    return not (unheld and holder) and (fleets is None or holder in fleets)


def _with_holders(services: Services, endpoints: Sequence[ObservedEndpoint], held: StackEndpoints) -> list[Listed]:
    holders = [held.holder_of(endpoint.physical_id) for endpoint in endpoints]
    keys = keys_of(services, filter(None, holders))
    return [
        Listed(endpoint=endpoint, holder=holder, keys=keys, fleet_key=held.fleet_keys.get(endpoint.physical_id))
        for endpoint, holder in zip(endpoints, holders, strict=True)
    ]


def _summary(listed: Sequence[Listed], found: int, users: int, passed_over: Mapping[str, str]) -> str:
    shown = f"{len(listed)} of " if len(listed) < found else ""
    text = f"{shown}{counted(found, 'endpoint')} of {counted(users, 'user')}"
    free = sum(each.holder is None for each in listed)
    if free and not passed_over:
        text += f", {free} with {NO_STACK}"
    return f"{text}\n{_not_read(passed_over)}" if listed and passed_over else text


def _not_read(passed_over: Mapping[str, str]) -> str:
    over = ", ".join(f"{region} ({reason})" for region, reason in passed_over.items())
    return f"The stacks in these regions could not be read: {over}. Name other regions with --region."
