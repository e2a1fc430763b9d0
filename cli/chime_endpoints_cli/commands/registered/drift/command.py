"""The command line of `drift`."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import click

from chime_endpoints_cli.account.stacks.stacks import Stack
from chime_endpoints_cli.command_line import options
from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.output.console.terminal import say, show_csv, show_json, write_raw
from chime_endpoints_cli.output.errors import CommandError

from . import report
from .findings import COLUMNS, Finding, State
from .scan import compare_stacks
from .watching import CALLS_PER_SECOND, WATCH_COLUMNS, Look, watch

_DEFAULT = 60
_SHORTEST = 10
_LONGEST = 24 * 60 * 60
"""The interval of --watch, in seconds."""


@click.command(
    "drift",
    cls=Command,
    examples=[
        ("chime-endpoints drift", "every stack in the region that has endpoints or tags"),
        ("chime-endpoints drift ChimeEndpoints --json", "one stack, as JSON for another program"),
        ("chime-endpoints drift --format csv > drift.csv", "a line for each endpoint and tag resource"),
        ("chime-endpoints drift --watch --interval 300", "every five minutes, only what has changed"),
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
@click.option("--watch", "is_watch", is_flag=True, help="Repeat, and print only what has changed, until Ctrl-C.")
@click.option(
    "--interval",
    type=click.IntRange(min=_SHORTEST, max=_LONGEST),
    metavar="SECONDS",
    help=f"With --watch, the pause between two looks: {_DEFAULT} by default, at least {_SHORTEST}.",
)
@options.regions
@options.local
@options.formats("table", "json", "csv")
@options.as_json
def drift_command(
    *,
    stacks: tuple[str, ...],
    without_tokens: bool,
    is_watch: bool,
    interval: int | None,
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

    For a fleet, it reports what the newest `chime-endpoints fleet check` has found.

    With --watch, it looks again and again until Ctrl-C, and prints only what has changed since the last look. JSON then
    has one object on each line. It makes at most ten of the account's 50 calls per second to Amazon Chime.
    """
    form = options.form_of(form, as_json=as_json, default="table")
    if interval is not None and not is_watch:
        raise CommandError("--interval does nothing without --watch", remedy="Add --watch, or leave it out.")
    services = options.services_of(local=local, calls_per_second=CALLS_PER_SECOND if is_watch else None)

    def look() -> Look:
        seen, findings = compare_stacks(services, names=stacks, regions=regions, with_tokens=not without_tokens)
        return Look(stacks=seen, findings=findings)

    if is_watch:
        _watch(look, form=form, interval=interval or _DEFAULT)
    now = look()
    seen, findings = now.stacks, now.findings
    if form == "json":
        show_json(_to_json(seen, findings))
    elif form == "csv":
        show_csv(COLUMNS, (finding.to_record() for finding in findings))
    else:
        _show(now)
    return exit_code(findings)


def _watch(look: Callable[[], Look], *, form: str, interval: int) -> NoReturn:
    """Show what changes, until the command is interrupted."""
    looks, is_first = watch(look, interval=interval), True
    while True:
        now, changed = next(looks)
        if form == "json":
            write_raw("".join(f"{json.dumps(change.to_json())}\n" for change in changed))
        elif form == "csv":
            show_csv(WATCH_COLUMNS, (change.to_record() for change in changed), with_header=is_first)
        elif is_first:
            _show(now)
        else:
            report.show_changes(changed)
        is_first = False


def _show(now: Look) -> None:
    if now.stacks:
        report.show(now.stacks, now.findings)
    else:
        say("No stack has endpoints or tags of this kind.")


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
