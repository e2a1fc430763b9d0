"""Writes docs/faults.md: which test covers which fault.

Run by `make faults`. tests/faults.toml lists the faults. A test names the faults that it covers at the start of its
docstring: `F27: …` or `F25, F41: …`. The tests are parsed, not imported.
"""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TESTS = ROOT / "tests"
FAULTS = TESTS / "faults.toml"
PAGE = ROOT / "docs" / "faults.md"

NAMED = re.compile(r"(F\d+(?:, F\d+)*): ")
"""The start of a docstring that names the faults of its test."""

HEAD = """\
# Which test covers which fault

This page is for maintainers and reviewers. It lists every fault that the tests try, what must happen, and the tests
that check it. Open the last column to see the tests.

`make faults` writes this page from `tests/faults.toml` and the docstrings of the tests. A test fails if a fault has no
test or this page is out of date.
"""


@dataclass(frozen=True)
class Fault:
    """A fault, and what must happen."""

    number: int
    what: str
    expected: str


@dataclass(frozen=True)
class Group:
    """Faults of the same kind."""

    title: str
    expected: str
    faults: Sequence[Fault]


@dataclass(frozen=True)
class Test:
    """A test and its docstring."""

    name: str
    path: str
    docstring: str

    @property
    def faults(self) -> list[int]:
        """The numbers of the faults that the docstring names."""
        named = NAMED.match(self.docstring)
        return [] if named is None else [int(number[1:]) for number in named[1].split(", ")]

    @property
    def title(self) -> str:
        """The test's name as a sentence."""
        return self.name.removeprefix("test_").replace("_", " ")


def groups(path: Path = FAULTS) -> list[Group]:
    """The faults, in the order of the file."""
    return [
        Group(group["title"], group["expected"], [Fault(*fault) for fault in group["faults"]])
        for group in tomllib.loads(path.read_text(encoding="utf-8"))["groups"]
    ]


def all_tests(directory: Path = TESTS) -> list[Test]:
    """Every test below a directory, by path and line."""
    return [test for path in sorted(directory.rglob("test_*.py")) for test in _tests_in(path, directory.parent)]


def _tests_in(path: Path, root: Path) -> Iterator[Test]:
    functions = (node for node in ast.walk(ast.parse(path.read_bytes())) if isinstance(node, ast.FunctionDef))
    for node in sorted(functions, key=lambda function: function.lineno):
        if node.name.startswith("test_"):
            yield Test(node.name, path.relative_to(root).as_posix(), ast.get_docstring(node) or "")


def covering(tests: Sequence[Test]) -> dict[int, list[Test]]:
    """The tests of each fault."""
    found: dict[int, list[Test]] = {}
    for test in tests:
        for number in test.faults:
            found.setdefault(number, []).append(test)
    return found


def page(groups: Sequence[Group], tests: Mapping[int, Sequence[Test]]) -> str:
    """The text of the page."""
    return HEAD + "".join(_section(group, tests) for group in groups)


def _section(group: Group, tests: Mapping[int, Sequence[Test]]) -> str:
    rows = "".join(
        f"| F{fault.number} | {fault.what} | {fault.expected} | {_named(tests.get(fault.number, []))} |\n"
        for fault in group.faults
    )
    head = "| Fault | What goes wrong | What must happen | Tests |\n|---|---|---|---|\n"
    return f"\n## {group.title}\n\n{group.expected}\n\n{head}{rows}"


def _named(tests: Sequence[Test]) -> str:
    """The tests of a fault by file, folded, since they are long. Paths work wherever the page is read; links do not."""
    by_file: dict[str, list[str]] = {}
    for test in tests:
        by_file.setdefault(test.path, []).append(test.title)
    if not by_file:
        return "none"
    files = "<br>".join(f"`{path}`: {'; '.join(titles)}" for path, titles in by_file.items())
    return f"<details><summary>{len(tests)}</summary>{files}</details>"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(groups(), covering(all_tests())), encoding="utf-8")


if __name__ == "__main__":
    main()
