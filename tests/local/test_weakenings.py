"""Everything that can be left out of the handler's decisions is noticed by a test."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

import weaken
from weakenings import ROW, SECTIONS, rows_of, weakenings

ALL_LEFT_OUT = """
from weakenings import *
every, before = weakenings(), stale_facts()
for each in every:
    each.apply()
assert not any(row(None) for section in SECTIONS for _, rows in rows_of(section) for row in rows)
assert roles.bears_mark("an endpoint", "a request")
assert {name: len(stale_facts().get(name, ())) for name in before} == {name: len(before[name]) - 1 for name in before}
"""


def _tests_of(path: str) -> Iterator[str]:
    tree = ast.parse((weaken.ROOT / path).read_bytes())
    yield from (node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_everything_that_can_be_left_out_has_been_tried() -> None:
    """`make weaken` records the results; a row or a rule that is new or renamed has none yet."""
    names = [each.name for each in weakenings()]
    assert list(weaken.remembered()) == names, "run: make weaken"
    assert len(names) == len(set(names))


def test_everything_that_can_be_left_out_is_noticed() -> None:
    """Otherwise, it is not needed, or a test is missing."""
    assert weaken.unnoticed(weaken.remembered()) == []


def test_every_test_that_notices_something_exists() -> None:
    """`make weaken` looks for another test in the place of one that was renamed."""
    recorded = {test for tests in weaken.remembered().values() for test in tests.values() if test}
    named = {(path, name.partition("[")[0]) for path, _, name in (test.partition("::") for test in recorded)}
    assert [(path, name) for path, name in sorted(named) if name not in _tests_of(path)] == [], "run: make weaken"


def test_the_rows_are_those_of_the_policy() -> None:
    """Each counts once, however many sections have it."""
    rows = {row for section in SECTIONS for _, rows in rows_of(section) for row in rows}
    assert len(rows) == sum(each.kind == ROW for each in weakenings()) > 30


@pytest.mark.slow
def test_everything_can_be_left_out() -> None:
    """Without all of it, no row applies, every rule holds, and each step leaves a fact as it was."""
    roots = [str(weaken.ROOT / name) for name in ("tools", "lambda_handlers")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(roots)}
    run = subprocess.run(
        [sys.executable, "-c", ALL_LEFT_OUT], env=environment, check=False, capture_output=True, text=True
    )
    assert run.stderr == ""
