"""What the commands print: headings, sentences, rows, JSON, and other programs' output as it is."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

INDENT = "  "


def heading(text: str) -> None:
    """Begins a part of the output."""
    console().print(f"\n[bold]{escape(text)}[/bold]", soft_wrap=True)


def say(text: str) -> None:
    """Prints a sentence."""
    line(console(), 1, escape(text))


def line(out: Console, depth: int, markup: str) -> None:
    """Prints a line, indented; on a terminal what does not fit goes on below, as far in."""
    if out.is_terminal:
        out.print(Padding(markup, (0, 0, 0, len(INDENT) * depth), expand=False))
    else:
        out.print(f"{INDENT * depth}{markup}", soft_wrap=True)


def show_json(value: object) -> None:
    """Prints a value for another program, in ASCII, so that no terminal and no locale can spoil it."""
    write_raw(json.dumps(value, indent=2) + "\n")


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """Shows on a terminal that something is going on."""
    with console(stderr=True).status(f"{escape(text)} …"):
        yield


@contextmanager
def progress(text: str, *, total: int) -> Iterator[Callable[[], None]]:
    """Shows on a terminal how far something is; gives what is called after each step."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    shown = console(stderr=True)
    with Progress(*columns, console=shown, transient=True, disable=not shown.is_terminal) as bar:
        task = bar.add_task(escape(text), total=total)
        yield lambda: bar.advance(task)


def counted(number: int, thing: str) -> str:
    """So many of a thing."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def is_asked() -> bool:
    """Whether a person is there to answer a question."""
    return sys.stdin is not None and sys.stdin.isatty()


def write_raw(text: str) -> None:
    """Prints another program's output as it is."""
    sys.stdout.write(text)
    sys.stdout.flush()


def complain(text: str) -> None:
    """Prints to the standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def console(*, stderr: bool = False) -> Console:
    """A console of the moment; it has colours only on a terminal, and none where NO_COLOR is set."""
    return Console(highlight=False, emoji=False, stderr=stderr)
