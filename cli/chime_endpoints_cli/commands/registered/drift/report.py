"""The text output of `drift`: for each stack, the resources that are not in sync."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.console import Console
from rich.markup import escape

from chime_endpoints_cli.account.stacks.stacks import FLEET_TYPE, Stack
from chime_endpoints_cli.output.codes import hint
from chime_endpoints_cli.output.console.readable import readable
from chime_endpoints_cli.output.console.terminal import console, counted, line
from chime_endpoints_handler.model.declaration import ENDPOINT_TYPE, TAGS_TYPE

from .findings import Finding, State
from .watching import REMOVED, Change

_STYLES = {
    State.GONE: "red",
    State.INACTIVE: "red",
    State.CHANGED: "yellow",
    State.UNKNOWN: "magenta",
    State.IN_SYNC: "green",
}


def show(stacks: Sequence[Stack], findings: Sequence[Finding]) -> None:
    """Print the findings; resources that are in sync are only counted."""
    out = console()
    for stack in stacks:
        own = [finding for finding in findings if finding.held.stack.id == stack.id]
        out.print()
        line(out, 0, f"[bold]{escape(stack.name)}[/bold] ({stack.region}): {_counted(own)}")
        if stack.is_changing:
            line(out, 1, f"A deployment is in progress ({stack.status}). Run the command again when it has finished.")
        for finding in own:
            if finding.state is not State.IN_SYNC:
                _show(out, finding)
    reasons = (f"{finding.reason} {finding.not_compared}" for finding in findings)
    if explain := hint(" ".join(reasons), sys.stdout):
        line(out, 0, explain)
    out.print()


def show_changes(changes: Iterable[Change]) -> None:
    """Print what has changed since the last look, with its time."""
    out = console()
    for (at, stack), group in groupby(changes, key=lambda change: (change.at, change.finding.held.stack)):
        line(out, 1, f"{at.astimezone():%H:%M:%S}  [bold]{escape(stack.name)}[/bold] ({stack.region})")
        for change in group:
            if change.is_removed:
                path = escape(readable(change.finding.path))
                line(out, 1, f"{REMOVED}  [bold]{path}[/bold]: its stack no longer has it")
            else:
                _show(out, change.finding)


def _show(out: Console, finding: Finding) -> None:
    style = _STYLES[finding.state]
    reason = f": {escape(readable(finding.reason))}" if finding.reason else ""
    line(out, 1, f"[{style}]{finding.state}[/{style}]  [bold]{escape(readable(finding.path))}[/bold]{reason}")
    if finding.subject:
        line(out, 2, escape(readable(finding.subject)))
    for difference in finding.differences:
        line(out, 2, f"{escape(readable(difference.field))}")
        line(out, 3, f"declared    {escape(readable(difference.declared))}")
        line(out, 3, f"registered  {escape(readable(difference.registered))}")
    for field, why in finding.not_compared:
        line(out, 2, f"{field} could not be compared: {escape(readable(why))}")
    if finding.repair:
        line(out, 2, f"[dim]{escape(readable(finding.repair))}[/dim]")


def _counted(findings: Sequence[Finding]) -> str:
    """Return the number of endpoints, tag resources and fleets in each state."""
    parts = []
    for type_, thing in ((ENDPOINT_TYPE, "endpoint"), (TAGS_TYPE, "tag resource"), (FLEET_TYPE, "fleet")):
        counts = Counter(finding.state for finding in findings if finding.held.type == type_)
        states = [(counts[state], state) for state in reversed(State) if counts[state]]
        if states:
            (number, first), *others = states
            rest = "".join(f", {number} {state}" for number, state in others)
            parts.append(f"{counted(number, thing)} {first}{rest}")
    return "; ".join(parts) or "no endpoints or tags"
