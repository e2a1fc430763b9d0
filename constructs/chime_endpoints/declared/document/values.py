"""Conversion of the file's nodes to values. Each invalid value is recorded as a problem with its place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from chime_endpoints_handler.model.codes import Code

from .nearest_name import nearest_name
from .nodes import UnsupportedNode
from .parsing import MapNode, Node, Scalar
from .problems import Place, Problem, quoted
from .unsupported import explain_function
from .variables import Lookup, UndefinedVariableError, substitute

_READS_AS = {"int": "a number", "float": "a number", "timestamp": "a date"}
_NAME = re.compile(r"[A-Za-z_:]{1,30}")
_TRUE = ("true", "yes", "on", "y")


class Unknown(str):
    """Replaces a missing or invalid value that has already been reported, so that no other rule reports it."""

    __slots__ = ()

    def __str__(self) -> str:
        return self


UNKNOWN = Unknown("unknown")


def is_unknown(value: object) -> bool:
    """Whether a value replaces one that has already been reported."""
    return isinstance(value, Unknown)


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A reader for the values of one entry, or for values outside entries."""

    problems: list[Problem]
    variables: Lookup
    entry: str = ""
    shared: frozenset[Place] = frozenset()
    """The places of the defaults. Problems there are reported once, not for each entry."""

    def wrong(self, place: Place, field: str, text: str, code: Code | None = None) -> Unknown:
        """Record a problem."""
        entry = "defaults" if place in self.shared else self.entry
        self.problems.append(Problem(place, text, entry, field, str(code or "")))
        return UNKNOWN

    def map(self, node: Node, field: str, known: Sequence[str] | None) -> MapNode | None:
        """Read a map and record unknown keys as problems. Return None if the node is not a map."""
        if not isinstance(node, MapNode):
            if not isinstance(node, UnsupportedNode):
                self.wrong(node.place, field, "must be a map of names and values.", Code.WRONG_KIND)
            return None
        for key, place in node.keys.items():
            if known is not None and key not in known:
                sentence = explain_function(key) or f"{_shown(key, field)} is not a field{_meant(key, known)}"
                self.wrong(place, field, sentence, Code.UNKNOWN)
        return node

    def text(self, node: Node, field: str) -> str:
        """Read a string and replace its variables."""
        if isinstance(node, UnsupportedNode):
            return UNKNOWN
        if not isinstance(node, Scalar):
            return self.wrong(node.place, field, _no_text(node), Code.WRONG_KIND)
        if node.type == "null":
            return self.wrong(node.place, field, "is empty; set a value or remove the field.", Code.WRONG_KIND)
        if node.type in ("str", "merge"):
            return self.substituted(node.text, node.place, field)
        if node.type == "bool":
            read_as = f"{node.text} as {truth_of_yaml(node.text)}"
        else:
            read_as = f"it as {_READS_AS[node.type]}"  # without the value, which might be a token
        sentence = f"must be a string, but YAML reads {read_as}; put it in quotes."
        return self.wrong(node.place, field, sentence, Code.WRONG_KIND)

    def substituted(self, text: str, place: Place, field: str) -> str:
        """Replace the variables in a value or key."""
        try:
            return substitute(text, self.variables)
        except UndefinedVariableError as error:
            return self.wrong(place, field, str(error))

    def number(self, node: Node, field: str) -> str:
        """Read an integer, or a string that the rules validate later."""
        if isinstance(node, Scalar) and node.type == "int":
            return node.text
        return self.text(node, field)

    def choice(self, node: Node, field: str, choices: Sequence[str]) -> str:
        """Read a string that the rules validate later. Explain words such as `off`, which YAML reads as Booleans."""
        if isinstance(node, Scalar) and node.type == "bool":
            sentence = (
                f"YAML reads {node.text} as {truth_of_yaml(node.text)}; must be one of {', '.join(choices)}"
                f"{nearest_name(node.text, choices)}"
            )
            return self.wrong(node.place, field, sentence, Code.NOT_A_CHOICE)
        return self.text(node, field)

    def truth(self, node: Node, field: str) -> bool:
        """Read a Boolean, which can be a string with a variable."""
        if isinstance(node, UnsupportedNode):
            return False
        if isinstance(node, Scalar) and node.type in ("bool", "str"):
            text = self.text(node, field) if node.type == "str" else node.text
            if is_unknown(text):
                return False
            if text.lower() in ("true", "false"):
                return text.lower() == "true"
        found = f"{quoted(node.text)} " if isinstance(node, Scalar) else ""
        self.wrong(node.place, field, f"{found}must be true or false.", Code.NOT_A_CHOICE)
        return False


def truth_of_yaml(text: str) -> str:
    """Return the Boolean that YAML reads a word as."""
    return "true" if text.lower() in _TRUE else "false"


def _shown(key: str, field: str) -> str:
    """Return a key for a message, unless it might be a device token."""
    if field.endswith("device_token") and not _NAME.fullmatch(key):
        return "this key"
    return quoted(key)


def _meant(key: str, known: Sequence[str]) -> str:
    if "${" in key:
        return "; a field's name cannot contain a variable."
    return nearest_name(key, known)


def _no_text(node: Node) -> str:
    functions = map(explain_function, node.keys) if isinstance(node, MapNode) else ()
    return next(filter(None, functions), "must be a string.")
