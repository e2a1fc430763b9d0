"""The documentation site: it builds without a warning, needs no other host, and has what it promises."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import chime_endpoints
from chime_endpoints_cli.main import cli
from docs.blocks import ROOT

_LOADED = {"img": "src", "script": "src", "link": "href", "iframe": "src", "source": "src", "use": "href"}
"""The elements that make a browser fetch something, and where they say what."""


class _Fetched(HTMLParser):
    """Collects what a page makes a browser fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get(_LOADED.get(tag, ""))
        if address:
            self.addresses.append(address)


def _build(where: Path, target: Path) -> subprocess.CompletedProcess[str]:
    """Builds the site of a folder as `make docs` does."""
    return subprocess.run(  # noqa: S603 - of this environment
        [str(Path(sys.executable).with_name("mkdocs")), "build", "--strict", "--site-dir", str(target)],
        cwd=where,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site."""
    directory = tmp_path_factory.mktemp("site")
    run = _build(ROOT, directory)
    assert run.returncode == 0, run.stderr
    return directory


def test_a_page_that_is_nowhere_in_the_navigation_stops_the_build(tmp_path: Path) -> None:
    """A warning is a failure: so are dead links and missing anchors."""
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "index.md").write_text("# Here\n\n[there](there.md) [nowhere](index.md#nowhere)\n", encoding="utf-8")
    (docs / "astray.md").write_text("# Astray\n", encoding="utf-8")
    settings = "INHERIT: {}\ndocs_dir: docs\nsite_dir: site\nhooks: []\nplugins: []\nnav: [index.md]\n"
    (tmp_path / "mkdocs.yml").write_text(settings.format(ROOT / "mkdocs.yml"), encoding="utf-8")
    run = _build(tmp_path, tmp_path / "site")
    assert run.returncode != 0
    for problem in ("astray.md", "'there.md'", "no such anchor"):
        assert problem in run.stderr


def test_no_page_needs_another_host(site: Path) -> None:
    """No script, font, style or picture is fetched from anywhere but the site."""
    for path in site.rglob("*.html"):
        page = _Fetched()
        page.feed(path.read_text(encoding="utf-8"))
        assert page.addresses
        assert [address for address in page.addresses if re.match(r"(https?:)?//", address)] == [], path.name
    for path in site.rglob("*.css"):
        assert re.findall(r"url\(['\"]?(?:https?:)?//", path.read_text(encoding="utf-8")) == []


def test_everything_that_can_be_imported_is_in_the_reference(site: Path) -> None:
    """Each name of `chime_endpoints` has its place on the Python page."""
    page = (site / "reference" / "python.html").read_text(encoding="utf-8")
    places = set(re.findall(r'<h2 id="[\w.]+\.(\w+)"', page))
    assert places == set(chime_endpoints.__all__)


def test_every_command_is_in_the_reference(site: Path) -> None:
    """Each has a heading; those of a group stand under its name."""
    page = (site / "reference" / "commands.html").read_text(encoding="utf-8")
    headings = set(re.findall(r'<h2 id="chime-endpoints-([\w-]+)"', page))
    for name, command in cli.commands.items():
        below = getattr(command, "commands", None)
        assert headings >= ({f"{name}-{each}" for each in below} if below else {name})


def test_pictures_are_in_the_pages_and_described(site: Path) -> None:
    """They take on the page's colours there, and a screen reader says what they show."""
    page = (site / "how-it-works.html").read_text(encoding="utf-8")
    assert page.count('<svg class="ce"') == len(list((ROOT / "docs" / "diagrams").glob("*.svg")))
    assert len(re.findall(r'role="img" aria-labelledby="[\w-]+-title [\w-]+-desc"', page)) == page.count(
        '<svg class="ce"'
    )
    assert not re.search(r"<!-- table:", page)


def test_the_search_works_from_disk(site: Path) -> None:
    """A browser lets a page from a file neither fetch the index nor start a worker: both come as scripts."""
    assert (site / "search" / "search_index.js").read_text(encoding="utf-8").startswith("var __index = {")
    assert (site / "assets" / "iframe-worker.js").stat().st_size > 500
    assert 'src="assets/iframe-worker.js"' in (site / "index.html").read_text(encoding="utf-8")
