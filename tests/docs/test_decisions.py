"""The page about the decisions, and the numbers of the limits."""

from __future__ import annotations

import re

import pytest

import decisions
from docs.blocks import ROOT
from weaken import remembered
from weakenings import SECTIONS, name_of, rows_of

LIMITS = [f"L{number}" for number in range(1, 16) if number != 4]  # a number is never used again


def test_the_page_is_what_would_be_written_now() -> None:
    """`make decisions` writes it."""
    assert decisions.PAGE.read_text(encoding="utf-8") == decisions.page(remembered()), "run: make decisions"


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__.rpartition(".")[2])
def test_every_row_of_the_policy_is_on_the_page(section: object) -> None:
    """It says when it applies and what the function does then."""
    page = decisions.PAGE.read_text(encoding="utf-8")
    for _, rows in rows_of(section):  # type: ignore[arg-type] # a module
        for row in rows:
            when, what = decisions.when_and_what(row)
            assert f"| {when} | {what} | `{name_of(row)}` |" in page


def test_a_row_that_does_not_say_when_and_what_is_refused() -> None:
    """Otherwise, the page would have a gap."""

    def row() -> None:
        """Do something."""

    with pytest.raises(ValueError, match="'When: what'"):
        decisions.when_and_what(row)


def test_the_limits_are_numbered_over_both_pages() -> None:
    """The first are those that a user can run into."""
    pages = [ROOT / "docs" / name for name in ("guarantees.md", "guarantees-in-detail.md")]
    found = [
        re.findall(r"(?m)^\| (L\d+) \| .+ \| .+ \| .+ \| .+ \|$", page.read_text(encoding="utf-8")) for page in pages
    ]
    assert found == [LIMITS[:5], LIMITS[5:]]


def test_every_limit_that_the_histories_excuse_has_a_number() -> None:
    """A history that meets it is not counted."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests" / "lifecycle").rglob("*.py"))]
    named = [number for text in texts for number in re.findall(r"(?i)\blimit (L\w+)", text)]
    assert set(named) <= set(LIMITS), named
