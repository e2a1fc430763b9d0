"""Output of the commands: headings, sentences, JSON, CSV, progress, and raw output of other programs."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from io import StringIO

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)

from chime_endpoints_cli.output.codes import hint

from .readable import readable

INDENT = "  "


def heading(text: str) -> None:
    """Print a heading."""
    console().print(f"\n[bold]{escape(text)}[/bold]", soft_wrap=True)


def say(text: str) -> None:
    """Print a sentence."""
    line(console(), 1, escape(text))


def line(out: Console, depth: int, markup: str) -> None:
    """Print an indented line; on a terminal, wrapped lines keep the indentation."""
    if out.is_terminal:
        out.print(Padding(markup, (0, 0, 0, len(INDENT) * depth), expand=False))
    else:
        out.print(f"{INDENT * depth}{markup}", soft_wrap=True)


def show_json(value: object) -> None:
    """Print a value as JSON for other programs, in ASCII because locales differ."""
    write_raw(json.dumps(value, indent=2) + "\n")


def show_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]], *, with_header: bool = True) -> None:
    """Print values as CSV (RFC 4180) with the columns' names in the first line; None is an empty value.

    Values are exact, except on a terminal, which their invisible characters could manipulate.

    Args:
        columns: the names.
        rows: the values by column.
        with_header: whether to print the names, which more rows of the same CSV do not need.
    """
    is_terminal = sys.stdout.isatty()

    def cell(value: object) -> str:
        text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
        return readable(text) if is_terminal else text

    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    if with_header:
        writer.writerow(columns)
    writer.writerows([cell(row[name]) for name in columns] for row in rows)
    write_raw(text.getvalue())


@contextmanager
def waiting(text: str) -> Iterator[None]:
    """Show a spinner on a terminal during the block."""
    shown = console(stderr=True)
    with shown.status(f"{escape(text)} …") if shown.is_terminal else nullcontext():
        yield


@contextmanager
def progress(text: str, *, total: int) -> Iterator[Callable[[], None]]:
    """Show a progress bar and the remaining time on a terminal; yield a function to call after each step."""
    steps = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    columns = (*steps, TimeRemainingColumn(compact=True))
    shown = console(stderr=True)
    with Progress(*columns, console=shown, transient=True, disable=not shown.is_terminal) as bar:
        task = bar.add_task(escape(text), total=total)
        yield lambda: bar.advance(task)


@contextmanager
def progress_of_bytes(text: str, *, total: int) -> Iterator[Callable[[int], None]]:
    """Show a progress bar on a terminal; yield a function to call with the number of bytes that were read."""
    shown = console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=shown, transient=True, disable=not shown.is_terminal) as bar:
        task = bar.add_task(escape(text), total=total)
        yield lambda count: bar.advance(task, count)


def counted(number: int, thing: str) -> str:
    """Return a number with its noun in the singular or plural."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def duration(seconds: float) -> str:
    """Return a duration in its largest units, such as `2 h 5 min`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 600:
        return f"{whole // 60} min {whole % 60} s"
    hours, minutes = divmod(round(whole / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def is_asked() -> bool:
    """Whether a user can answer questions on the standard input."""
    return sys.stdin is not None and sys.stdin.isatty()


def write_raw(text: str) -> None:
    """Print text unchanged."""
    sys.stdout.write(text)
    sys.stdout.flush()


def complain(text: str) -> None:
    """Print a line to the standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def complain_how_to_explain(texts: Iterable[str]) -> None:
    """Name the command that explains the codes in these texts, if a person reads the standard error."""
    if line_ := hint(" ".join(texts), sys.stderr):
        complain(line_)


def console(*, stderr: bool = False) -> Console:
    """Return a console for the current streams; it uses colors only on a terminal and without NO_COLOR."""
    return Console(highlight=False, emoji=False, stderr=stderr)
