"""`fleet failures`: the endpoints that failed in the newest run, or the wrong lines of its manifest."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click

from chime_endpoints_cli.account.fleets.objects import FleetObjects
from chime_endpoints_cli.account.fleets.runs.progress import Progress, Watcher
from chime_endpoints_cli.command_line import options
from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.commands.fleet.selection import Selected, fleet_options, selected
from chime_endpoints_cli.output.codes import hint
from chime_endpoints_cli.output.console.tables import Rows, show
from chime_endpoints_cli.output.console.terminal import complain, counted, say, show_csv, show_json

_COLUMNS = ("key", "line", "code", "reason")


@click.command(
    "failures",
    cls=Command,
    examples=[
        ("chime-endpoints fleet failures", "key, code and reason"),
        ("chime-endpoints fleet failures --format csv > failures.csv", "for a spreadsheet"),
        ("chime-endpoints explain CE-302", "what a code means, and what to do"),
    ],
    exit_codes={
        ExitCode.DONE: "nothing failed",
        ExitCode.FAILED: "failed; the message says why",
        ExitCode.FOUND: "endpoints failed, or lines of the manifest are wrong",
    },
)
@fleet_options
@options.formats("table", "json", "csv")
@options.as_json
def failures_command(*, name: str | None, region: str | None, local: bool, form: str | None, as_json: bool) -> ExitCode:
    """List the endpoints that failed in the newest run, each with the reason.

    If the run changed nothing because of its manifest, the command lists the first hundred wrong lines instead.
    """
    form = options.form_of(form, as_json=as_json, default="table")
    chosen = selected(name=name, region=region, local=local)
    now = Watcher(chosen.services, chosen.fleet).look()
    rows = list(_rows(chosen, now))
    if form == "json":
        show_json({"fleet": chosen.fleet.id, "run": now.run and now.run.id, "failures": rows})
    elif form == "csv":
        show_csv(_COLUMNS, rows)
    elif not rows:
        say(f"Nothing failed. {now.run.reason if now.run else ''}".rstrip())
    else:
        columns = [column for column in _COLUMNS if any(row[column] for row in rows)]
        show(Rows(columns=columns, rows=[[str(row[column] or "") for column in columns] for row in rows]))
        say(_summary(now, len(rows)))
        if explain := hint(" ".join(row["code"] for row in rows), sys.stdout):
            complain(explain)
    return ExitCode.FOUND if rows else ExitCode.DONE


def _rows(chosen: Selected, now: Progress) -> Iterator[dict[str, Any]]:
    if now.run is None:
        return
    reasons = _reasons(chosen, now.run.id) if now.failures else {}
    for key, code in sorted(now.failures.items()):
        yield {"key": key, "line": None, "code": code, "reason": reasons.get(key, "")}
    for problem in now.run.problems if now.run.refusal else ():
        field = f"{problem['field']}: " if problem["field"] else ""
        yield {**problem, "reason": f"{field}{problem['text']}"}


def _reasons(chosen: Selected, run: str) -> dict[str, str]:
    """Return the reason of each key, from the reports of a run; a later round counts more."""
    objects = FleetObjects(chosen.services, chosen.fleet)
    reports = objects.every_json(sorted(each.name for each in objects.listed(f"runs/{run}/report/")))
    return {each["key"]: each["reason"] for report in reports if report for each in report["failed"]}


def _summary(now: Progress, shown: int) -> str:
    if now.failed:
        return f"{counted(now.failed, 'endpoint')} failed."
    return f"{counted(shown, 'line')} of the manifest shown. {now.run.reason if now.run else ''}".rstrip()
