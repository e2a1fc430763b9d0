"""What the commands print: headings, sentences, tables, and other programs' output as it is."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.table import Table

_WIDTH_OF_A_FILE = 200
"""Columns where the output is no terminal, so that a table's rows stay on one line each."""


def heading(text: str) -> None:
    """Begins a part of the output."""
    _console().print(f"\n[bold]{escape(text)}[/bold]", soft_wrap=True)


def say(text: str) -> None:
    """Prints a sentence."""
    _console().print(f"  {escape(text)}", soft_wrap=True)


def show(table: Table) -> None:
    """Prints a table, without the blanks that would fill its lines."""
    console = _console()
    with console.capture() as captured:
        console.print(table)
    lines = [line.rstrip() for line in captured.get().splitlines()]
    console.file.write("\n" + "".join(f"  {line}\n" for line in lines if line) + "\n")


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """Shows on a terminal that something is going on."""
    with _console().status(f"{escape(text)} …"):
        yield


def write_raw(text: str) -> None:
    """Prints another program's output as it is."""
    sys.stdout.write(text)
    sys.stdout.flush()


def complain(text: str) -> None:
    """Prints to the standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _console() -> Console:
    """A console on the standard output of the moment."""
    console = Console(highlight=False, emoji=False)
    return console if console.is_terminal else Console(highlight=False, emoji=False, width=_WIDTH_OF_A_FILE)
