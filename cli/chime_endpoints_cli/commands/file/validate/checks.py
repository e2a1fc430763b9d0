"""Reads declaration files and looks for mistakes in them."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

from chime_endpoints.declared.document.problems import DeclaredFileError, Problem
from chime_endpoints.declared.document.variables import Lookup
from chime_endpoints.declared.entries.entry import Declarations
from chime_endpoints.declared.load import MOST_BYTES, load_content
from chime_endpoints_cli.output.errors import CommandError

_STANDARD_INPUT = Path("-")


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file to check."""

    name: str
    content: bytes = field(repr=False)
    is_json: bool


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A file and its mistakes; what it declares, if it has none."""

    source: Source
    problems: tuple[Problem, ...] = ()
    declared: Declarations | None = None


def read(path: Path) -> Source:
    """Read a file, or the standard input if the path is `-`.

    Raises:
        CommandError: there is no such file.
        OSError: the file cannot be read.
    """
    if path == _STANDARD_INPUT:
        content = sys.stdin.buffer.read(MOST_BYTES + 1) if sys.stdin is not None else b""
        return Source(name="<stdin>", content=content, is_json=_looks_like_json(content))
    if not path.exists() or path.is_dir():
        problem = f"{path} is a directory" if path.is_dir() else f"{path} does not exist"
        raise CommandError(problem, remedy="Name a file: chime-endpoints validate FILE")
    with path.open("rb") as file:
        return Source(name=str(path), content=file.read(MOST_BYTES + 1), is_json=path.suffix.lower() == ".json")


def check(source: Source, variables: Lookup) -> Checked:
    """Look for mistakes, with the values of `${NAME}` from a lookup."""
    try:
        declared = load_content(source.content, name=source.name, is_json=source.is_json, variables=variables)
    except DeclaredFileError as error:
        return Checked(source=source, problems=error.problems)
    return Checked(source=source, declared=declared)


def _looks_like_json(content: bytes) -> bool:
    """Whether a text without a name is JSON; as YAML, it could be different, for example with tabs."""
    if not content.lstrip().startswith(b"{"):
        return False
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True
