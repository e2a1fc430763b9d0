"""Deployment with the real cdk command on the local cloud, without the time that the local cloud itself takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from statistics import median

from .declared import OURS, SDK_CALL
from .figures import Result, Table
from .lives import DEPLOY, DESTROY, RENAME, Candidate, Step

WITH_CRHELPER = "crhelper as documented"
OUR_FLOOR, SDK_CALL_FLOOR = f"{OURS}, which only answers", f"{SDK_CALL}, which only answers"
_FLOORS = {OURS: OUR_FLOOR, SDK_CALL: SDK_CALL_FLOOR}

SIZES, LIVES = (10,), 3


Taken = dict[str, dict[str, list[Step]]]
"""The measured steps of each life, by step and candidate."""


def measure(*, size: int, lives: int) -> Result:
    """Deploy, change and destroy a number of endpoints several times. For small sizes, repeat the last life."""
    with _candidates(size) as candidates:
        taken = _lives(candidates, size, lives)
        tables = [_compared(taken, size, lives)]
        if size in SIZES:
            tables.append(_the_same_again(candidates, taken))
    return Result(title=f"Deploying {size} endpoints", tables=tables)


@contextmanager
def _candidates(size: int) -> Iterator[dict[str, Candidate]]:
    candidates = {
        OURS: Candidate(OURS, size),
        SDK_CALL: Candidate(SDK_CALL, size),
        OUR_FLOOR: Candidate(OURS, size, only_answers=True),
        SDK_CALL_FLOOR: Candidate(SDK_CALL, size, only_answers=True),
        WITH_CRHELPER: Candidate(WITH_CRHELPER, size),
    }
    with ExitStack() as clouds:
        yield {name: clouds.enter_context(candidate) for name, candidate in candidates.items()}


def _lives(candidates: dict[str, Candidate], size: int, lives: int) -> Taken:
    taken: Taken = {step: {name: [] for name in candidates} for step in _STEPS}
    for life in range(lives):
        print(f"{size} endpoints, life {life + 1} of {lives} …", flush=True)
        for candidate in candidates.values():
            candidate.new_life()
        for step, of_step in taken.items():
            for name, candidate in candidates.items():
                if (name, step) != (WITH_CRHELPER, DESTROY):
                    of_step[name].append(candidate.step(step))
    return taken


def _compared(taken: Taken, size: int, lives: int) -> Table:
    return Table(
        title=f"With the real cdk command on the local cloud, number of runs: {lives}",
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
        note="Medians, with minimum and maximum, of runs in which the candidates take turns at every step. The local"
        " cloud's own share is subtracted: it is the time of the same stack with a function in the same language that"
        " only answers. The local cloud waits 50 ms for a log line after each Python function that logs nothing. The"
        " ratio compares the remaining times. Calls and outcomes are exact."
        f" {WITH_CRHELPER} sleeps 120 s in every Delete, so its stack is not destroyed.",
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
        each = [seconds / size * 1000 for seconds in own]
        cells += [f"{median(each):.1f} ({min(each):.1f}-{max(each):.1f})", ratio]
    else:
        cells += ["", ""]
    return [*cells, _the_same(str(each.calls) for each in steps), _the_same(_outcome(each) for each in steps)]


def _less_the_floor(name: str, of_step: dict[str, list[Step]]) -> list[float]:
    pairs = zip(of_step[name], of_step[_FLOORS[name]], strict=True)
    return [own.stack_seconds - floor.stack_seconds for own, floor in pairs]


def _the_same_again(candidates: dict[str, Candidate], taken: Taken) -> Table:
    rows = []
    for way in (OURS, SDK_CALL):
        steps = {step: taken[step][way][-1] for step in _STEPS}
        steps |= {f"{step} again": candidates[way].step(step) for step in _STEPS}
        rows += [[way, name, str(step.calls), _outcome(step)] for name, step in steps.items()]
    return Table(
        title="The same endpoints deployed, destroyed and deployed again",
        columns=["", "step", "calls", "outcome"],
        rows=rows,
        note="The service remembers client request tokens, which the API allows.",
    )


def _outcome(step: Step) -> str:
    return f"{step.outcome}, {step.registered} registered"


def _the_same(values: Iterable[str]) -> str:
    """Return the value that all lives have in common, or all values if they differ."""
    return ", ".join(dict.fromkeys(values))
