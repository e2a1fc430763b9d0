"""Deploying: the real cdk command on the local cloud, all candidates in turn, less the local cloud's own share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from statistics import median

from .declared import OURS, SDK_CALL
from .figures import Result, Table
from .lives import DEPLOY, DESTROY, RENAME, Candidate, Step

WITH_CRHELPER = "crhelper as documented"
OUR_FLOOR, SDK_CALL_FLOOR = f"{OURS}, which only answers", f"{SDK_CALL}, which only answers"
_FLOORS = {OURS: OUR_FLOOR, SDK_CALL: SDK_CALL_FLOOR}

SIZES, LIVES = (10,), 3


def measure(*, sizes: Sequence[int] = SIZES) -> Result:
    """Lives at every size, and then once more the same endpoints at the smallest."""
    return Result(title="Deploying", tables=[*(_lives(size) for size in sizes), _the_same_again(min(sizes))])


def _lives(size: int) -> Table:
    with ExitStack() as clouds:
        candidates = {
            name: clouds.enter_context(candidate)
            for name, candidate in {
                OURS: Candidate(OURS, size),
                SDK_CALL: Candidate(SDK_CALL, size),
                OUR_FLOOR: Candidate(OURS, size, only_answers=True),
                SDK_CALL_FLOOR: Candidate(SDK_CALL, size, only_answers=True),
                WITH_CRHELPER: Candidate(WITH_CRHELPER, size),
            }.items()
        }
        taken: dict[str, dict[str, list[Step]]] = {step: {name: [] for name in candidates} for step in _STEPS}
        for _ in range(LIVES):
            for candidate in candidates.values():
                candidate.new_life()
            for step, of_step in taken.items():
                for name, candidate in candidates.items():
                    if (name, step) != (WITH_CRHELPER, DESTROY):
                        of_step[name].append(candidate.step(step))
    return Table(
        title=f"{size} endpoints, by the real cdk command on the local cloud, {LIVES} lives each",
        columns=[
            *("step", "", "the command, s", "the stack, s", "less the local cloud's, ms an endpoint"),
            *(f"x {SDK_CALL}", "calls", "outcome"),
        ],
        rows=[
            _row(step, name, of_step, size)
            for step, of_step in taken.items()
            for name, steps in of_step.items()
            if steps
        ],
        note="Medians of lives that were led step by step in turn. The local cloud's own share is what the same stack"
        " takes there with a function in the same language that only answers, in the same life: after one in Python"
        " that logs nothing it waits 50 ms for a line. The ratio is that of what remains. Calls and outcomes are exact."
        f" {WITH_CRHELPER} sleeps 120 s in every Delete, so that it is not destroyed.",
    )


_STEPS = (DEPLOY, RENAME, DESTROY)


def _row(step: str, name: str, of_step: dict[str, list[Step]], size: int) -> list[str]:
    steps = of_step[name]
    cells = [
        step,
        name,
        f"{median(each.command_seconds for each in steps):.1f}",
        f"{median(each.stack_seconds for each in steps):.2f}",
    ]
    if name in _FLOORS:
        own, beside = _less_the_floor(name, of_step), _less_the_floor(SDK_CALL, of_step)
        ratio = "" if name == SDK_CALL else f"{median(own) / median(beside):.2f}"
        cells += [f"{median(own) / size * 1000:.1f}", ratio]
    else:
        cells += ["", ""]
    return [*cells, _the_same(str(each.calls) for each in steps), _the_same(_outcome(each) for each in steps)]


def _less_the_floor(name: str, of_step: dict[str, list[Step]]) -> list[float]:
    pairs = zip(of_step[name], of_step[_FLOORS[name]], strict=True)
    return [own.stack_seconds - floor.stack_seconds for own, floor in pairs]


def _the_same_again(size: int) -> Table:
    rows = []
    for way in (OURS, SDK_CALL):
        with Candidate(way, size) as candidate:
            candidate.new_life()
            for again in ("", " again"):
                for step in _STEPS:
                    taken = candidate.step(step)
                    rows.append([way, f"{step}{again}", str(taken.calls), _outcome(taken)])
    return Table(
        title=f"The same {size} endpoints deployed, destroyed and deployed once more",
        columns=["", "step", "calls", "outcome"],
        rows=rows,
        note="The service remembers client request tokens, as it may.",
    )


def _outcome(step: Step) -> str:
    return f"{step.outcome}, {step.registered} registered"


def _the_same(values: Iterable[str]) -> str:
    """What all lives had; each of them where they differ."""
    return ", ".join(dict.fromkeys(values))
