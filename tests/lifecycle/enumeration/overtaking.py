"""Overtaken events: CloudFormation cancels a resource because another failed, and goes on while its function does.

The other event is handled by another process: either completely between two calls of the first one, or call by call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import count, product

from lifecycle.crowd import Crowd
from lifecycle.enumeration.cases import Case
from lifecycle.enumeration.life import Life
from lifecycle.enumeration.services import Switches
from lifecycle.enumeration.stack import StuckError
from lifecycle.enumeration.sweep import Tally
from lifecycle.enumeration.sweep import live as live_calmly
from lifecycle.enumeration.wire import Effect, Wire

GAPS = (0.0, 0.3, 1.0, 10.0)
_STEP = 0.1
"""Seconds that a call takes where two processes make calls in turn."""


@dataclass(frozen=True)
class Overtaking:
    """How a cancelled event and the next one meet."""

    position: int
    before: float
    """Seconds from the cancellation to the next event."""
    after: float | None
    """Seconds from the end of the next event to the next call of the first one; None if their calls interleave."""
    speed: float = 1.0
    """How many calls of the first one take as long as one of the other."""

    def __str__(self) -> str:
        how = "call by call" if self.after is None else f"{self.after:g} s before the next call"
        return f"overtaken at {self.position} after {self.before:g} s, {how}, {self.speed:g}"


@dataclass
class _Overtaken:
    """The mishap."""

    life: Life
    how: Overtaking
    problems: list[BaseException] = field(default_factory=list)

    def __call__(self, wire: Wire, effect: Effect) -> object:
        stack, clock = self.life.stack, self.life.clock
        if (goes_on := stack.cancel()) is None:
            self.life.is_possible = False
            return effect()
        self.life.overtaken_after = clock.now() + self.how.before - wire.entered
        other = self.life.another_function(Wire(clock, latency=wire.latency * self.how.speed))

        def overtake() -> None:
            clock.sleep(self.how.before)
            try:
                goes_on(other)
            except StuckError as stuck:
                self.life.findings.append(f"stuck: {stuck}")
            except BaseException as problem:  # noqa: BLE001 - it ends another thread
                self.problems.append(problem)

        if isinstance(clock, Crowd):
            clock.start(overtake)
        else:
            overtake()
            assert self.how.after is not None
            clock.sleep(self.how.after)
        self.life.told.append(other.told)
        return effect()


def live(case: Case, switches: Switches, how: Overtaking) -> Life:
    """Live a life in which an event is overtaken."""
    if how.after is not None:
        life = Life(case, switches)
        mishap = _Overtaken(life, how)
        life.mishaps = {how.position: (str(how), mishap)}
        life.live()
        return life
    crowd = Crowd()
    life = Life(case, switches, clock=crowd, latency=_STEP)
    mishap = _Overtaken(life, how)
    life.mishaps = {how.position: (str(how), mishap)}
    life.set_up()
    if life.is_possible:
        problems: list[BaseException] = []
        crowd.run([partial(_noting, life.operate, problems)], at_once=1)
        for problem in (*problems, *mishap.problems):
            raise problem
        life.end()
    return life


def _noting(job: Callable[[], object], problems: list[BaseException]) -> None:
    try:
        job()
    except BaseException as problem:  # noqa: BLE001 - it ends a thread
        problems.append(problem)


def ways(positions: int) -> Iterator[Overtaking]:
    """Yield every way to overtake the events of a life with so many positions."""
    for position in range(positions):
        for before, after in product(GAPS, GAPS):
            yield Overtaking(position, before, after)
        for before, speed in product(GAPS, (0.4, 1.0, 2.5)):
            yield Overtaking(position, before, None, speed)


def sweep_overtaken(pairs: Iterable[tuple[Case, Switches]], tally: Tally, *, step: int = 1) -> None:
    """Overtake the events of each case at each position; with a step, in some of the ways, each case in others."""
    turn = count()
    for case, switches in pairs:
        calm = live_calmly(case, switches)
        for how in ways(len(calm.passed)) if calm.is_possible else ():
            if next(turn) % step == 0:
                life = live(case, switches, how)
                if life.is_possible:
                    tally.count(life, how)
