"""MkDocs hook: adds the commands' help, the scripts and the navigation of the error codes to the site.

`<!-- the commands -->` on a page is replaced by the `--help` text of each command. A page with diagrams gets the script
that draws them, from this site and not from another host.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

from docs_commands import commands

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"

MODULES = ROOT / "node_modules"
SCRIPTS = {
    # Browsers start no worker from a file. This script replaces the worker for pages that are read from disk.
    "assets/iframe-worker.js": MODULES / "iframe-worker" / "shim" / "index.js",
    "assets/iframe-worker.license.txt": MODULES / "iframe-worker" / "LICENSE",
    "assets/mermaid.js": MODULES / "@mermaid-js" / "tiny" / "dist" / "mermaid.tiny.js",
    "assets/mermaid.license.txt": MODULES / "@mermaid-js" / "tiny" / "LICENSE",
}
"""Scripts that the site serves, with their licenses."""

_COMMANDS = "<!-- the commands -->"
_DIAGRAM = re.compile(r'<pre class="mermaid">.*?</pre>', re.DOTALL)


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
    """Add the scripts."""
    for name, script in SCRIPTS.items():
        files.append(File.generated(config, name, content=script.read_bytes()))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Insert the commands."""
    return markdown.replace(_COMMANDS, "\n".join(commands())) if _COMMANDS in markdown else markdown


def on_page_content(html: str, page: Page, **_: object) -> str:
    """Let wide diagrams scroll. The theme uses the first Mermaid that a page loads, otherwise one from a CDN."""
    html, count = _DIAGRAM.subn(r'<figure class="diagram">\g<0></figure>', html)
    if not count:
        return html
    return f'{html}\n<script src="{get_relative_url("assets/mermaid.js", page.url)}"></script>'
