"""What the documentation site gets when it is built: the commands' help, the pictures, the pages of the error codes.

A hook of MkDocs. `<!-- the commands -->` on a page stands for what `--help` says of each command; a picture of
docs/diagrams is put into the page itself, where it takes on the page's colours.
"""

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from docs_commands import commands

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"

SEARCH_FROM_DISK = ROOT / "node_modules" / "iframe-worker" / "shim" / "index.js"
"""Browsers start no worker from a file; this does, for the search of pages that are read from disk."""

_COMMANDS = "<!-- the commands -->"
_PICTURE = re.compile(r"^!\[([^]]+)]\((?:\.\./)?diagrams/([a-z-]+\.svg)\)$", re.MULTILINE)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Puts the pages of the error codes into the navigation."""
    pages = sorted(f"errors/{page.name}" for page in (DOCS / "errors").glob("*.md"))
    sections: list[Any] = []
    for section in config.nav or []:
        if "errors/" not in section.values():
            sections.append(section)
        elif pages:
            first = [page for page in pages if page == "errors/index.md"]
            sections.append({next(iter(section)): first + [page for page in pages if page not in first]})
    config.nav = sections
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds what the search needs to work from disk."""
    script = SEARCH_FROM_DISK.read_bytes()
    files.append(File.generated(config, "assets/iframe-worker.js", content=script))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Puts the commands and the pictures where a page asks for them."""
    if _COMMANDS in markdown:
        markdown = markdown.replace(_COMMANDS, "\n".join(commands()))
    return _PICTURE.sub(_figure, markdown)


def _figure(found: re.Match[str]) -> str:
    svg = (DOCS / "diagrams" / found[2]).read_text(encoding="utf-8")
    return f'<figure class="diagram" markdown="0">\n{svg.strip()}\n</figure>'
