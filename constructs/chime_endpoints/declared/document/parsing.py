"""Parsing of YAML or JSON into nodes with line and column."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from .nodes import MapNode, Node, Scalar, UnreadableError, build
from .problems import Place, Problem

_PAIR = re.compile(r"(?<!\\)((?:\\\\)*)(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})")
"""A character beyond U+FFFF as a pair of JSON escapes, which libyaml does not accept."""
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""Characters that JSON allows in strings but that YAML rejects or reads as a line break."""
_SMALL = 200_000  # up to this size, PyYAML's slow parser explains a mistake in more detail


@dataclass
class Document:
    """A parsed text and its YAML or JSON mistakes."""

    root: Node | None = None
    problems: list[Problem] = field(default_factory=list)


def read(text: str, *, is_json: bool) -> Document:
    """Parse a text. Time and memory are proportional to its length.

    Duplicate keys are mistakes. YAML anchors, aliases and merge keys are supported.
    """
    document = Document()
    try:
        if is_json:
            json.loads(text, parse_int=str, parse_float=str)  # a number of any length
            text = _json_as_yaml(text)
        document.root = _parsed(text, document.problems)
    except json.JSONDecodeError as error:
        document.problems.append(
            Problem(Place(error.lineno, error.colno), f"not valid JSON: {error.msg}.{_advice(text, error.pos)}")
        )
    except RecursionError:  # of JSON's parser
        document.problems.append(Problem(Place(), "is nested too deeply; an endpoint's fields have two levels."))
    except UnreadableError as error:
        document.problems.append(Problem(error.place, str(error)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place() if mark is None else Place(mark.line + 1, mark.column + 1)
        document.problems.append(Problem(place, f"not valid YAML: {_said(error)}."))
    except yaml.YAMLError:
        place = _unreadable(text)
        sentence = "not valid YAML: it contains a character that YAML does not allow."
        document.problems.append(Problem(place, sentence))
    return document


def places(fields: Mapping[str, Node]) -> dict[str, Place]:
    """Return the place of each field's value by its path, such as `tags` or `tags.team`, up to two levels."""
    found: dict[str, Place] = {}
    for name, node in fields.items():
        found[name] = node.place
        if isinstance(node, MapNode):
            found |= {f"{name}.{key}": value.place for key, value in node.values.items()}
    return found


def _parsed(text: str, problems: list[Problem]) -> Node | None:
    """Parse with libyaml. If a small text has a mistake, parse it again in Python, which explains it in more detail."""
    if yaml.__with_libyaml__:
        found: list[Problem] = []
        try:
            root = build(yaml.parse(text, Loader=yaml.CSafeLoader), found)
        except yaml.YAMLError:
            if len(text) > _SMALL:
                raise
        else:
            problems += found
            return root
    return build(yaml.parse(text, Loader=yaml.SafeLoader), problems)


def _json_as_yaml(text: str) -> str:
    """Convert JSON to valid YAML.

    Tabs, which JSON has only between values, become spaces. Characters that YAML reads differently are escaped.
    """
    spaced = text.replace("\t", " ")
    spaced = _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", spaced)
    return _PAIR.sub(lambda found: found[1] + json.loads(f'"{found[2]}"'), spaced)


def _advice(text: str, position: int) -> str:
    """Return advice on a common mistake in JSON, or an empty string."""
    rest = text[position : position + 2]
    if rest.startswith(("//", "/*", "#")):
        return " JSON has no comments; use a .yaml file, where # begins a comment."
    before = text[:position].rstrip()
    if rest.startswith(("}", "]", ",")) and (before.endswith(",") or rest.startswith(",")):
        return " Remove the comma."
    if rest.startswith("'"):
        return " JSON allows only double quotes."
    return ""


def _unreadable(text: str) -> Place:
    """Return the place of the first character that YAML does not allow."""
    found = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if found is None:
        return Place()
    line = text.count("\n", 0, found.start()) + 1
    return Place(line, found.start() - text.rfind("\n", 0, found.start()))


def _said(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or ""
    if "maximum nesting depth" in problem:
        return "it is nested too deeply; an endpoint's fields have two levels"
    if "'\\t'" in problem:
        return f"{problem}; YAML does not allow tabs for indentation; use spaces"
    if "cannot start any token" in problem:
        return f"{problem}; put a text that begins with it in quotes"
    return problem or error.context or "the parser gives no reason"


__all__ = ["Document", "MapNode", "Node", "Scalar", "places", "read"]
