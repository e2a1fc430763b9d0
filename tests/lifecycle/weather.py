"""The incidents while an event is handled: at which call of which delivery, and with the response."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

REPEATED = 3
"""The number of a delivery of an event that has been answered already."""
Kind = Literal["throttle", "error", "hang", "empty", "refuse", "kill", "delete"]


@dataclass(frozen=True)
class Incident:
    """An incident at one call of one delivery."""

    delivery: int
    nth: int
    when: Literal["before", "after"]
    kind: Kind
    operation: str = "*"
    """The calls that are counted: those of one operation, or all."""
    seconds: float = 0.0
    """How long every further call has the same result; for a Delete, how long it takes to come."""

    @property
    def lasts(self) -> bool:
        """Whether further calls have the same result."""
        return self.seconds > 0 and self.kind not in ("kill", "delete")

    @property
    def passes(self) -> bool:
        """Whether the next attempt of the call may succeed."""
        return self.kind in ("throttle", "error", "hang", "empty") and not self.lasts


@dataclass(frozen=True)
class Weather:
    """The incidents while one event is handled."""

    incidents: tuple[Incident, ...] = ()
    lost_answers: frozenset[int] = frozenset()
    """The deliveries whose responses are not accepted."""
    killed_at_answer: frozenset[int] = frozenset()
    """The deliveries whose process is killed before it responds."""
    is_delivered_twice: bool = False
    """Whether Lambda delivers the event again at once, although it has a response."""


CALM = Weather()
UNHEARD = Weather(lost_answers=frozenset(range(3)))
"""All calls are made, but no response is received."""
