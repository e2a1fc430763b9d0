"""The plan: what a deployment does with each entry, and what would make it fail."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chime_endpoints_cli.account.stacks.stacks import Stack
from chime_endpoints_handler.model.declaration import ENDPOINT_TYPE

HIDDEN = "(not shown)"


class Action(StrEnum):
    """What a deployment does with an entry, with the sign that shows it."""

    CREATE = "+"
    UPDATE = "~"
    REPLACE = "-/+"
    DELETE = "-"
    MOVE = ">"
    NONE = "="

    @property
    def word(self) -> str:
        """The action as a word, for JSON."""
        return _WORDS[self]


_WORDS = {
    Action.CREATE: "create",
    Action.UPDATE: "update",
    Action.REPLACE: "replace",
    Action.DELETE: "delete",
    Action.MOVE: "move",
    Action.NONE: "unchanged",
}


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A member that changes; for a device token, without the values."""

    field: str
    old: str
    new: str

    def to_json(self) -> dict[str, str]:
        """Return the difference as JSON for other programs."""
        return {"field": self.field, "old": self.old, "new": self.new}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Why the deployment of an entry would fail."""

    code: str
    """The code that the deployment would give; empty if CloudFormation itself refuses."""
    text: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One row of the plan."""

    stack: Stack
    logical_id: str
    type: str
    key: str
    action: Action
    subject: str
    """The user and the type of the endpoint, or the identity with the tags."""
    endpoint_id: str = ""
    """The endpoint that is registered now."""
    goes: bool = False
    """Whether that endpoint is deregistered."""
    differences: tuple[Difference, ...] = ()
    problem: Problem | None = None
    not_known: str = ""
    """Why the outcome is not known; empty if it is."""
    remarks: tuple[str, ...] = ()
    moved_from: str = ""
    """The stack and key that a moved or renamed entry had."""

    @property
    def is_endpoint(self) -> bool:
        """Whether it is an endpoint, not tags."""
        return self.type == ENDPOINT_TYPE

    @property
    def is_change(self) -> bool:
        """Whether the deployment does something with the entry."""
        return self.action is not Action.NONE

    def to_json(self) -> dict[str, Any]:
        """Return the entry as JSON for other programs."""
        return {
            "key": self.key,
            "stack": self.stack.name,
            "region": self.stack.region,
            "logical_id": self.logical_id,
            "type": self.type,
            "action": self.action.word,
            "subject": self.subject,
            "endpoint_id": self.endpoint_id or None,
            "is_deregistered": self.goes,
            "moved_from": self.moved_from or None,
            "differences": [each.to_json() for each in self.differences],
            "fails": None if self.problem is None else {"code": self.problem.code or None, "reason": self.problem.text},
            "not_known": self.not_known or None,
            "remarks": list(self.remarks),
        }


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a deployment would do."""

    source: str
    stacks: tuple[Stack, ...]
    """The stacks in the order of their deployment."""
    entries: tuple[Entry, ...]
    remarks: tuple[str, ...] = ()
    """What concerns stacks as a whole."""
    deployed: int = 0
    """How many endpoints the stacks have now."""
    left_out: tuple[str, ...] = ()
    """What was not looked at, each with the reason."""
    refused: tuple[str, ...] = ()
    """Why CloudFormation refuses to deploy a stack, whatever is declared."""

    @property
    def fails(self) -> bool:
        """Whether the deployment would fail."""
        return bool(self.refused) or any(entry.problem is not None for entry in self.entries)

    @property
    def is_unsure(self) -> bool:
        """Whether the outcome of an entry is not known."""
        return bool(self.left_out) or any(entry.not_known for entry in self.entries)

    @property
    def has_changes(self) -> bool:
        """Whether the deployment would do something."""
        return any(entry.is_change for entry in self.entries)

    @property
    def deregistrations(self) -> int:
        """How many endpoints go without a successor."""
        return sum(entry.action is Action.DELETE and entry.goes for entry in self.entries)

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON for other programs."""
        counts = {action.word: sum(entry.action is action for entry in self.entries) for action in Action}
        return {
            "source": self.source,
            "has_changes": self.has_changes,
            "fails": self.fails,
            "is_known": not self.is_unsure,
            "counts": counts,
            "stacks": [
                {"name": stack.name, "region": stack.region, "exists": bool(stack.status)} for stack in self.stacks
            ],
            "entries": [entry.to_json() for entry in self.entries],
            "remarks": [*self.left_out, *self.refused, *self.remarks],
        }
