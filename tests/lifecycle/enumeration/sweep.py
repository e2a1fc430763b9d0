"""The enumeration: every case, every position, and everything that can go wrong there."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lifecycle.enumeration.cases import Case, every
from lifecycle.enumeration.life import Life
from lifecycle.enumeration.mishaps import MISHAPS, possible_at
from lifecycle.enumeration.services import SERVICES, Switches

Planned = tuple[tuple[int, str], ...]
"""The position and the name of each mishap."""


@dataclass
class Tally:
    """The lives of a sweep, and what is wrong with them."""

    lives: int = 0
    findings: list[str] = field(default_factory=list)
    """What repeats each life that did not end well, and what was wrong."""

    def count(self, life: Life, *notes: object) -> None:
        """Count a life that is over."""
        self.lives += 1
        if life.findings:
            what = [str(life.case), *map(str, notes), str(dict(life.switches)), *life.findings]
            self.findings.append(" | ".join(what))

    def check(self) -> None:
        """Fail if anything was wrong."""
        assert self.lives
        shown = "\n".join(self.findings[:5])
        assert not self.findings, f"{len(self.findings)} of {self.lives} lives:\n{shown}"


def pairings(part: int, parts: int, turn: int = 0) -> Iterator[tuple[Case, Switches]]:
    """Yield a part of the cases, each with one kind of service; another turn pairs them otherwise."""
    for number, case in enumerate(every()):
        if number % parts == part:
            yield case, SERVICES[(number * 7 + turn) % len(SERVICES)]


def live(case: Case, switches: Switches, planned: Planned = ()) -> Life:
    """Live one life."""
    life = Life(case, switches, {position: (name, MISHAPS[name]) for position, name in planned})
    life.live()
    return life


def sweep_singles(pairs: Iterable[tuple[Case, Switches]], tally: Tally) -> None:
    """Live each case with nothing, and then with everything that can go wrong at one position."""
    for case, switches in pairs:
        calm = live(case, switches)
        if not calm.is_possible:
            continue
        tally.count(calm)
        for position, operation in enumerate(calm.passed):
            for name in possible_at(operation):
                tally.count(live(case, switches, ((position, name),)), f"{name} at {position}, {operation}")


def sweep_pairs(seed: int, lives: int, tally: Tally) -> None:
    """Live so many lives in which two things go wrong, drawn at random."""
    draw = random.Random(seed)  # noqa: S311 - no secret
    cases = every()
    while tally.lives < lives:
        case, switches = draw.choice(cases), draw.choice(SERVICES)
        first = _drawn(draw, live(case, switches), -1)
        second = first and _drawn(draw, live(case, switches, (first,)), first[0])
        if first and second:
            planned = (first, second)
            tally.count(live(case, switches, planned), " and ".join(f"{name} at {at}" for at, name in planned))


def _drawn(draw: random.Random, life: Life, after: int) -> tuple[int, str] | None:
    """Return something that can go wrong after a position of a life; None if it has no further one."""
    positions = range(after + 1, len(life.passed))
    if not positions:
        return None
    position = draw.choice(positions)
    return position, draw.choice(list(possible_at(life.passed[position])))
