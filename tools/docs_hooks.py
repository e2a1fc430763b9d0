"""What the documentation site takes from the code when it is built: tables, pictures, the pages of the error codes.

A hook of MkDocs. A page says `<!-- table: NAME -->` where a table of the code is to stand, so that the table cannot
be out of date; a picture of docs/diagrams is put into the page itself, where it takes on the page's colours.
"""

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig

from docs_tables import TABLES

DOCS = Path(__file__).resolve().parent.parent / "docs"

_TABLE = re.compile(r"^<!-- table: ([a-z-]+) -->$", re.MULTILINE)
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


def on_page_markdown(markdown: str, **_: object) -> str:
    """Puts tables and pictures where a page asks for them."""
    return _PICTURE.sub(_figure, _TABLE.sub(lambda found: _table(found[1]), markdown))


def _table(name: str) -> str:
    return "\n".join(TABLES[name]())


def _figure(found: re.Match[str]) -> str:
    svg = (DOCS / "diagrams" / found[2]).read_text(encoding="utf-8")
    return f'<figure class="diagram" markdown="0">\n{svg.strip()}\n</figure>'
