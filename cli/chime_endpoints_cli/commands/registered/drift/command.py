"""The command line of `drift`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from chime_endpoints_cli.account.stacks.stacks import Stack
from chime_endpoints_cli.command_line import options
from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.output.console.terminal import say, show_csv, show_json

from . import report
from .findings import COLUMNS, Finding, State
from .scan import compare_stacks


@click.command(
    "drift",
    cls=Command,
    examples=[
        ("chime-endpoints drift", "every stack in the region that has endpoints or tags"),
        ("chime-endpoints drift ChimeEndpoints --json", "one stack, as JSON for another program"),
        ("chime-endpoints drift --format csv > drift.csv", "a line for each endpoint and tag resource"),
        ("AWS_PROFILE=audit chime-endpoints drift --without-tokens", "without reading secrets and parameters"),
    ],
    exit_codes={
        ExitCode.DONE: "in sync",
        ExitCode.FAILED: "failed, or something could not be compared",
        ExitCode.FOUND: "drift: something was changed, is gone or is INACTIVE",
    },
)
@click.argument("stacks", nargs=-1, metavar="[STACK]...")
@click.option("--without-tokens", is_flag=True, help="Do not read and compare device tokens.")
@options.regions
@options.local
@options.formats("table", "json", "csv")
@options.as_json
def drift_command(
    *,
    stacks: tuple[str, ...],
    without_tokens: bool,
    regions: tuple[str, ...],
    local: bool,
    form: str | None,
    as_json: bool,
) -> ExitCode:
    """Compare deployed stacks with what is registered.

    The command reads each STACK (a name or an ARN; by default every stack that has endpoints or tags) from
    CloudFormation as it was deployed. Then it looks up every endpoint and every tag, and reports it as in sync, changed
    in some field, gone, or INACTIVE. It reads device tokens from their secrets and parameters and compares them, but
    never shows them. It changes nothing. For each drifted resource it says which deployment fixes it.
    """
    form = options.form_of(form, as_json=as_json, default="table")
    services = options.services_of(local=local)
    seen, findings = compare_stacks(services, names=stacks, regions=regions, with_tokens=not without_tokens)
    if form == "json":
        show_json(_to_json(seen, findings))
    elif form == "csv":
        show_csv(COLUMNS, (finding.to_record() for finding in findings))
    elif seen:
        report.show(seen, findings)
    else:
        say("No stack has endpoints or tags of this kind.")
    return exit_code(findings)


def exit_code(findings: Sequence[Finding]) -> ExitCode:
    """Return the exit code for the findings."""
    if any(finding.state is State.UNKNOWN or finding.not_compared for finding in findings):
        return ExitCode.FAILED
    return ExitCode.FOUND if any(finding.state.is_drift for finding in findings) else ExitCode.DONE


def _to_json(stacks: Sequence[Stack], findings: Sequence[Finding]) -> dict[str, Any]:
    return {
        "drifted": any(finding.state.is_drift for finding in findings),
        "stacks": [
            {
                "name": stack.name,
                "id": stack.id,
                "region": stack.region,
                "status": stack.status,
                "resources": [finding.to_json() for finding in findings if finding.held.stack.id == stack.id],
            }
            for stack in stacks
        ],
    }
