"""Finds the places of values in the text of a declaration.

It uses PyYAML's events instead of its nodes: the node of an alias, for example, has the place of its anchor.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

_CONTENT = (yaml.ScalarEvent, yaml.AliasEvent)
_NULLS = ("", "~", "null", "Null", "NULL")
_ENDS = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
_STARTS = (yaml.MappingStartEvent, yaml.SequenceStartEvent)


@dataclass(frozen=True)
class Value:
    """A value in the file, from its first to its last event."""

    events: Sequence[yaml.Event]

    @property
    def start(self) -> int:
        """The start of the value."""
        return int(_start(self.events[0]).index)

    @property
    def column(self) -> int:
        """The column of the start, from 0."""
        return int(_start(self.events[0]).column)

    @property
    def end(self) -> int:
        """The end of the value, without trailing spaces and comments."""
        return int(_end(self._last).index)

    @property
    def ends_with_a_block_of_text(self) -> bool:
        """Whether it ends with a block scalar (`|` or `>`), which includes its last line break."""
        return isinstance(self._last, yaml.ScalarEvent) and self._last.style in ("|", ">")

    @property
    def is_map(self) -> bool:
        """Whether it is a map, not an alias."""
        return isinstance(self.events[0], yaml.MappingStartEvent)

    @property
    def is_flow(self) -> bool:
        """Whether it is a map in braces."""
        first = self.events[0]
        return isinstance(first, yaml.MappingStartEvent) and bool(first.flow_style)

    @property
    def is_null(self) -> bool:
        """Whether it is empty or a YAML null."""
        first = self.events[0]
        return isinstance(first, yaml.ScalarEvent) and not first.style and first.value in _NULLS

    @property
    def _last(self) -> yaml.Event:
        """The last event with text; the end of a block has no text, and its place is the start of the next value."""
        for event in reversed(self.events):
            if isinstance(event, _CONTENT) or (isinstance(event, _ENDS) and _start(event).index < _end(event).index):
                return event
        return self.events[0]

    def members(self) -> list[tuple[Value, Value]]:
        """Return the keys and values of a map."""
        parts = list(_values(self.events[1:-1]))
        return list(zip(parts[::2], parts[1::2], strict=True))

    def member(self, name: str) -> tuple[Value, Value] | None:
        """Return a key of a map and its value, or None."""
        for key, value in self.members():
            if getattr(key.events[0], "value", None) == name:
                return key, value
        return None


@dataclass(frozen=True)
class Places:
    """The places in a text with a single document."""

    root: Value | None
    is_ended: bool
    """Whether the document ends with an explicit `...`."""


def places_in(text: str) -> Places:
    """Parse a text into places.

    Raises:
        yaml.YAMLError: the text is not YAML.
    """
    events = list(yaml.parse(text, Loader=yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader))
    ends = [event for event in events if isinstance(event, yaml.DocumentEndEvent)]
    if not ends:
        return Places(root=None, is_ended=False)
    root = next(_values(events[2:]))
    is_empty = root.is_null and root.start == root.end
    return Places(root=None if is_empty else root, is_ended=bool(ends[0].explicit))


def _values(events: Sequence[yaml.Event]) -> Iterator[Value]:
    depth = start = 0
    for number, event in enumerate(events):
        depth += isinstance(event, _STARTS) - isinstance(event, _ENDS)
        if depth == 0:
            yield Value(events[start : number + 1])
            start = number + 1


def _start(event: yaml.Event) -> Any:
    return event.start_mark


def _end(event: yaml.Event) -> Any:
    return event.end_mark
