"""The enumeration: every case, every position, and everything that can go wrong there."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from lifecycle.enumeration.cases import Case, every
from lifecycle.enumeration.life import Life
from lifecycle.enumeration.mishaps import MISHAPS, possible_at
from lifecycle.enumeration.services import SERVICES, Switches
from lifecycle.enumeration.wire import RESPONSE

_ENOUGH = 5
Planned = tuple[tuple[int, str], ...]
"""The position and the name of each mishap."""


class AnyLife(Protocol):
    """A life of a stack that is over."""

    @property
    def case(self) -> object:
        """What it was about."""

    @property
    def switches(self) -> Switches:
        """The kind of service."""

    @property
    def findings(self) -> list[str]:
        """What was wrong."""

    @property
    def limits(self) -> set[str]:
        """The documented limits that it met."""


@dataclass
class Tally:
    """The lives of a sweep, and what is wrong with them."""

    lives: int = 0
    findings: list[str] = field(default_factory=list)
    """What repeats each life that did not end well, and what was wrong."""
    limits: Counter[str] = field(default_factory=Counter)
    """How many lives met each of the documented limits."""

    def count(self, life: AnyLife, *notes: object) -> None:
        """Count a life that is over; fail if that is enough to look into."""
        self.lives += 1
        self.limits.update(life.limits)
        if life.findings:
            what = [str(life.case), *map(str, notes), str(dict(life.switches)), *life.findings]
            self.findings.append(" | ".join(what))
        if len(self.findings) >= _ENOUGH:
            self.check()

    def check(self) -> None:
        """Fail if anything was wrong."""
        assert self.lives
        shown = "\n".join(self.findings)
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


def sweep_singles(pairs: Iterable[tuple[Case, Switches]], tally: Tally, *, step: int = 1) -> None:
    """Live each case with nothing, and then with everything that can go wrong at one position.

    With a step, each case meets some of that, another case others.
    """
    turn = count()
    for case, switches in pairs:
        calm = live(case, switches)
        if not calm.is_possible:
            continue
        tally.count(calm)
        for position, operation in enumerate(calm.passed):
            for name in possible_at(operation):
                if next(turn) % step == 0:
                    tally.count(live(case, switches, ((position, name),)), f"{name} at {position}, {operation}")


def sweep_consequences(pairs: Iterable[tuple[Case, Switches]], tally: Tally, *, step: int = 1) -> None:
    """Let each event fail at each position, and then its cleanup or its response; with a step, at some positions.

    Without an answer to the question when the update began, only its name distinguishes a replacement that stayed.
    """
    turn = count()
    for case, switches in pairs:
        calm = live(case, switches)
        for position, operation in enumerate(calm.passed) if calm.is_possible else ():
            for name in [name for name in ("refused 400", "outage after") if name in possible_at(operation)]:
                is_named = operation.startswith("update_") and name == "outage after"
                if next(turn) % step and not is_named:
                    continue
                failing = live(case, switches, ((position, name),)).passed
                for second, begins in (("refused 400", "deregister_"), ("response lost", RESPONSE)):
                    follows = (at for at in range(position + 1, len(failing)) if failing[at].startswith(begins))
                    if (at := next(follows, None)) is None:
                        continue
                    planned: Planned = ((position, name), (at, second))
                    life = live(case, switches, planned)
                    tally.count(life, _text(planned))
                    asks = [each for each in range(at, len(life.passed)) if life.passed[each] == "describe_stacks"]
                    if is_named and asks and begins != RESPONSE:
                        planned = (*planned, (asks[0], "refused 400"))
                        tally.count(live(case, switches, planned), _text(planned))


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
            tally.count(live(case, switches, planned), _text(planned))


def _text(planned: Planned) -> str:
    return " and ".join(f"{name} at {at}" for at, name in planned)


def _drawn(draw: random.Random, life: Life, after: int) -> tuple[int, str] | None:
    """Return something that can go wrong after a position of a life; None if it has no further one."""
    positions = range(after + 1, len(life.passed))
    if not positions:
        return None
    position = draw.choice(positions)
    return position, draw.choice(list(possible_at(life.passed[position])))
