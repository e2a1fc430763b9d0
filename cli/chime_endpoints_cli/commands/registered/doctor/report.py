"""The text output of `doctor`: the links in the order in which a push passes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from chime_endpoints_cli.output.codes import SITE
from chime_endpoints_cli.output.console.readable import readable
from chime_endpoints_cli.output.console.terminal import INDENT, console, counted, line, say

from .diagnosis import Diagnosis
from .links.link import Link, State
from .subjects import Subject

_STYLES = {State.OK: "green", State.BROKEN: "red", State.NOT_VISIBLE: "magenta"}
_WIDEST = max(map(len, State))
_PAGE = f"{SITE}/howto/push-does-not-arrive.html"


def show(links: Sequence[Link], subject: Subject) -> None:
    """Print the links under a heading for each user, endpoint, application and role."""
    out = console()
    for what, group in groupby(links, key=lambda link: link.subject):
        out.print()
        line(out, 1, f"[bold]{escape(readable(_heading(what, subject)))}[/bold]")
        if out.is_terminal:
            _show_grid(out, list(group))
        else:
            _show_lines(out, group)


def _show_grid(out: Console, links: Iterable[Link]) -> None:
    """Print the links in two columns, so that wrapped lines stay in the second."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column()
    for link in links:
        grid.add_row(_state(link), _text(link))
        if link.remedy:
            grid.add_row("", f"[dim]{escape(readable(link.remedy))}[/dim]")
    out.print(Padding(grid, (0, 0, 0, 2 * len(INDENT)), expand=False))


def _show_lines(out: Console, links: Iterable[Link]) -> None:
    for link in links:
        line(out, 2, f"{_state(link)}  {_text(link)}")
        if link.remedy:
            line(out, 2, f"{'':{_WIDEST}}  {escape(readable(link.remedy))}")


def _state(link: Link) -> str:
    style = _STYLES[link.state]
    return f"[{style}]{link.state:<{_WIDEST}}[/{style}]"


def _text(link: Link) -> str:
    return escape(readable(f"{link.place}: {link.detail}"))


def summarize(diagnosis: Diagnosis) -> None:
    """Print what was found, in a sentence."""
    places = list(dict.fromkeys(str(link.place) for link in diagnosis.links if link.state is diagnosis.state))
    console().print()
    if diagnosis.state is State.BROKEN:
        say(f"Found {counted(len(places), 'cause')}: {', '.join(places)}.")
    elif diagnosis.state is State.NOT_VISIBLE:
        say(f"Found no cause, but not every link is visible: {', '.join(places)}.")
    else:
        say("Every link is in order. If a push still does not arrive, see")
        console().print(f"{INDENT}{_PAGE}", soft_wrap=True)


def _heading(what: str, subject: Subject) -> str:
    if "/endpoint/" in what:
        entry = f", {subject.entry}" if subject.entry else ""
        return f"endpoint {what.rpartition('/')[2]}{entry}"
    if "/user/" in what:
        return f"user {what.partition('/user/')[2]}"
    if ":mobiletargeting:" in what:
        return f"application {what.rpartition('/')[2]}"
    return f"role {what.rpartition('/')[2]}" if "EventBridge" not in what else what
