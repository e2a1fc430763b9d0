"""What `fleet check` prints."""

from __future__ import annotations

from collections import Counter
from typing import Any

from rich.markup import escape

from chime_endpoints_cli.account.fleets.runs.checks import Check
from chime_endpoints_cli.output.console.readable import readable
from chime_endpoints_cli.output.console.terminal import console, counted, line, say
from chime_endpoints_fleet.runs.checking.findings import State

COLUMNS = ("state", "key", "user_arn", "endpoint_id", "detail")
"""The columns of the CSV."""
_MOST_SHOWN = 50
_STYLES = {
    State.GONE: "red",
    State.INACTIVE: "red",
    State.ROTATED: "red",
    State.CHANGED: "yellow",
    State.SHARED: "yellow",
    State.STRAY: "yellow",
}
_MEANINGS = {
    State.GONE: "no longer registered; --repair registers them again",
    State.INACTIVE: "receives no pushes. --repair cannot help: put the device's current token into the manifest",
    State.ROTATED: "has another device token than its source returns now; --repair replaces them",
    State.CHANGED: "changed outside the fleet; --repair resets them",
    State.SHARED: (
        "belongs to another key as well. --repair cannot help: remove the line of one key, apply the manifest, and run"
        " check --repair"
    ),
    State.STRAY: "named by the fleet, and in no ledger; --repair deregisters them unless something else has them",
}


def show(checked: Check) -> None:
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
    say(f"{counted(checked.compared, 'endpoint')} compared, {counted(len(checked.findings), 'difference')}.")


def to_json(fleet: str, checked: Check) -> dict[str, Any]:
    """Return the result for other programs."""
    return {
        "fleet": fleet,
        "run": checked.run,
        "checked": checked.compared,
        "is_complete": checked.is_complete,
        "reason": checked.reason,
        "not_listed": dict(checked.failed),
        "findings": [finding.to_json() for finding in checked.findings],
    }
