"""Entries in braces, as in JSON; YAML calls this flow style."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chime_endpoints_cli.output.console.readable import readable

from .lines import Edit, Lines
from .places import Value

_STEP = "  "
_BLANKS_AND_COMMENTS = re.compile("(?:[ \t\r\n\x85\u2028\u2029]+(?:#[^\r\n\x85\u2028\u2029]*)?)*")


def after_the_last(lines: Lines, value: Value, entries: Mapping[str, Any]) -> list[Edit]:
    """Add the entries after the existing ones."""
    members = value.members()
    margin = lines.margin(members[0][0].start)
    style = _Style(lines, margin, _step(lines, members, margin))
    last = members[-1][1].end
    following = _BLANKS_AND_COMMENTS.match(lines.text, last)
    comma = following.end() if following else last
    if lines.text[comma] == ",":
        at = lines.end_if_blank(comma + 1)
        return [Edit(at, at, f"{style.begin or ' '}{style.members(entries)},")]
    at = lines.end_if_blank(last)
    added = f"{style.begin or ' '}{style.members(entries)}"
    return [Edit(last, last, f",{added}")] if at == last else [Edit(last, last, ","), Edit(at, at, added)]


def instead(lines: Lines, value: Value, entries: Mapping[str, Any], *, margin: str | None) -> Edit:
    """Replace `{}` or `null` with the entries.

    Args:
        lines: the file.
        value: an empty map in braces, or null.
        entries: the entries to write.
        margin: the indentation of the value's line, if its key starts a line.
    """
    inside = lines.text[value.start + 1 : value.end - 1] if value.is_map else ""
    if inside.strip():  # a comment, which ends with its line
        return Edit(value.end - 1, value.end - 1, f"{_Style(lines, None, _STEP).members(entries)} ")
    step = margin or _STEP
    style = _Style(lines, None if margin is None else margin + step, step)
    end = "" if margin is None else f"{lines.line_break}{margin}"
    return Edit(value.start, value.end, f"{{{style.begin}{style.members(entries)}{end}}}")


def _step(lines: Lines, members: list[tuple[Value, Value]], margin: str | None) -> str:
    """Return the indentation of the members of an entry."""
    for _, entry in members if margin else []:
        inner = entry.members() if entry.is_map else []
        own = lines.margin(inner[0][0].start) if inner else None
        if own and own != margin and own.startswith(margin or ""):
            return own.removeprefix(margin or "")
    return _STEP


@dataclass(frozen=True)
class _Style:
    """The layout: one line without a margin, otherwise a line for each member."""

    lines: Lines
    margin: str | None
    step: str

    @property
    def begin(self) -> str:
        """The text before a member."""
        return "" if self.margin is None else f"{self.lines.line_break}{self.margin}"

    def members(self, entries: Mapping[str, Any]) -> str:
        """Return keys and values, in order."""
        return f",{self.begin or ' '}".join(self._member(key, value) for key, value in entries.items())

    def _member(self, key: str, value: object) -> str:
        indent = None if self.margin is None else self.step
        plain = json.dumps(value, ensure_ascii=False)
        text = json.dumps(value, ensure_ascii=readable(plain) != plain, indent=indent)
        return f"{json.dumps(key)}: {text}".replace("\n", self.begin)
