"""The plan as text for a terminal."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.markup import escape

from chime_endpoints_cli.output.codes import hint
from chime_endpoints_cli.output.console.readable import readable
from chime_endpoints_cli.output.console.terminal import console, line

from .entries import Action, Entry, Plan
from .sentences import conclusions, headline, title, what_happens

_STYLES = {
    Action.CREATE: "green",
    Action.UPDATE: "yellow",
    Action.REPLACE: "yellow",
    Action.DELETE: "red",
    Action.MOVE: "cyan",
    Action.NONE: "dim",
}
_DEPTH = 4


def show(plan: Plan) -> None:
    """Print the plan; unchanged entries are only counted, unless there is something to say about them."""
    out = console()
    for stack in plan.stacks:
        own = [entry for entry in plan.entries if entry.stack.id == stack.id]
        out.print()
        line(out, 0, f"[bold]{escape(stack.name)}[/bold] ({stack.region}): {headline(stack, own)}")
        for entry in own:
            if entry.is_change or entry.remarks or entry.not_known:
                _show(out, entry)
    out.print()
    for sentence in conclusions(plan):
        line(out, 0, escape(readable(sentence)))
    codes = " ".join(entry.problem.code for entry in plan.entries if entry.problem is not None)
    if explain := hint(codes, sys.stdout):
        line(out, 0, explain)
    out.print()


def _show(out: Console, entry: Entry) -> None:
    style = _STYLES[entry.action]
    name, rest = (escape(readable(each)) for each in title(entry))
    line(out, 1, f"[{style}]{entry.action:<4}[/{style}] [bold]{name}[/bold]  {rest}".rstrip())
    _say(out, what_happens(entry))
    for difference in entry.differences:
        old, new = escape(readable(difference.old)), escape(readable(difference.new))
        line(out, _DEPTH, f"{escape(readable(difference.field))}: {old or '(none)'} → {new or '(none)'}")
    for remark in entry.remarks:
        _say(out, remark, "dim" if entry.problem is None else "")
    if entry.problem is not None:
        code = f"{entry.problem.code}: " if entry.problem.code else ""
        _say(out, f"fails with {code}{entry.problem.text}", "red")
    if entry.not_known:
        _say(out, f"not known: {entry.not_known}", "magenta")


def _say(out: Console, text: str, style: str = "") -> None:
    shown = escape(readable(text))
    if text:
        line(out, _DEPTH, f"[{style}]{shown}[/{style}]" if style else shown)
