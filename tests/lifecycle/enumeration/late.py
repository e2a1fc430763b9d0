"""Late events: Lambda delivers an event of the past again while a newer one is handled, or after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count

from lifecycle.enumeration.cases import Case
from lifecycle.enumeration.function import NotAcceptedError
from lifecycle.enumeration.life import Life
from lifecycle.enumeration.services import Switches
from lifecycle.enumeration.sweep import Tally
from lifecycle.enumeration.wire import Effect, KilledError, Wire

_PAUSE = 1200.0
"""Seconds from one operation to the next: Lambda delivers an event for six hours at most."""
_SOONEST = 60.0
"""Seconds after which Lambda delivers an event again, unless it does so at once."""


@dataclass(frozen=True)
class Lateness:
    """Which event of the past is delivered again, and when."""

    position: int
    event: int
    """0 is the first event of the life, -1 the last one that is over."""

    def __str__(self) -> str:
        return f"event {self.event} again at {self.position}"


@dataclass
class _Late:
    """The mishap."""

    life: Life
    how: Lateness

    def __call__(self, wire: Wire, effect: Effect) -> object:
        life, past, index = self.life, self.life.stack.past, self.how.event
        is_there = -len(past) <= index < len(past)
        if not is_there or life.clock.now() - past[index][1] < _SOONEST:
            life.is_possible = False
            return effect()
        other = life.another_function(Wire(life.clock, latency=wire.latency))
        with suppress(NotAcceptedError, KilledError):
            life.stack.deliver_again(index, other)
        life.told.append(other.told)
        return effect()


def live(case: Case, switches: Switches, how: Lateness | None = None) -> Life:
    """Live a life in which an event of the past is delivered again; in another process, because it is late."""
    life = Life(case, switches, pause=_PAUSE)
    if how is not None:
        life.mishaps = {how.position: (str(how), _Late(life, how))}
    life.live()
    return life


def ways(positions: int, events: int) -> Iterator[Lateness]:
    """Yield each event of the past at each position."""
    for position in range(positions):
        for event in (*range(events), -1):
            yield Lateness(position, event)


def sweep_late(pairs: Iterable[tuple[Case, Switches]], tally: Tally, *, step: int = 1) -> None:
    """Deliver each event of the past again at each position of each case; with a step, some of them."""
    turn = count()
    for case, switches in pairs:
        calm = live(case, switches)
        if not calm.is_possible:
            continue
        for how in ways(len(calm.passed), calm.events_before):
            if next(turn) % step == 0 and (life := live(case, switches, how)).is_possible:
                tally.count(life, how)
