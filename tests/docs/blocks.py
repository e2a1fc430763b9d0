"""The code blocks of the documentation, with their context."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
PAGES = (
    *sorted(path for path in ROOT.glob("*.md")),
    *(ROOT / folder / "README.md" for folder in ("constructs", "emulator", "examples")),
    *sorted((ROOT / "docs").rglob("*.md")),
)

_MARKER = re.compile(r"<!-- (?P<kind>[a-z ]+): (?P<text>.+) -->")


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    page: Path
    line: int
    language: str
    text: str
    marker: tuple[str, str] = ("", "")
    """What a comment right before it says: `<!-- kind: text -->`."""

    @property
    def place(self) -> str:
        """Its place in a form that editors understand."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def page_text(self) -> str:
        """The text of the whole page."""
        return self.page.read_text(encoding="utf-8")


def blocks_of(page: Path, text: str | None = None) -> Iterator[Block]:
    """The blocks of a page in order."""
    marker = ("", "")
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8") if text is None else text):
        if token.type == "html_block" and (found := _MARKER.fullmatch(token.content.strip())):
            marker = (found["kind"], found["text"])
            continue
        if token.type in ("fence", "code_block"):
            line = token.map[0] + 1 if token.map else 0
            yield Block(page, line, token.info.strip() if token.type == "fence" else "indented", token.content, marker)
        marker = ("", "")


BLOCKS = [block for page in PAGES for block in blocks_of(page)]
