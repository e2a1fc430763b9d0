"""What `fleet plan` prints: counts for a person, everything for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.markup import escape

from chime_endpoints_cli.output.codes import hint
from chime_endpoints_cli.output.console.readable import readable
from chime_endpoints_cli.output.console.terminal import console, duration, line, say
from chime_endpoints_fleet.applying.difference import Kind
from chime_endpoints_handler.model.codes import Code

from .basis import Basis
from .planning import FleetPlan, Mistake

COLUMNS = ("change", "key", "line", "field", "code", "text")
"""The columns of the CSV."""

_SIGNS = {
    Kind.CREATE: ("+", "created", "green"),
    Kind.SETTLE: ("~", "changed in place (name or allow_messages)", "yellow"),
    Kind.REPLACE: ("-/+", "replaced (user, type, application or device token)", "yellow"),
    Kind.DELETE: ("-", "removed", "red"),
    Kind.REMOVE: ("-", "predecessors of replaced endpoints removed", "red"),
}
_MOST_SHOWN = 20


def show(made: FleetPlan, basis: Basis) -> None:
    """Print the plan."""
    out = console()
    out.print()
    title = f"{basis.fleet.held.stack.name}/{basis.fleet.held.logical_id}" if basis.fleet else "No fleet is deployed"
    line(out, 1, f"[bold]{escape(title)}[/bold]: {made.declared:,} declared, {made.registered:,} registered")
    for kind, (sign, what, style) in _SIGNS.items():
        if count := made.counts.get(kind):
            line(out, 2, f"[{style}]{sign:>3}  {count:>9,}[/{style}]  {what}")
    if unchanged := _unchanged(made):
        line(out, 2, f"{'=':>3}  {unchanged:>9,}  unchanged")
    for mistake in made.mistakes[:_MOST_SHOWN]:
        line(out, 2, f"[red]line {mistake.line}[/red]: {escape(readable(_text(mistake)))}")
    if made.wrong > _MOST_SHOWN:
        line(out, 2, f"and {made.wrong - _MOST_SHOWN:,} more; --json shows the first hundred")
    for earlier, later in made.same_tokens[:_MOST_SHOWN]:
        line(out, 2, f"[yellow]line {later}[/yellow] has the device token of line {earlier}: one of them would fail")
    if len(made.same_tokens) > _MOST_SHOWN:
        line(out, 2, f"and {len(made.same_tokens) - _MOST_SHOWN:,} more")
    out.print()
    say(_conclusion(made, basis))
    if basis.fleet is None and any(mistake.code == Code.MISSING for mistake in made.mistakes):
        say("If the fleet will have defaults, give them: --app-instance, --application, --type.")
    if basis.is_at_work:
        say("A run is in progress, so this plan is already changing.")
    if explain := hint(" ".join(mistake.code for mistake in made.mistakes[:_MOST_SHOWN]), sys.stdout):
        say(explain)


def _conclusion(made: FleetPlan, basis: Basis) -> str:
    if made.wrong:
        return f"The run would change nothing: {made.wrong:,} {'line is' if made.wrong == 1 else 'lines are'} wrong."
    if made.has_too_many_deletions:
        number = made.counts[Kind.DELETE]
        return (
            f"The run would change nothing: it would remove {number:,} of {made.registered:,} endpoints, and"
            f" {made.allowed_deletions:,} are allowed. Make sure that the file is complete. If it is, raise"
            " most_deletions_percent for this deployment."
        )
    if not made.changes:
        return "Nothing to do."
    seconds = duration(made.calls / basis.rate)
    calls = "1 call" if made.calls == 1 else f"{made.calls:,} calls"
    return f"{calls} to Amazon Chime: about {seconds} at {basis.rate:g} a second."


def to_json(made: FleetPlan, basis: Basis) -> dict[str, Any]:
    """Return the plan for other programs."""
    return {
        "fleet": basis.fleet_id or None,
        "declared": made.declared,
        "registered": made.registered,
        "unchanged": _unchanged(made),
        "changes": {str(kind): made.counts.get(kind, 0) for kind in Kind},
        "calls": made.calls,
        "seconds": round(made.calls / basis.rate),
        "is_refused": made.is_refused,
        "allowed_deletions": made.allowed_deletions,
        "wrong": made.wrong,
        "mistakes": [asdict(mistake) for mistake in made.mistakes],
        "same_tokens": [{"line": later, "as_line": earlier} for earlier, later in made.same_tokens],
        "is_at_work": basis.is_at_work,
    }


def records(made: FleetPlan) -> Iterator[dict[str, Any]]:
    """Yield a flat record for each wrong line and for each change, for CSV."""
    for mistake in made.mistakes:
        yield {"change": "wrong", **asdict(mistake)}
    for change in made.changes:
        yield {**dict.fromkeys(COLUMNS), "change": str(change.kind), "key": change.key}


def _unchanged(made: FleetPlan) -> int:
    return made.declared - sum(count for kind, count in made.counts.items() if kind is not Kind.DELETE)


def _text(mistake: Mistake) -> str:
    return "".join(f"{part}: " for part in (mistake.key, mistake.field) if part) + f"{mistake.text} [{mistake.code}]"
