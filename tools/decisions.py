"""Writes docs/decisions.md: what the function decides, and which test notices if a row or a rule is missing.

Run by `make decisions`. All of it comes from the handler's modules and their docstrings, and from the record of
`make weaken`.
"""

import ast
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from types import ModuleType
from typing import Any

from chime_endpoints_handler.resources.endpoint import policy, roles, steps
from weaken import HISTORIES, ROOT, RULES, Record, remembered
from weakenings import SECTIONS, name_of, rows_of, stale_facts

PAGE = ROOT / "docs" / "decisions.md"

HEAD = """\
# What the function decides

This page is for maintainers and reviewers. It answers "what does the function do if …": each row says when it applies,
and what the function does then.

The function handles an event in a loop: it decides on a step by the facts that it has, performs the step, and decides
again. The sections below are the whole policy. In each, the first row that applies decides. If a row needs a fact
that nobody has looked at yet, the next step is that look.

- A Delete uses only the first section, and a Create or Update that fails only the second.
- Once an endpoint is chosen, only the section for that applies.
- Until then, an Update begins with the section for little or nothing to do. In a Create and in an Update, the question
  follows whether CloudFormation has gone on.
- After that, the function looks for what is there already and registers an endpoint, or turns to the section for a
  device token that is registered already.

The last column names a test that fails if the row is missing. `make weaken` leaves out one row after the other and
records these tests. `make decisions` writes this page.
"""


def page(record: Record) -> str:
    """Return the text of the page."""
    return "\n".join([HEAD, *_sections(record), *_roles(record), *_looks(), *_steps()]) + "\n"


def _sections(record: Record) -> Iterator[str]:
    tables = {f"{_short(module)}.{name}": (module, name, rows) for module in SECTIONS for name, rows in rows_of(module)}
    asked = re.findall(r"\b[a-z]+\.[A-Z_]*ROWS\b", inspect.getsource(policy.section))
    for module, name, rows in (tables[key] for key in dict.fromkeys(asked)):
        yield f"## {documented(module)[name].rstrip('.')}\n"
        cells = ((*when_and_what(row), f"`{name_of(row)}`", _test(record[name_of(row)].values())) for row in rows)
        yield _table(("When", "What", "Row", "Test"), cells)


def when_and_what(row: Callable[..., Any]) -> tuple[str, str]:
    """Return the two parts of a row's docstring.

    Raises:
        ValueError: it has not the form "When: what", with the reason in a second paragraph.
    """
    first, *others = inspect.cleandoc(row.__doc__ or "").split("\n\n")
    when, colon, what = " ".join(first.split()).partition(": ")
    if not colon:
        raise ValueError(f"the docstring of {name_of(row)} does not say 'When: what'")
    return when, " ".join([what[:1].upper() + what[1:], *" ".join(others).split()])


def _roles(record: Record) -> Iterator[str]:
    yield "## Roles: what an endpoint is to the resource\n"
    yield "The policy never compares names, members or ages itself. It asks for the role of an endpoint.\n"
    yield _table(("Role", "What it is"), _members(roles.Role))
    yield "\nThese rules decide on the role. The tests fail if a rule always holds, or never.\n"
    rules = [
        rule for _, rule in inspect.getmembers(roles, inspect.isfunction) if name_of(rule) + " is always True" in record
    ]
    yield _table(
        ("Rule", "What it says", "Tests"),
        (
            (
                f"`{name_of(rule)}`",
                _first(rule.__doc__ or ""),
                _test(record[f"{name_of(rule)} is always {result}"][RULES] for result in (True, False)),
            )
            for rule in rules
        ),
    )


def _looks() -> Iterator[str]:
    yield "## Looks: what the function can look at\n"
    yield "Nothing is looked at before a row needs it.\n"
    yield _table(("Look", "What it is"), _members(steps.Look))


def _steps() -> Iterator[str]:
    yield "## Steps: what the function can do\n"
    yield "A step makes some facts stale. They are looked at again if a row needs them.\n"
    stale = stale_facts()
    yield _table(
        ("Step", "What it does", "Facts that are stale afterwards"),
        (
            (f"`{name}`", _first(step.__doc__ or ""), ", ".join(f"`{look.name}`" for look in stale.get(name, ())))
            for name, step in vars(steps).items()
            if inspect.isclass(step) and step.__module__ == steps.__name__ and step is not steps.Look
        ),
    )


def documented(source: ModuleType | type) -> Mapping[str, str]:
    """Return the docstrings below the assignments of a module or a class."""
    body = ast.parse(inspect.getsource(source)).body
    if isinstance(source, type):
        body = body[0].body  # type: ignore[attr-defined] # a class
    found: dict[str, str] = {}
    for statement, following in pairwise(body):
        if isinstance(statement, ast.Assign) and isinstance(target := statement.targets[0], ast.Name):
            match following:
                case ast.Expr(value=ast.Constant(value=str(text))):
                    found[target.id] = inspect.cleandoc(text)
    return found


def _members(kind: type) -> Iterator[tuple[str, str]]:
    yield from ((f"`{name}`", text) for name, text in documented(kind).items())


def _test(tests: Iterable[str | None]) -> str:
    """Name the tests by file, without the values of their parameters; a rule rather than a history."""
    found = [test for test in tests if test]
    rules = [test for test in found if not test.startswith(HISTORIES)] or found
    names = dict.fromkeys(test.partition("[")[0] for test in rules)
    return "<br>".join(
        f"`{path.rpartition('/')[2]}`: {name.removeprefix('test_').replace('_', ' ')}"
        for path, _, name in (name.partition("::") for name in names)
    )


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    cells = [list(head), *map(list, rows)]
    first, *others = (f"| {' | '.join(row)} |" for row in cells)
    return "\n".join([first, "|" + "---|" * len(cells[0]), *others, ""])


def _first(text: str) -> str:
    return " ".join(inspect.cleandoc(text).split("\n\n")[0].split())


def _short(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(remembered()), encoding="utf-8")


if __name__ == "__main__":
    main()
