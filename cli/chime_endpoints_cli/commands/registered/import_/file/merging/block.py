"""Entries in YAML block style, indented like the rest of the file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from chime_endpoints_cli.output.console.readable import readable

from .lines import Edit, Lines
from .places import Value

NOTE = """\
# Imported. `removal_policy: retain` keeps these endpoints registered even if the deployment that adopts them fails.
# After that deployment, remove the line: then an endpoint is deregistered when its entry is removed.
"""
STEP = 2
"""The indentation if the file does not show its own."""

_WIDTH = 1 << 20  # a value is never folded
_STEPS = range(2, 10)  # what PyYAML can write


def as_yaml(entries: Mapping[str, Any], *, step: int = STEP) -> str:
    """Return entries as YAML; characters that are invisible on a terminal are escaped."""
    is_plain = all(readable(entry["name"]) == entry["name"] for entry in entries.values())
    step = min(max(step, _STEPS.start), _STEPS.stop - 1)
    return yaml.safe_dump(dict(entries), sort_keys=False, allow_unicode=is_plain, width=_WIDTH, indent=step)


def after_the_last(lines: Lines, key: Value, value: Value, entries: Mapping[str, Any]) -> Edit:
    """Add the entries after the existing ones.

    Args:
        lines: the file.
        key: `endpoints`.
        value: a map in block style.
        entries: what to add.
    """
    members = value.members()
    column = members[0][0].column
    is_spaced = len(members) > 1 and lines.is_after_blank_line(members[-1][0].start)
    text = _listed(entries, column=column, step=step_of(value, column - key.column), is_spaced=is_spaced)
    # After a block scalar, a blank line would become part of the scalar.
    begin = "\n" if is_spaced and not value.ends_with_a_block_of_text else ""
    return _put(lines, end_of(lines, value, column), begin + text)


def below(lines: Lines, key: Value, end: int, entries: Mapping[str, Any], *, step: int) -> Edit:
    """Add the entries below a key without entries, whose line is at `end`."""
    at = lines.past_comments(lines.after(end), key.column + 1)
    return _put(lines, at, _listed(entries, column=key.column + step, step=step))


def at_the_end(
    lines: Lines, at: int, entries: Mapping[str, Any], *, column: int, step: int, stacks: int | None
) -> Edit:
    """Add the entries with the key `endpoints`."""
    head = ("" if stacks is None else f"stacks: {stacks}\n") + "endpoints:\n"
    return _put(lines, at, _indented(head, column) + _listed(entries, column=column + step, step=step))


def end_of(lines: Lines, value: Value, column: int) -> int:
    """Return the start of the line after a block-style value and its comments."""
    is_after_break = value.ends_with_a_block_of_text and not lines.is_begun(value.end)
    return lines.past_comments(value.end if is_after_break else lines.after(value.end), column)


def step_of(parent: Value, otherwise: int = STEP) -> int:
    """Return the indentation of the maps in a map."""
    for key, value in parent.members():
        if value.is_map and not value.is_flow:
            return value.members()[0][0].column - key.column  # the map itself can begin with an anchor
    return otherwise


def _listed(entries: Mapping[str, Any], *, column: int, step: int, is_spaced: bool = False) -> str:
    between = "\n" if is_spaced else ""
    return _indented(NOTE + between.join(as_yaml({key: entry}, step=step) for key, entry in entries.items()), column)


def _indented(text: str, column: int) -> str:
    return "".join(f"{' ' * column}{line}" if line.strip() else line for line in text.splitlines(keepends=True))


def _put(lines: Lines, at: int, text: str) -> Edit:
    """Insert whole lines; a file without a final line break stays without one."""
    if lines.is_begun(at):
        text = "\n" + text.removesuffix("\n")
    return Edit(at, at, text.replace("\n", lines.line_break))
