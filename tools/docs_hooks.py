"""MkDocs hook: adds the commands' help, the diagrams and plots, and the navigation of the error codes to the site.

`<!-- the commands -->` on a page is replaced by the `--help` text of each command. A picture from docs/diagrams or
docs/plots is inlined, so that it has the colors of the page.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from docs_commands import commands

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"

SEARCH_FROM_DISK = ROOT / "node_modules" / "iframe-worker" / "shim" / "index.js"
"""Browsers start no worker from a file. This script replaces the worker for pages that are read from disk."""

_COMMANDS = "<!-- the commands -->"
_PICTURE = re.compile(r"^!\[[^]]+]\((?:\.\./)?(diagram|plot)s/([a-z-]+\.svg)\)$", re.MULTILINE)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add the pages of the error codes to the navigation."""
    pages = sorted(f"errors/{page.name}" for page in (DOCS / "errors").glob("*.md"))
    if pages:
        config.nav = [
            {next(iter(section)): _errors(pages)} if "errors/" in section.values() else section
            for section in config.nav or []
        ]
    else:
        config.nav = [section for section in config.nav or [] if "errors/" not in section.values()]
    return config


def _errors(pages: Sequence[str]) -> list[Any]:
    """The index of the error codes, then its groups, then the pages that it does not list."""
    index = (DOCS / "errors" / "index.md").read_text(encoding="utf-8")
    groups = {
        heading: [f"errors/{page}" for page in re.findall(r"^\| \[[^]]+]\(([\w-]+\.md)\)", text, re.MULTILINE)]
        for heading, text in re.findall(r"^## (.+)\n((?:(?!## ).*\n?)*)", index, re.MULTILINE)
    }
    grouped = {page for group in groups.values() for page in group} | {"errors/index.md"}
    rest = [page for page in pages if page not in grouped]
    return ["errors/index.md", *({heading: group} for heading, group in groups.items() if group), *rest]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the script with which the search works from disk."""
    script = SEARCH_FROM_DISK.read_bytes()
    files.append(File.generated(config, "assets/iframe-worker.js", content=script))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Insert the commands and the pictures."""
    if _COMMANDS in markdown:
        markdown = markdown.replace(_COMMANDS, "\n".join(commands()))
    return _PICTURE.sub(_figure, markdown)


def _figure(found: re.Match[str]) -> str:
    svg = (DOCS / f"{found[1]}s" / found[2]).read_text(encoding="utf-8")
    return f'<figure class="{found[1]}" markdown="0">\n{svg.strip()}\n</figure>'
