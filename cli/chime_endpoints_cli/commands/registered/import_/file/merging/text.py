"""Decides where to add entries in a text, and whether in block or flow style."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chime_endpoints_cli.output.errors import CommandError

from . import block, flow
from .lines import Edit, Lines, edited
from .places import Value, places_in


def merged(text: str, entries: Mapping[str, Any], *, stacks: int | None = None) -> str:
    """Return the text with entries added.

    Args:
        text: a declaration in YAML or JSON, without a byte order mark.
        entries: the entries to add.
        stacks: a number of stacks to declare, if the text has no entries and no `stacks`.

    Raises:
        CommandError: the entries cannot be added, for example because `endpoints` is an alias.
    """
    lines = Lines(text)
    places = places_in(text.replace("\t", " "))  # JSON can be indented with tabs, which PyYAML does not accept
    root = places.root
    if root is None:
        edits = [block.at_the_end(lines, len(text), entries, column=0, step=block.STEP, stacks=stacks)]
    elif not root.is_map:
        raise _no_place("the file is not a map")
    elif found := root.member("endpoints"):
        edits = _into(lines, root, *found, entries, stacks)
    elif root.is_flow:
        top = {**({} if stacks is None else {"stacks": stacks}), "endpoints": dict(entries)}
        edits = flow.after_the_last(lines, root, top) if root.members() else [flow.instead(lines, root, top, margin="")]
    else:
        at = block.end_of(lines, root, root.column) if places.is_ended else len(text)
        step = block.step_of(root)
        edits = [block.at_the_end(lines, at, entries, column=root.column, step=step, stacks=stacks)]
    return edited(text, edits)


def _into(
    lines: Lines, root: Value, key: Value, value: Value, entries: Mapping[str, Any], stacks: int | None
) -> list[Edit]:
    """Add entries to the value of `endpoints`."""
    if not (value.is_map or value.is_null):
        raise _no_place("`endpoints` is not a map, or is an alias")
    if value.is_map and value.members():
        if value.is_flow:
            return flow.after_the_last(lines, value, entries)
        return [block.after_the_last(lines, key, value, entries)]
    if root.is_flow:
        number = [] if stacks is None else [Edit(key.start, key.start, f'"stacks": {stacks}, ')]
        return [*number, flow.instead(lines, value, entries, margin=lines.margin(key.start))]
    number = [] if stacks is None else [Edit(key.start, key.start, f"stacks: {stacks}{lines.line_break}")]
    if "#" in lines.text[value.start : value.end]:
        return [*number, flow.instead(lines, value, entries, margin=None)]
    end = value.end
    start = value.start
    if lines.end_if_blank(end) != end or end == len(lines.text):
        start = len(lines.text[:start].rstrip(" "))
    return [*number, Edit(start, end, ""), block.below(lines, key, end, entries, step=block.step_of(root))]


def _no_place(why: str) -> CommandError:
    return CommandError(f"the entries cannot be added to the file: {why}", remedy="Write them to a new file with -o.")
