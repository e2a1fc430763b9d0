"""Every fault has a test that names it, and the documentation shows which."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from support.scripts import TOOLS, script


@pytest.fixture(scope="module")
def table() -> ModuleType:
    """The script as a module."""
    return script("fault_table")


@pytest.fixture(scope="module")
def tests(table: ModuleType) -> list[Any]:
    """Every test and the faults that it names; all files are read for it."""
    return list(table.all_tests())


def test_the_page_is_what_would_be_written_now(table: ModuleType, tests: list[Any]) -> None:
    """`make faults` writes it."""
    written = table.PAGE.read_text(encoding="utf-8")
    assert written == table.page(table.groups(), table.covering(tests)), "run: make faults"


def test_the_faults_are_numbered_from_1_to_76(table: ModuleType) -> None:
    """Each number is used once, in order."""
    assert [fault.number for group in table.groups() for fault in group.faults] == list(range(1, 77))


def test_every_fault_has_a_test(table: ModuleType, tests: list[Any]) -> None:
    """The test's docstring starts with the fault's number."""
    named = table.covering(tests)
    assert [fault.number for group in table.groups() for fault in group.faults if fault.number not in named] == []


def test_no_test_names_a_fault_that_does_not_exist(table: ModuleType, tests: list[Any]) -> None:
    """A wrong number would cover nothing."""
    known = {fault.number for group in table.groups() for fault in group.faults}
    assert [test for test in tests if not known.issuperset(test.faults)] == []


def test_no_fault_is_named_in_a_place_that_does_not_count(tests: list[Any]) -> None:
    """This is true in the middle of a docstring, in parentheses, and for repeated numbers."""
    assert [test for test in tests if len(re.findall(r"\b[A-G]\d+\b", test.docstring)) != len(set(test.faults))] == []


@pytest.mark.parametrize(
    ("docstring", "faults"),
    [("F27: a rule.", [27]), ("F25, F41: a rule.", [25, 41]), ("A rule.", []), ("A rule (F27).", []), ("", [])],
)
def test_a_docstring_names_faults_at_its_beginning(table: ModuleType, docstring: str, faults: list[int]) -> None:
    """It names one or several."""
    assert table.Test("test_it", "tests/test_it.py", docstring).faults == faults


def test_a_fault_without_a_test_is_seen(table: ModuleType, tmp_path: Path) -> None:
    """The table and the test above both show it. Tests in classes count."""
    path = tmp_path / "tests" / "test_it.py"
    path.parent.mkdir()
    path.write_text('class TestIt:\n    def test_it_is_so(self) -> None:\n        """F1: it is."""\n', encoding="utf-8")
    (group,) = [table.Group("Group", "Well.", [table.Fault(1, "a", "b"), table.Fault(2, "c", "d")])]
    text = table.page([group], table.covering(table.all_tests(path.parent)))
    assert "| F1 | a | b | <details><summary>1</summary>`tests/test_it.py`: it is so</details> |" in text
    assert "| F2 | c | d | none |" in text


def test_every_rule_of_the_guarantees_names_tests_that_exist() -> None:
    """There are sixteen rules, in order. A test file that is renamed would leave one without tests."""
    root = TOOLS.parent
    rows = re.findall(
        r"(?m)^\| (\d+) \| .+ \| (.+) \|$", (root / "docs" / "guarantees-in-detail.md").read_text(encoding="utf-8")
    )
    assert [int(number) for number, _ in rows] == list(range(1, 17))
    for _, held_by in rows:
        named = re.findall(r"`(tests/\S+)`", held_by)
        assert named or held_by.startswith("the random histories")
        assert all((root / path).exists() for path in named), held_by
