"""The result for a resource of a stack."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from chime_endpoints_cli.account.stacks.stacks import StackResource


class State(StrEnum):
    """The state of a resource, the most serious first."""

    GONE = "gone"
    INACTIVE = "inactive"
    CHANGED = "changed"
    UNKNOWN = "unknown"
    """It could not be compared, or only in part and without a difference."""
    IN_SYNC = "in sync"

    @property
    def is_drift(self) -> bool:
        """Whether the service differs from what the stack declares."""
        return self in (State.GONE, State.INACTIVE, State.CHANGED)


COLUMNS = (
    "region",
    "stack",
    "logical_id",
    "path",
    "type",
    "physical_id",
    "state",
    "reason",
    "differences",
    "not_compared",
    "repair",
)
"""The columns of the CSV."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A field that differs from the declaration; for a device token, without the values."""

    field: str
    declared: str
    registered: str


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A resource, its state, and what to do about it."""

    held: StackResource
    path: str
    """Where it is declared: the path in the CDK app or, without one, the logical id."""
    subject: str
    """The subject: an endpoint's id and user, or the tagged identity."""
    state: State
    reason: str = ""
    differences: tuple[Difference, ...] = ()
    not_compared: tuple[tuple[str, str], ...] = ()
    """Fields that could not be compared, each with the reason."""
    repair: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the finding as JSON for other programs."""
        return {
            "logical_id": self.held.logical_id,
            "path": self.path,
            "type": self.held.type,
            "physical_id": self.held.physical_id,
            "state": str(self.state),
            "reason": self.reason,
            "differences": [asdict(difference) for difference in self.differences],
            "not_compared": [{"field": field, "reason": reason} for field, reason in self.not_compared],
            "repair": self.repair,
        }

    def to_record(self) -> dict[str, Any]:
        """Return the finding as a flat record for CSV, with the names of the fields instead of their values."""
        return self.to_json() | {
            "region": self.held.stack.region,
            "stack": self.held.stack.name,
            "differences": " ".join(difference.field for difference in self.differences),
            "not_compared": " ".join(field for field, _ in self.not_compared),
        }
