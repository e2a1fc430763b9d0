"""Rows as a table if it fits the terminal, otherwise as blocks with one line for each value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table

from .readable import readable
from .terminal import INDENT, console, line

_NARROWEST = 40
"""The minimum width of a table, in columns."""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The content of a table: a plain-text value for each column in each row."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    headings: int = 1
    """How many of the first columns form the title of a row that is shown as a block."""
    styles: Mapping[str, str] = field(default_factory=dict)
    """The styles of values, for example of a state."""


def show(rows: Rows) -> None:
    """Print the rows to fit the terminal; a file always gets a table, however wide."""
    out = console()
    table = _table(rows)
    width = Measurement.get(out, out.options.update(max_width=10_000), table).maximum
    if not out.is_terminal or width + len(INDENT) <= out.width:
        wide = console()
        wide.width = max(width, _NARROWEST)
        _print_table(wide, table)
    else:
        _print_blocks(out, rows)


def _table(rows: Rows) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in rows.columns:
        table.add_column(column, no_wrap=True)
    for row in rows.rows:
        table.add_row(*(_cell(value, rows) for value in row))
    return table


def _cell(value: str, rows: Rows) -> str:
    text = escape(readable(value))
    style = rows.styles.get(value.split(" ")[0])
    return f"[{style}]{text}[/{style}]" if style else text


def _print_table(out: Console, table: Table) -> None:
    with out.capture() as captured:
        out.print(table)
    lines = [line.rstrip() for line in captured.get().splitlines()]
    out.file.write("\n" + "".join(f"{INDENT}{line}\n" for line in lines if line) + "\n")


def _print_blocks(out: Console, rows: Rows) -> None:
    widest = max(map(len, rows.columns[rows.headings :]), default=0)
    out.print()
    for row in rows.rows:
        title = "  ".join(escape(readable(value)) for value in row[: rows.headings])
        line(out, 1, f"[bold]{title}[/bold]")
        for column, value in zip(rows.columns[rows.headings :], row[rows.headings :], strict=True):
            if value:
                line(out, 2, f"{column:<{widest}}  {_cell(value, rows)}")
    out.print()
