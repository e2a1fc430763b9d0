"""Finds lines by character offsets, and inserts text without rewriting the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""The line breaks of YAML 1.1."""


@dataclass(frozen=True)
class Edit:
    """A range of a text and its replacement."""

    start: int
    end: int
    text: str


def edited(text: str, edits: Iterable[Edit]) -> str:
    """Apply edits to a text."""
    for edit in sorted(edits, key=lambda each: each.start, reverse=True):
        text = f"{text[: edit.start]}{edit.text}{text[edit.end :]}"
    return text


@dataclass(frozen=True)
class Lines:
    """A text as lines. A place is a character offset from the start of the text."""

    text: str

    @property
    def line_break(self) -> str:
        """The line break that the text uses."""
        found = re.search("\r\n|\n|\r", self.text)
        return found[0] if found else "\n"

    def after(self, at: int) -> int:
        """Return the start of the next line, or the end of the text."""
        found = _BREAK.search(self.text, at)
        return len(self.text) if found is None else found.end()

    def is_begun(self, at: int) -> bool:
        """Whether a place is inside a line, not at its start."""
        return at > 0 and _BREAK.fullmatch(self.text[at - 1]) is None

    def end_if_blank(self, at: int) -> int:
        """Return the end of the line if only spaces and a comment follow, otherwise the place itself."""
        found = _BREAK.search(self.text, at)
        end = len(self.text) if found is None else found.start()
        return end if re.fullmatch(r"\s*(\s#.*)?", self.text[at:end]) else at

    def past_comments(self, at: int, column: int) -> int:
        """Return the start of the line after the comments that are indented to at least this column."""
        following = at
        while following < len(self.text):
            end = self.after(following)
            line = self.text[following:end]
            if line.strip() and not (line.lstrip().startswith("#") and len(line) - len(line.lstrip()) >= column):
                break
            following = end
            at = end if line.strip() else at
        return at

    def is_after_blank_line(self, at: int) -> bool:
        """Whether there is a blank line above a line and its comments."""
        above = _BREAK.split(self.text[:at])[:-1]
        while above and above[-1].lstrip().startswith("#"):
            above.pop()
        return bool(above) and not above[-1].strip()

    def margin(self, at: int) -> str | None:
        """Return the indentation before a place, or None if there is other text before it in the line."""
        before = _BREAK.split(self.text[:at])[-1]
        return None if before.strip() else before
