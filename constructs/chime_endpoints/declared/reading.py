"""Values read from the file's nodes; what is not as it should be becomes a problem at its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chime_endpoints_handler.codes import Code

from .document import MapNode, Node, Scalar
from .fields import nearest
from .problems import Place, Problem, quoted
from .variables import Lookup, UndefinedVariableError, substitute


class Unknown(str):
    """Stands for a value that is missing or wrong and has been told of: the rules let it pass."""

    __slots__ = ()

    def __str__(self) -> str:
        return self


UNKNOWN = Unknown("unknown")


def is_unknown(value: object) -> bool:
    """Whether a value stands for one that has been told of."""
    return isinstance(value, Unknown)


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Reads the values of one entry, or of what is outside of entries."""

    problems: list[Problem]
    variables: Lookup
    entry: str = ""
    shared: frozenset[Place] = frozenset()
    """Places in the defaults: what is wrong there is told once, not for each entry."""

    def wrong(self, place: Place, field: str, text: str, code: Code | None = None) -> Unknown:
        """Notes a problem."""
        entry = "defaults" if place in self.shared else self.entry
        self.problems.append(Problem(place, text, entry, field, str(code or "")))
        return UNKNOWN

    def map(self, node: Node, field: str, known: Sequence[str] | None) -> MapNode | None:
        """A map whose keys are among the known ones; None, and a problem, for anything else."""
        if not isinstance(node, MapNode):
            self.wrong(node.place, field, "must be a map of names and values.", Code.WRONG_KIND)
            return None
        for key, place in node.keys.items():
            if known is not None and key not in known:
                self.wrong(place, field, f"{key!r} is not a field{nearest(key, known)}", Code.UNKNOWN)
        return node

    def text(self, node: Node, field: str) -> str:
        """A text with its variables' values."""
        if not isinstance(node, Scalar):
            return self.wrong(node.place, field, "must be a text.", Code.WRONG_KIND)
        if node.type == "null":
            return self.wrong(node.place, field, "is empty; give it a value or leave it out.", Code.WRONG_KIND)
        if node.type != "str":
            sentence = f"must be a text, but YAML reads it as {node.type}: put it in quotes."
            return self.wrong(node.place, field, sentence, Code.WRONG_KIND)
        try:
            return substitute(node.text, self.variables)
        except UndefinedVariableError as error:
            return self.wrong(node.place, field, str(error))

    def number(self, node: Node, field: str) -> str:
        """A whole number, or a text that the rules are to judge."""
        if isinstance(node, Scalar) and node.type == "int":
            return node.text
        return self.text(node, field)

    def truth(self, node: Node, field: str) -> bool:
        """True or false, also as a text with a variable."""
        if isinstance(node, Scalar) and node.type in ("bool", "str"):
            text = self.text(node, field) if node.type == "str" else node.text
            if is_unknown(text):
                return False
            if text.lower() in ("true", "false"):
                return text.lower() == "true"
        found = f"{quoted(node.text)} " if isinstance(node, Scalar) else ""
        self.wrong(node.place, field, f"{found}must be true or false.", Code.NOT_A_CHOICE)
        return False
