"""A YAML or JSON text as nodes that know their place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

import yaml

from .problems import Place, Problem

_TAGS = {f"tag:yaml.org,2002:{name}": name for name in ("str", "int", "float", "bool", "null", "timestamp")}
_MERGE = "tag:yaml.org,2002:merge"


@dataclass(frozen=True, kw_only=True)
class Scalar:
    """A single value as it is written, with the type that YAML takes it for."""

    place: Place
    text: str = field(repr=False)
    type: str


@dataclass(frozen=True, kw_only=True)
class ListNode:
    """A list. The file has none; it is here to be refused."""

    place: Place


@dataclass(frozen=True, kw_only=True)
class MapNode:
    """A map, its keys in the order of the file."""

    place: Place
    keys: dict[str, Place]
    values: dict[str, Node]


Node = Scalar | ListNode | MapNode


@dataclass
class Document:
    """A text that has been read, and what is wrong with it as YAML or JSON."""

    root: Node | None = None
    problems: list[Problem] = field(default_factory=list)


def read(text: str, *, is_json: bool) -> Document:
    """Reads a text. A key that is given twice is a mistake; YAML's anchors, aliases and merge keys work."""
    document = Document()
    try:
        if is_json:
            json.loads(text)
            text = text.replace("\t", " ")  # JSON has tabs between its values only, and YAML none there
        node = _compose(text)
    except json.JSONDecodeError as error:
        document.problems.append(Problem(Place(error.lineno, error.colno), f"not valid JSON: {error.msg}."))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place() if mark is None else Place(mark.line + 1, mark.column + 1)
        document.problems.append(Problem(place, f"not valid YAML: {_said(error)}."))
    except yaml.YAMLError:
        document.problems.append(Problem(Place(), "not valid YAML: it holds a character that YAML does not allow."))
    else:
        if node is not None:
            document.root = _Conversion(document.problems).node(node)
    return document


def _compose(text: str) -> yaml.Node | None:
    """PyYAML's tree of a text: by libyaml, which is much faster, and where that finds a mistake, by Python.

    What the two say of a mistake differs, and libyaml does not take the halves of surrogate pairs that JSON writes.
    """
    if yaml.__with_libyaml__:
        with suppress(yaml.YAMLError):
            return yaml.compose(text, Loader=yaml.CSafeLoader)
    return yaml.compose(text, Loader=yaml.SafeLoader)


def places(fields: Mapping[str, Node], path: str = "") -> dict[str, Place]:
    """Where each field's value stands, by its path: `tags`, `tags.team`."""
    found: dict[str, Place] = {}
    for name, node in fields.items():
        found[f"{path}{name}"] = node.place
        if isinstance(node, MapNode):
            found |= places(node.values, f"{path}{name}.")
    return found


class _Conversion:
    """Turns PyYAML's nodes into ours."""

    def __init__(self, problems: list[Problem]) -> None:
        self._problems = problems
        self._open: list[yaml.Node] = []

    def node(self, node: yaml.Node) -> Node:
        place = _place(node)
        if node in self._open:
            self._problems.append(Problem(place, "this alias refers to something that holds it."))
            return ListNode(place=place)
        self._open.append(node)
        try:
            if isinstance(node, yaml.MappingNode):
                return self._map(node)
            if isinstance(node, yaml.ScalarNode):
                return Scalar(place=place, text=_joined(node.value), type=_TAGS.get(node.tag, node.tag))
            return ListNode(place=place)
        finally:
            self._open.pop()

    def _map(self, node: yaml.MappingNode) -> MapNode:
        keys: dict[str, Place] = {}
        values: dict[str, Node] = {}
        merged: list[MapNode] = []
        for key, value in node.value:
            if key.tag == _MERGE:
                merged += self._merged(value)
            elif not isinstance(key, yaml.ScalarNode):
                self._problems.append(Problem(_place(key), "a key must be a single word or text."))
            elif key.value in keys:
                first = keys[key.value]
                self._problems.append(
                    Problem(_place(key), f"the key {key.value!r} is given twice; it is in line {first.line} as well.")
                )
            else:
                keys[key.value] = _place(key)
                values[key.value] = _placed(self.node(value), after=_place(key))
        for other in merged:
            keys = other.keys | keys
            values = other.values | values
        return MapNode(place=_place(node), keys=keys, values=values)

    def _merged(self, node: yaml.Node) -> list[MapNode]:
        parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
        converted = [self.node(part) for part in parts]
        for part in converted:
            if not isinstance(part, MapNode):
                self._problems.append(Problem(part.place, "only a map can be merged by <<."))
        return [part for part in converted if isinstance(part, MapNode)]


def _said(error: yaml.MarkedYAMLError) -> str:
    if isinstance(error, yaml.composer.ComposerError) and "alias" in (error.problem or ""):
        return "found an undefined alias; put a text that begins with * in quotes"  # it may be a token: not quoted here
    return error.problem or error.context or "no reason is known"


def _placed(node: Node, *, after: Place) -> Node:
    """A key's value at its place, which for an alias is the key's: PyYAML tells where the anchor stands."""
    return replace(node, place=after) if node.place < after else node


def _place(node: yaml.Node) -> Place:
    return Place(node.start_mark.line + 1, node.start_mark.column + 1)


def _joined(text: str) -> str:
    """JSON writes characters beyond U+FFFF as two halves, which PyYAML leaves apart."""
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        return text
