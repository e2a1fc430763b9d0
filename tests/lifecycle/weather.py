"""What goes wrong while an event is handled: at which call of which delivery, and with the answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["throttle", "error", "hang", "empty", "refuse", "kill", "delete"]


@dataclass(frozen=True)
class Incident:
    """What happens at one call of one delivery."""

    delivery: int
    nth: int
    when: Literal["before", "after"]
    kind: Kind


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
