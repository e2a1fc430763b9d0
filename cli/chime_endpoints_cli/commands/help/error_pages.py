"""The documentation's pages of the error codes, which the wheel contains."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources.abc import Traversable
from urllib.parse import urljoin

from chime_endpoints_cli.command_line.repository import from_repository
from chime_endpoints_cli.output.codes import page_of

_TITLE = re.compile(r"^#+ (CE-\d{3}): (.+?)(?: \{#[\w-]+\})?$", re.MULTILINE)
_SECTION = re.compile(r"^(?=## )", re.MULTILINE)
_LINK = re.compile(r"\]\((?!https?:)([^)\s]+)\)")


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """What the documentation says about a code."""

    code: str
    title: str
    url: str
    """The page on the documentation's site."""
    markdown: str
    """The page's text; its links are absolute."""

    def to_json(self) -> dict[str, str]:
        """Return the explanation as JSON for other programs."""
        return asdict(self)


@cache
def explanations() -> dict[str, Explanation]:
    """Return the explanations of all codes in their order, without a request to any host."""
    found = (each for page in from_repository("docs/errors").iterdir() for each in _explanations_on(page))
    return {each.code: each for each in sorted(found, key=lambda each: each.code)}


def _explanations_on(page: Traversable) -> Iterator[Explanation]:
    """Yield the explanation on a code's own page, or those in the sections of the commands' page."""
    if not page.name.endswith(".md"):
        return
    text = page.read_text(encoding="utf-8")
    for part in [text] if page.name.startswith("CE-") else _SECTION.split(text):
        if title := _TITLE.match(part):
            url = page_of(title[1])
            body = part[title.end() :].strip()
            markdown = f"# {title[1]}: {title[2]}\n\n{_with_absolute_links(body, url)}\n"
            yield Explanation(code=title[1], title=title[2], url=url, markdown=markdown)


def _with_absolute_links(markdown: str, url: str) -> str:
    return _LINK.sub(lambda link: f"]({urljoin(url, link[1].replace('.md', '.html'))})", markdown)
