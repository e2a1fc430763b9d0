"""What `fleet check` prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.markup import escape

from chime_endpoints_cli.output.console.readable import readable
from chime_endpoints_cli.output.console.terminal import console, counted, line, say
from chime_endpoints_fleet.runs.checking.findings import Finding, State, read_finding

COLUMNS = ("state", "key", "user_arn", "endpoint_id", "detail")
"""The columns of the CSV."""
_MOST_SHOWN = 50
_STYLES = {State.GONE: "red", State.INACTIVE: "red", State.CHANGED: "yellow", State.STRAY: "yellow"}
_MEANINGS = {
    State.GONE: "not registered any more",
    State.INACTIVE: "receives no pushes: its application must register a new device token",
    State.CHANGED: "changed outside the fleet",
    State.STRAY: "named by the fleet, and in no ledger: chime-endpoints audit says more",
}


@dataclass(frozen=True, kw_only=True)
class Checked:
    """The result of a check."""

    fleet: str
    run: str
    checked: int
    findings: Sequence[Finding]
    failed: Mapping[str, str]
    """The error code for each user that could not be listed."""
    reason: str
    is_complete: bool


def checked_by(fleet: str, run: str, reports: Sequence[Mapping[str, Any]], *, reason: str, is_over: bool) -> Checked:
    """Return the result of a check from the reports of its shards; a stray is reported once.

    Args:
        fleet: the fleet's id.
        run: the check.
        reports: the reports.
        reason: why the check failed, if it did.
        is_over: whether it ended without a failure.
    """
    findings = dict.fromkeys(read_finding(each) for report in reports for each in report["findings"])
    failed = {user: code for report in reports for user, code in report["failed"].items()}
    return Checked(
        fleet=fleet,
        run=run,
        checked=sum(report["checked"] for report in reports),
        findings=sorted(findings, key=lambda each: (list(State).index(each.state), each.key)),
        failed=failed,
        reason=reason,
        is_complete=is_over and not failed and all(report["done"] for report in reports),
    )


def show(checked: Checked) -> None:
    """Print the findings."""
    out = console()
    out.print()
    for finding in checked.findings[:_MOST_SHOWN]:
        style = _STYLES[finding.state]
        detail = f": {finding.detail}" if finding.detail else ""
        line(
            out, 1, f"[{style}]{finding.state}[/{style}]  [bold]{escape(readable(finding.key))}[/bold]{escape(detail)}"
        )
        user = finding.user_arn.partition("/user/")[2]
        line(out, 2, f"[dim]endpoint {escape(finding.endpoint_id)} of {escape(readable(user))}[/dim]")
    if len(checked.findings) > _MOST_SHOWN:
        line(out, 1, f"and {len(checked.findings) - _MOST_SHOWN:,} more; --format csv lists all of them")
    counts = Counter(finding.state for finding in checked.findings)
    for state in State:
        if counts[state]:
            line(out, 1, f"{counts[state]:,} {state}: {_MEANINGS[state]}.")
    if checked.failed:
        codes = ", ".join(sorted(set(checked.failed.values())))
        line(out, 1, f"[red]{counted(len(checked.failed), 'user')} could not be listed[/red] ({codes}).")
    if not checked.is_complete:
        line(out, 1, f"The check is not complete. {escape(checked.reason)}".rstrip())
    say(f"{counted(checked.checked, 'endpoint')} compared, {counted(len(checked.findings), 'difference')}.")


def to_json(checked: Checked) -> dict[str, Any]:
    """Return the result for other programs."""
    return {
        "fleet": checked.fleet,
        "run": checked.run,
        "checked": checked.checked,
        "is_complete": checked.is_complete,
        "reason": checked.reason,
        "not_listed": dict(checked.failed),
        "findings": [finding.to_json() for finding in checked.findings],
    }
