"""Warm start: the time from the delivery of an event to the accepted response in a running process."""

from __future__ import annotations

from contextlib import ExitStack

from .figures import Result, compared, interleaved
from .functions import OURS_COMPILED, SDK_CALL, Warm, functions
from .stage import stage

RUNS = 200


def measure() -> Result:
    """Pass events to one process of each candidate in turn."""
    with stage() as there, ExitStack() as processes:
        candidates = {
            name: processes.enter_context(Warm(function))
            for name, function in functions(there).items()
            if name != OURS_COMPILED
        }
        for warm in candidates.values():
            for _ in range(10):
                warm()
        timings = interleaved(candidates, runs=RUNS)
    return Result(
        title="Warm event",
        tables=[
            compared(
                f"From the delivery of a Create to the accepted answer, {RUNS} events each",
                timings,
                beside=SDK_CALL,
            )
        ],
    )
