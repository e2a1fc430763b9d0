"""The command line of `audit`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from rich.markup import escape

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.endpoints.given_arns import cleaned
from chime_endpoints_cli.account.endpoints.observed import app_instances_in
from chime_endpoints_cli.command_line import options
from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.output.console.readable import readable
from chime_endpoints_cli.output.console.terminal import console, counted, is_asked, line, say, show_csv, show_json
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_handler.model.arns import REGIONS

from .deregistration import deregister_orphans, removable
from .orphans import Audit, AuditedEndpoint, Verdict, find_orphans

_WHAT_TO_DO = {
    Verdict.ORPHAN: "It no longer belongs to a stack. Deregister it: chime-endpoints audit --repair",
    Verdict.UNHELD: (
        "No stack proves that it registered this endpoint: someone else may have registered it with the same name."
        " If it is not in use, deregister it: chime-endpoints audit --repair --include-unheld"
    ),
    Verdict.LEFT: "Its stack left it registered on purpose (removal policy RETAIN). Nothing to do.",
    Verdict.CHANGING: "A deployment in progress may be about to take it over. Run audit again when it has finished.",
    Verdict.UNSEEN: (
        "It belongs to none of the stacks and fleets that could be read, but it may belong to another one. --repair"
        " never touches it. Name the regions that have your stacks: chime-endpoints audit --region REGION"
    ),
    Verdict.UNPROVEN: (
        "CloudFormation has no record of a stack that gave it this name. The stack was deleted over 90 days ago, or is"
        " in a region that was not searched, or is not yours. --repair never touches the endpoint. If it is yours,"
        " deregister it by hand."
    ),
}
_STYLES = {
    Verdict.ORPHAN: "red",
    Verdict.UNHELD: "yellow",
    Verdict.CHANGING: "yellow",
    Verdict.UNSEEN: "yellow",
    Verdict.UNPROVEN: "yellow",
    Verdict.LEFT: "dim",
}

_COLUMNS = ("user_arn", "endpoint_id", "name", "verdict", "stack_id", "logical_id", "evidence", "deregistered")
"""The columns of the CSV."""


@click.command(
    "audit",
    cls=Command,
    examples=[
        ("chime-endpoints audit", "every app instance in the region"),
        ("chime-endpoints audit --repair", "also deregister the orphans, after you confirm"),
        ("chime-endpoints audit --repair --include-unheld", "and what may be an orphan, after you have checked it"),
        ("chime-endpoints audit $APP_INSTANCE_ARN --region us-east-1 --json", "if your stacks are in one region only"),
    ],
    exit_codes={
        ExitCode.DONE: "nothing was found, or everything found was deregistered",
        ExitCode.FAILED: "failed; or found no orphan, but a deployment is in progress or a region is denied",
        ExitCode.FOUND: "found orphans, or endpoints whose origin cannot be proven",
    },
)
@click.argument("arns", nargs=-1, metavar="[USER_OR_APP_INSTANCE_ARN]...")
@click.option("--repair", "is_repair", is_flag=True, help="Deregister the orphans after you confirm.")
@click.option("--include-unheld", is_flag=True, help="With --repair, also deregister what may be an orphan.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@options.regions
@options.local
@options.formats("table", "json", "csv")
@options.as_json
def audit_command(
    *,
    arns: tuple[str, ...],
    is_repair: bool,
    include_unheld: bool,
    yes: bool,
    regions: tuple[str, ...],
    local: bool,
    form: str | None,
    as_json: bool,
) -> ExitCode:
    """Find endpoints that no longer belong to a stack.

    An endpoint without a declared name is named after its stack: StackName-LogicalId-suffix. The suffix proves which
    stack and which resource the name comes from. The command computes it again from the ids of all stacks, including
    those deleted in the last 90 days. For other endpoints, the events of the last 90 days of all stacks show which
    stack had them. An endpoint that a stack named or had, but that belongs to no stack in any region of the account (or
    in the regions of --region), is an orphan. Pushes still go to it, and its device token cannot be registered again.

    An endpoint may be an orphan if no stack had it, but a stack declared its user, type, application and name before it
    was registered.

    --repair deregisters orphans only. With --include-unheld, it also deregisters what may be an orphan. It never
    touches an endpoint that belongs to a stack or a fleet, that its stack left registered on purpose, that a deployment
    in progress may be about to take over, or whose suffix proves nothing.
    """
    form = options.form_of(form, as_json=as_json, default="table")
    is_table = form == "table"
    if include_unheld and not is_repair:
        raise CommandError("--include-unheld does nothing without --repair", remedy="Add --repair, or leave it out.")
    if is_repair and not yes and (not is_table or not is_asked()):
        raise CommandError(
            "--repair cannot ask for confirmation here", remedy="With JSON or CSV, or without a terminal, add --yes."
        )
    services = options.services_of(local=local)
    arns = cleaned(arns) or tuple(_all_app_instances(services))
    where = list(regions) or services.every_region()
    audit = find_orphans(services, arns, where, given=bool(regions))
    repaired: list[AuditedEndpoint] = []
    if is_table:
        show(audit)
    if is_repair and (orphans := removable(audit, includes_unheld=include_unheld)):
        question = f"Deregister {counted(len(orphans), 'endpoint')}? This cannot be undone"
        if yes or click.confirm(question, err=True):
            repaired = deregister_orphans(
                services, audit, arns=arns, regions=where, given=bool(regions), includes_unheld=include_unheld
            )
        if is_table:
            say(f"Deregistered: {len(repaired)} of {len(orphans)}.")
    if form == "json":
        show_json(_to_json(audit, repaired))
    elif form == "csv":
        show_csv(_COLUMNS, _to_json(audit, repaired)["found"])
    return exit_code(audit, repaired)


def exit_code(audit: Audit, repaired: Sequence[AuditedEndpoint]) -> ExitCode:
    """Return the exit code for an audit and its repair."""
    done = {each.endpoint.physical_id for each in repaired}
    left = {each.verdict for each in audit.found if each.endpoint.physical_id not in done}
    if left & {Verdict.ORPHAN, Verdict.UNHELD, Verdict.UNPROVEN}:
        return ExitCode.FOUND
    return ExitCode.FAILED if left & {Verdict.CHANGING, Verdict.UNSEEN} else ExitCode.DONE


def _all_app_instances(services: Services) -> list[str]:
    """Return the app instances in the user's region or, outside the service's regions, in both of them."""
    own = [services.region] if services.region in REGIONS else list(REGIONS)
    found = [arn for region in own if region for arn in app_instances_in(services, region)]
    if not found:
        raise CommandError(
            f"no app instance was found in {' and '.join(filter(None, own))}",
            remedy="Check AWS_PROFILE and AWS_REGION, or give the ARN of an app instance.",
        )
    return found


def show(audit: Audit) -> None:
    """Print the audit."""
    out = console()
    out.print()
    for each in audit.found:
        endpoint, verdict = each.endpoint, each.verdict
        style = _STYLES[verdict]
        line(out, 1, f"[{style}]{verdict}[/{style}]  [bold]{escape(readable(endpoint.name))}[/bold]")
        line(
            out, 2, escape(f"endpoint {endpoint.endpoint_id} of {endpoint.user_id}, {endpoint.type}, {endpoint.state}")
        )
        line(out, 2, escape(each.evidence))
        line(out, 2, f"[dim]{_WHAT_TO_DO[verdict]}[/dim]")
    for reason in dict.fromkeys(map(str, audit.passed_over.values())):
        regions = ", ".join(region for region, why in audit.passed_over.items() if str(why) == reason)
        line(out, 1, escape(f"Not searched: {regions} ({reason})."))
    for fleet, why in audit.unread_fleets.items():
        line(out, 1, escape(f"Not read: fleet {fleet} ({readable(why)})."))
    counts = [f"{len(found)} {verdict}" for verdict in Verdict if (found := audit.of(verdict))]
    say(f"{counted(audit.looked_at, 'endpoint')} listed: {', '.join(counts) or 'no orphan'}.")
    if audit.of_fleets:
        say(f"{counted(audit.of_fleets, 'endpoint')} of them belong to fleets.")
    if audit.unmarked:
        say(
            f"{counted(audit.unmarked, 'other endpoint')} with no stack: no stack named, had or declared"
            f" {'it' if audit.unmarked == 1 else 'them'}, as far as CloudFormation remembers (90 days)."
        )


def _to_json(audit: Audit, repaired: Sequence[AuditedEndpoint]) -> dict[str, Any]:
    done = {each.endpoint.physical_id for each in repaired}
    return {
        "looked_at": audit.looked_at,
        "regions": audit.regions,
        "regions_passed_over": list(audit.passed_over),
        "of_fleets": audit.of_fleets,
        "fleets_not_read": list(audit.unread_fleets),
        "found": [
            {
                "user_arn": each.endpoint.user_arn,
                "endpoint_id": each.endpoint.endpoint_id,
                "name": each.endpoint.name,
                "verdict": str(each.verdict),
                "stack_id": each.stack_id,
                "logical_id": each.logical_id,
                "evidence": each.evidence,
                "deregistered": each.endpoint.physical_id in done,
            }
            for each in audit.found
        ],
    }
