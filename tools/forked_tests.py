"""Runs collected tests in forks of this process, each with one thing left out, up to the first failure."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from weakenings import Weakening, observe

PROCESSES = os.cpu_count() or 1
SECONDS = {True: 4, False: 90}
"""The CPU time after which a test counts as endless, and so as failed: with a stage, and for an enumeration."""

Observations = Mapping[str, frozenset[str]]
"""The names of the rows and rules that matter to each test."""


@dataclass(frozen=True)
class Run:
    """Tests of one folder, with one thing left out."""

    weakening: Weakening
    folder: str
    tests: Sequence[pytest.Item]

    def among(self, tests: Mapping[str, pytest.Item], seen: Observations) -> Run:
        """Return the run with every test that can notice it; those first to which little else matters."""
        there = [item for name, item in tests.items() if name.startswith(self.folder)]
        if self.weakening.function is not None:
            there = [item for item in there if self.weakening.name in seen[item.nodeid]]
            there.sort(key=lambda item: len(seen[item.nodeid]))
        return replace(self, tests=there)


@dataclass(frozen=True)
class Outcome:
    """The first test of a run that failed, if any, and the CPU time until then."""

    run: Run
    test: str | None
    seconds: float


def in_order(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Return one case of each test first, then the others: most of what is noticed is noticed by any case."""
    seen: set[str] = set()
    is_another: dict[str, bool] = {}
    for item in items:
        name = item.nodeid.partition("[")[0]
        is_another[item.nodeid] = name in seen
        seen.add(name)
    return sorted(items, key=lambda item: is_another[item.nodeid])


def is_staged(item: pytest.Item) -> bool:
    """Whether a test delivers events to the handler on a stage."""
    return "stage" in getattr(item, "fixturenames", ())


def outcomes(runs: Sequence[Run]) -> Iterator[Outcome]:
    """Run all, as many at once as there are processors."""
    waiting, running = list(runs), dict[int, Run]()
    with TemporaryDirectory() as folder:
        while waiting or running:
            while waiting and len(running) < PROCESSES:
                run = waiting.pop(0)
                if pid := _fork():
                    running[pid] = run
                else:
                    run.weakening.apply()
                    _run_up_to_a_failure(run.tests, Path(folder, str(os.getpid())))
            pid, status, used = os.wait4(-1, 0)
            begun = Path(folder, str(pid)).read_text(encoding="utf-8").splitlines()
            yield Outcome(running.pop(pid), begun[-1] if status else None, used.ru_utime + used.ru_stime)


def observations(tests: Sequence[pytest.Item], every: Sequence[Weakening]) -> Observations:
    """Run the tests with nothing left out, and return which rows and rules matter to each of them."""
    found: dict[str, frozenset[str]] = {}
    with TemporaryDirectory() as folder:
        for nth in range(PROCESSES):
            if not _fork():
                seen: set[str] = set()
                observe(every, seen)
                with Path(folder, str(nth)).open("w", encoding="utf-8") as log:
                    for item, following in zip_longest(tests[nth::PROCESSES], tests[nth::PROCESSES][1:]):
                        item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
                        print(json.dumps([item.nodeid, sorted(seen)]), file=log)
                        seen.clear()
                os._exit(0)
        for _ in range(PROCESSES):
            os.wait()
        for log_of_one in Path(folder).iterdir():
            for line in log_of_one.read_text(encoding="utf-8").splitlines():
                name, names = json.loads(line)
                found[name] = frozenset(names)
    return found


def _fork() -> int:
    """Return the process of a silent copy of this one; 0 in the copy."""
    sys.stdout.flush()
    if pid := os.fork():
        return pid
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    return 0


def _run_up_to_a_failure(tests: Sequence[pytest.Item], log: Path) -> None:
    """End this process: with 0 if no test fails. The log ends with the name of the last test."""
    failures = _Failures()
    with log.open("w", encoding="utf-8") as begun:
        for item, following in zip_longest(tests, tests[1:]):
            item.config.pluginmanager.register(failures, "failures")
            print(item.nodeid, file=begun, flush=True)
            signal.setitimer(signal.ITIMER_PROF, SECONDS[is_staged(item)])  # ends the process
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
            item.config.pluginmanager.unregister(failures)
            if failures.any:
                os._exit(1)
    os._exit(0)


class _Failures:
    """A plugin of pytest that knows whether a test has failed."""

    def __init__(self) -> None:
        self.any = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.any |= report.failed
