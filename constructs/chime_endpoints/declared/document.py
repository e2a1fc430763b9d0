"""A YAML or JSON text as nodes that know their place."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from .problems import Place, Problem
from .tree import MapNode, Node, Scalar, UnreadableError, build

_PAIR = re.compile(r"(?<!\\)((?:\\\\)*)(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})")
"""A character beyond U+FFFF as JSON writes it, in two halves, which libyaml does not take."""
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""What JSON allows in its strings, and YAML does not, or takes for a line break."""
_SMALL = 200_000  # characters in which PyYAML's own parser, which explains more and is slow, looks for a mistake


@dataclass
class Document:
    """A text that has been read, and what is wrong with it as YAML or JSON."""

    root: Node | None = None
    problems: list[Problem] = field(default_factory=list)


def read(text: str, *, is_json: bool) -> Document:
    """Reads a text, in time and memory in proportion to its length.

    A key that is given twice is a mistake; YAML's anchors, aliases and merge keys work.
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
        sentence = "not valid YAML: it holds a character that YAML does not allow."
        document.problems.append(Problem(place, sentence))
    return document


def places(fields: Mapping[str, Node]) -> dict[str, Place]:
    """Where each field's value stands, by its path: `tags`, `tags.team`; a field that is valid has no more levels."""
    found: dict[str, Place] = {}
    for name, node in fields.items():
        found[name] = node.place
        if isinstance(node, MapNode):
            found |= {f"{name}.{key}": value.place for key, value in node.values.items()}
    return found


def _parsed(text: str, problems: list[Problem]) -> Node | None:
    """The text's tree: by libyaml, and a small text with a mistake by Python, which says more of it."""
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
    """JSON as the YAML that it nearly is.

    Without its tabs, which only stand between values, and with escapes for what YAML takes for something else.
    """
    spaced = text.replace("\t", " ")
    spaced = _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", spaced)
    return _PAIR.sub(lambda found: found[1] + json.loads(f'"{found[2]}"'), spaced)


def _advice(text: str, position: int) -> str:
    """What is often in JSON, and is not JSON."""
    rest = text[position : position + 2]
    if rest.startswith(("//", "/*", "#")):
        return " JSON has no comments; a file that ends in .yaml may have them, after #."
    before = text[:position].rstrip()
    if rest.startswith(("}", "]", ",")) and (before.endswith(",") or rest.startswith(",")):
        return " Remove the comma."
    if rest.startswith("'"):
        return " JSON has double quotes only."
    return ""


def _unreadable(text: str) -> Place:
    """Where the first character is that YAML does not allow."""
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
        return f"{problem}; YAML takes no tabs for indentation, so write spaces"
    if "cannot start any token" in problem:
        return f"{problem}; put a text that begins with it in quotes"
    return problem or error.context or "no reason is known"


__all__ = ["Document", "MapNode", "Node", "Scalar", "places", "read"]
