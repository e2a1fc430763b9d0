"""What `validate` prints: text for people, JSON for programs, annotations for GitHub."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import groupby

from chime_endpoints.declared.document.problems import Problem
from chime_endpoints_cli.output.codes import hint
from chime_endpoints_cli.output.console.terminal import complain, counted, say, show_json, write_raw

from .checks import Checked
from .excerpts import excerpt, lines_of

MOST_SHOWN = 50
"""The mistakes of a file that are printed without --all."""


def show(results: Sequence[Checked], form: str, *, show_all: bool) -> None:
    """Print the results.

    Args:
        results: the files that were checked.
        form: `text`, `json` or `github`.
        show_all: whether to print more than `MOST_SHOWN` mistakes of a file; JSON always has all of them.
    """
    if form == "json":
        files = [_to_json(each) for each in results]
        show_json(files[0] if len(files) == 1 else {"files": files})
        return
    most = None if show_all else MOST_SHOWN
    for result in results:
        if result.declared is not None:
            number = counted(len(result.declared.entries), "endpoint")
            say(f"{result.source.name} is valid: {number} in {counted(result.declared.stacks, 'stack')}.")
        elif form == "github":
            write_raw("".join(f"{_annotation(result.source.name, each)}\n" for each in result.problems[:most]))
            write_raw(f"{_summary(result, most)}\n")
        else:
            complain("\n".join((*_in_text(result, most), _summary(result, most))))
    if form == "text":
        printed = (f"[{each.code}]" for result in results for each in result.problems[:most] if each.code)
        if explain := hint(" ".join(printed), sys.stderr):
            complain(explain)


def _in_text(result: Checked, most: int | None) -> Iterator[str]:
    """Yield the messages; those of one place are followed by its line."""
    source = result.source
    lines = lines_of(source.content.decode("utf-8-sig", "replace"), is_json=source.is_json)
    for place, problems in groupby(result.problems[:most], key=lambda problem: problem.place):
        messages = [f"{source.name}:{place.line}:{place.column}: {problem}" for problem in problems]
        yield from messages
        yield from filter(None, [excerpt(lines, place, "\n".join(messages))])


def _summary(result: Checked, most: int | None) -> str:
    number = len(result.problems)
    more = number - most if most is not None and number > most else 0
    return f"{counted(number, 'mistake')}{f', {more} not shown; use --all to show them' if more else ''}"


def _annotation(name: str, problem: Problem) -> str:
    """Return a workflow command of GitHub Actions, which marks the line in a pull request."""
    properties = {
        "file": name,
        "line": str(problem.place.line),
        "col": str(problem.place.column),
        **({"title": problem.code} if problem.code else {}),
    }
    parts = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::error {parts}::{_data(str(replace(problem, code='')))}"


def _data(text: str) -> str:
    """Escape a message as GitHub's own toolkit does (actions/toolkit, packages/core/src/command.ts)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _to_json(result: Checked) -> dict[str, object]:
    file: dict[str, object] = {"file": result.source.name, "valid": result.declared is not None}
    file["mistakes"] = [_mistake(problem) for problem in result.problems]
    if result.declared is not None:
        file |= {"endpoints": len(result.declared.entries), "stacks": result.declared.stacks}
    return file


def _mistake(problem: Problem) -> dict[str, object]:
    told = {"entry": problem.entry, "field": problem.field, "text": problem.text, "code": problem.code}
    return {**asdict(problem.place), **told}
