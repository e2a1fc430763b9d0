"""What was found out about one resource of a stack."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from chime_endpoints_cli.stacks import Held


class State(StrEnum):
    """How a resource stands, the gravest first."""

    GONE = "gone"
    INACTIVE = "inactive"
    CHANGED = "changed"
    UNKNOWN = "unknown"
    """It could not be looked at, or not wholly, and what was seen of it is as declared."""
    IN_SYNC = "in sync"

    @property
    def is_drift(self) -> bool:
        """Whether the service holds something else than the stack declares."""
        return self in (State.GONE, State.INACTIVE, State.CHANGED)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A field that is not as declared; of a device token neither value is here."""

    field: str
    declared: str
    registered: str


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A resource, its state, and what to do about it."""

    held: Held
    path: str
    """Where it is declared: the path in the CDK app where there is one, else the logical id."""
    subject: str
    """What it is about: an endpoint's id and user, or what is tagged."""
    state: State
    reason: str = ""
    differences: tuple[Difference, ...] = ()
    not_compared: tuple[tuple[str, str], ...] = ()
    """Fields that could not be compared, each with the reason."""
    repair: str = ""

    def to_json(self) -> dict[str, Any]:
        """The finding for another program."""
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
