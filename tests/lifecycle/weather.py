"""What goes wrong while an event is handled: at which call of which delivery, and with the answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

REPEATED = 3
"""The number of the delivery of an event that has been answered already."""
Kind = Literal["throttle", "error", "hang", "empty", "refuse", "kill", "delete"]


@dataclass(frozen=True)
class Incident:
    """What happens at one call of one delivery."""

    delivery: int
    nth: int
    when: Literal["before", "after"]
    kind: Kind
    operation: str = "*"
    """The calls that are counted: those of one operation, or all."""
    seconds: float = 0.0
    """For how long every further call meets the same; of a Delete, how long it takes to come."""

    @property
    def lasts(self) -> bool:
        """Whether further calls meet the same."""
        return self.seconds > 0 and self.kind not in ("kill", "delete")

    @property
    def passes(self) -> bool:
        """Whether the next attempt of the call may succeed."""
        return self.kind in ("throttle", "error", "hang", "empty") and not self.lasts


@dataclass(frozen=True)
class Weather:
    """What goes wrong while one event is handled."""

    incidents: tuple[Incident, ...] = ()
    lost_answers: frozenset[int] = frozenset()
    """The deliveries whose answers nobody accepts."""
    killed_at_answer: frozenset[int] = frozenset()
    """The deliveries whose process dies before it answers."""
    is_delivered_twice: bool = False
    """Whether Lambda delivers the event once more at once, although it was answered."""


CALM = Weather()
UNHEARD = Weather(lost_answers=frozenset(range(3)))
"""All is done, and nobody hears of it."""
