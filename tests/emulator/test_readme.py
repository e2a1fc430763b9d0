"""The emulator's README is correct."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest

import chime_endpoints_emulator
from chime_endpoints_emulator import Fault, PushSwitches, Rejection, Spoiled, Switches
from chime_endpoints_emulator.control import ROUTES

pytestmark = pytest.mark.slow

README = (Path(chime_endpoints_emulator.__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def _table(heading: str) -> dict[str, list[str]]:
    """The tables below a heading: the first cell without backticks, and the code in the second."""
    section = README.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("| `")]
    return {row[0].strip("`"): re.findall(r"`([^`]+)`", row[1]) for row in rows}


def test_the_example_works() -> None:
    """The test in the README passes."""
    code = README.partition("```python\n")[2].partition("```")[0]
    names: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), names)  # noqa: S102 - our own README
    names["test_a_lost_answer_registers_one_endpoint"]()


@pytest.mark.parametrize(("switches", "heading"), [(Switches, "Switches"), (PushSwitches, "Push applications")])
def test_every_switch_is_in_the_table_with_its_values(switches: type[Any], heading: str) -> None:
    """The table has all switches in order, with all values, the default first."""
    table = {name: values for name, values in _table(heading).items() if not name.startswith(".")}
    assert [*table] == [field.name for field in fields(switches)]
    types = get_type_hints(switches)
    for field in fields(switches):
        values = table[field.name]
        default = field.default if isinstance(field.default, str) else json.dumps(field.default)
        assert values[0] == default
        if get_origin(types[field.name]) is Literal:
            assert sorted(values) == sorted(get_args(types[field.name]))


def test_every_fault_is_in_the_tables() -> None:
    """The tables have all members of a fault and all spoiled answers."""
    section = README.partition("## Faults\n")[2].partition("\n## ")[0]
    for field in fields(Fault):
        assert not field.init or re.search(rf"\b{field.name}\b", section)
    assert {*Spoiled} <= {*_table("Faults")}


def test_every_rejection_is_named() -> None:
    """The text has all reasons for which a push is rejected."""
    assert all(f"`{rejection}`" in README for rejection in Rejection)


def test_every_route_of_the_control_api_is_in_the_table() -> None:
    """The table has all paths with all their methods."""
    for path, methods in ROUTES.items():
        for method in methods:
            assert f"`{method} {path}`" in README
