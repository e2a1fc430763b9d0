"""The documentation site builds without warnings and needs no other host."""

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

pytestmark = pytest.mark.slow

_LOADED = {"img": "src", "script": "src", "link": "href", "iframe": "src", "source": "src", "use": "href"}
"""The elements that make a browser fetch a resource, and the attribute with its address."""


class _Fetched(HTMLParser):
    """Collects the addresses that a page makes a browser fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get(_LOADED.get(tag, ""))
        if address:
            self.addresses.append(address)


def _build(where: Path, target: Path) -> subprocess.CompletedProcess[str]:
    """Build the site of a folder as `make docs` does."""
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


def test_a_page_outside_the_navigation_stops_the_build(tmp_path: Path) -> None:
    """So does a dead link or a missing anchor: warnings are failures."""
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
    """Scripts, fonts, styles and pictures all come from the site."""
    for path in site.rglob("*.html"):
        page = _Fetched()
        page.feed(path.read_text(encoding="utf-8"))
        assert page.addresses
        assert [address for address in page.addresses if re.match(r"(https?:)?//", address)] == [], path.name
    for path in site.rglob("*.css"):
        assert re.findall(r"url\(['\"]?(?:https?:)?//", path.read_text(encoding="utf-8")) == []


def test_everything_that_can_be_imported_is_in_the_reference(site: Path) -> None:
    """Each public name of `chime_endpoints` is on the Python page."""
    page = (site / "reference" / "python.html").read_text(encoding="utf-8")
    places = set(re.findall(r'<h2 id="[\w.]+\.(\w+)"', page))
    assert places == set(chime_endpoints.__all__)


def test_every_command_is_in_the_reference(site: Path) -> None:
    """Each has a heading; a command of a group has the group's name first."""
    page = (site / "reference" / "commands.html").read_text(encoding="utf-8")
    headings = set(re.findall(r'<h2 id="chime-endpoints-([\w-]+)"', page))
    for name, command in cli.commands.items():
        below = getattr(command, "commands", None)
        assert headings >= ({f"{name}-{each}" for each in below} if below else {name})


def test_diagrams_are_drawn_by_a_script_of_the_site(site: Path) -> None:
    """Only pages with diagrams load it. Each diagram has a title and a description for screen readers."""
    assert "mermaid" in (site / "assets" / "mermaid.js").read_text(encoding="utf-8")
    with_script = set()
    for path in site.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        diagrams = re.findall(r'<pre class="mermaid">(.*?)</pre>', page, re.DOTALL)
        assert [each for each in diagrams if "accTitle: " not in each or "accDescr: " not in each] == []
        assert bool(diagrams) == ('assets/mermaid.js"' in page), path.name
        with_script |= {path.name} if diagrams else set()
    assert with_script == {"index.html", "how-it-works.html"}


class _Headers(HTMLParser):
    """Collects the text of each header cell of a page's tables."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._is_inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag == "th":
            self.texts.append("")
            self._is_inside = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "th":
            self._is_inside = False

    def handle_data(self, data: str) -> None:
        if self._is_inside:
            self.texts[-1] += data.strip()


def test_every_column_of_a_table_has_a_header(site: Path) -> None:
    """A screen reader reads it with each cell."""
    empty = []
    for path in site.rglob("*.html"):
        page = _Headers()
        page.feed(path.read_text(encoding="utf-8"))
        empty += [path.relative_to(site).as_posix()] * page.texts.count("")
    assert empty == []


def test_plots_name_their_unit(site: Path) -> None:
    """The performance page shows every plot."""
    page = (site / "performance.html").read_text(encoding="utf-8")
    plots = re.findall(r'src="plots/([\w-]+\.svg)#only-(?:light|dark)"', page)
    assert sorted(plots) == sorted(path.name for path in (ROOT / "docs" / "plots").glob("*.svg"))
    for plot in plots:
        assert re.search(r">(milliseconds|seconds)\b", (site / "plots" / plot).read_text(encoding="utf-8")), plot


def test_the_home_page_has_three_ways_in(site: Path) -> None:
    """They are cards, with a diagram below them."""
    page = (site / "index.html").read_text(encoding="utf-8")
    (cards,) = re.findall(r'<div class="grid cards">.*?</div>', page, re.DOTALL)
    assert len(re.findall(r"<li>", cards)) == 3
    assert '<pre class="mermaid">' in page


def test_the_search_works_from_disk(site: Path) -> None:
    """The index and the worker are scripts, because a browser does not let a page from disk fetch or start them."""
    assert (site / "search" / "search_index.js").read_text(encoding="utf-8").startswith("var __index = {")
    assert (site / "assets" / "iframe-worker.js").stat().st_size > 500
    assert 'src="assets/iframe-worker.js"' in (site / "index.html").read_text(encoding="utf-8")
