"""The file's nodes, built from YAML events so that the cost of nesting and aliases stays proportional to the text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import yaml

from .problems import Place, Problem, quoted
from .unsupported import explain_tag

_DEEPEST = 50  # levels; a valid file has four
_MOST_MERGED = 1_000_000  # keys copied by merge keys; ten thousand entries with ten defaults copy a tenth of it
_MERGE = "tag:yaml.org,2002:merge"
_COLLECTIONS = ("!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")
_SCALARS = {f"tag:yaml.org,2002:{name}": name for name in ("str", "int", "float", "bool", "null", "timestamp")}
_SCALARS |= {_MERGE: "merge", "tag:yaml.org,2002:value": "str"}


class UnreadableError(ValueError):
    """The text cannot be read further: the rest has no meaning or would exceed a limit."""

    def __init__(self, place: Place, text: str) -> None:
        super().__init__(text)
        self.place = place


@dataclass(frozen=True, kw_only=True)
class Scalar:
    """A single value as written, with the type that YAML resolves it to."""

    place: Place
    text: str = field(repr=False)
    type: str


@dataclass(frozen=True, kw_only=True)
class ListNode:
    """A list."""

    place: Place
    items: list[Node] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class MapNode:
    """A map, its keys in the order of the file."""

    place: Place
    keys: dict[str, Place]
    values: dict[str, Node]


@dataclass(frozen=True, kw_only=True)
class UnsupportedNode:
    """An invalid value that has already been reported."""

    place: Place


Node = Scalar | ListNode | MapNode | UnsupportedNode


@dataclass
class _Open:
    """A list or map whose end has not been reached."""

    node: ListNode | MapNode
    anchor: str | None
    refused: bool = False
    key: Scalar | None = None
    """The key of the next value, or None if that value is ignored."""
    awaits_value: bool = False
    merged: list[MapNode] = field(default_factory=list)


def build(events: Iterable[yaml.Event], problems: list[Problem]) -> Node | None:
    """Return the document of a text, or None if it is empty.

    Raises:
        UnreadableError: the text is nested too deeply, copies too much, or has an undefined alias.
        yaml.YAMLError: the text is not valid YAML.
    """
    return _Builder(problems).built(events)


class _Builder:
    """Builds nodes from a sequence of events."""

    def __init__(self, problems: list[Problem]) -> None:
        self._problems = problems
        self._resolve: Callable[[type[yaml.Node], str, object], str] = yaml.resolver.Resolver().resolve
        self._open: list[_Open] = []
        self._anchors: dict[str, Node | None] = {}
        self._documents: list[Node] = []
        self._merged = 0

    def built(self, events: Iterable[yaml.Event]) -> Node | None:
        for event in events:
            if isinstance(event, yaml.ScalarEvent):
                self._scalar(event)
            elif isinstance(event, yaml.AliasEvent):
                self._put(self._referred(event))
            elif isinstance(event, yaml.CollectionStartEvent):
                self._begin(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._end()
            elif isinstance(event, yaml.DocumentStartEvent):
                self._anchors.clear()
        there = [node for node in self._documents if not (isinstance(node, Scalar) and node.type == "null")]
        for other in there[1:]:
            self._note(other.place, "a second YAML document begins here; keep one document, or use a file for each.")
        return there[0] if there else None

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        place = _place(event)
        tag = event.tag
        if tag is None or tag == "!":
            tag = self._resolve(yaml.ScalarNode, event.value, event.implicit)
        node: Node
        if tag in _SCALARS:
            node = Scalar(place=place, text=event.value, type=_SCALARS[tag])
        else:
            self._note(place, explain_tag(tag))
            node = UnsupportedNode(place=place)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self._put(node)

    def _referred(self, event: yaml.AliasEvent) -> Node:
        place = _place(event)
        if event.anchor not in self._anchors:
            # The name is not shown, because it might be a token.
            raise UnreadableError(
                place, "not valid YAML: found an undefined alias; put a text that begins with * in quotes."
            )
        node = self._anchors[event.anchor]
        if node is None:
            self._note(place, "this alias refers to a value that contains it.")
            return UnsupportedNode(place=place)
        return replace(node, place=place)

    def _begin(self, event: yaml.CollectionStartEvent) -> None:
        place = _place(event)
        if len(self._open) == _DEEPEST:
            raise UnreadableError(
                place, f"is nested more than {_DEEPEST} levels deep; an endpoint's fields have two levels."
            )
        refused = event.tag is not None and event.tag not in _COLLECTIONS
        if event.tag is not None and refused:
            self._note(place, explain_tag(event.tag))
        is_map = isinstance(event, yaml.MappingStartEvent)
        node: ListNode | MapNode = MapNode(place=place, keys={}, values={}) if is_map else ListNode(place=place)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._open.append(_Open(node, event.anchor, refused))

    def _end(self) -> None:
        ended = self._open.pop()
        node: Node = ended.node
        if isinstance(node, MapNode) and ended.merged:
            node = self._with_merged(node, ended.merged)
        if ended.refused:
            node = UnsupportedNode(place=node.place)
        if ended.anchor is not None:
            self._anchors[ended.anchor] = node
        self._put(node)

    def _put(self, node: Node) -> None:
        if not self._open:
            self._documents.append(node)
            return
        within = self._open[-1]
        if isinstance(within.node, ListNode):
            within.node.items.append(node)
        elif not within.awaits_value:
            within.key = self._key(within.node, node)
            within.awaits_value = True
        else:
            within.awaits_value = False
            self._put_value(within, within.node, node)

    def _key(self, within: MapNode, node: Node) -> Scalar | None:
        """Return a map's next key, or None if its value must be ignored."""
        if not isinstance(node, Scalar):
            self._note(node.place, "a key must be a string.")
            return None
        if node.text in within.keys:
            line = within.keys[node.text].line
            self._note(node.place, f"the key {quoted(node.text)} occurs twice; it is also on line {line}.")
            return None
        return node

    def _put_value(self, within: _Open, map_node: MapNode, node: Node) -> None:
        if within.key is None:
            return
        if within.key.type == "merge":
            within.merged += self._mergeable(node)
            return
        map_node.keys[within.key.text] = within.key.place
        map_node.values[within.key.text] = node

    def _mergeable(self, node: Node) -> list[MapNode]:
        parts = node.items if isinstance(node, ListNode) else [node]
        for part in parts:
            if not isinstance(part, MapNode | UnsupportedNode):
                self._note(part.place, "<< can merge only a map.")
        return [part for part in parts if isinstance(part, MapNode)]

    def _with_merged(self, node: MapNode, merged: list[MapNode]) -> MapNode:
        keys: dict[str, Place] = {}
        values: dict[str, Node] = {}
        for other in reversed(merged):  # of several, the first one counts
            self._merged += len(other.keys)
            if self._merged > _MOST_MERGED:
                sentence = (
                    f"merge keys (<<) have copied more than {_MOST_MERGED:,} keys up to here; use `defaults:` instead."
                )
                raise UnreadableError(node.place, sentence)
            keys |= other.keys
            values |= other.values
        return MapNode(place=node.place, keys=keys | node.keys, values=values | node.values)

    def _note(self, place: Place, text: str) -> None:
        self._problems.append(Problem(place, text))


def _place(event: yaml.Event) -> Place:
    mark = event.start_mark
    return Place() if mark is None else Place(mark.line + 1, mark.column + 1)
