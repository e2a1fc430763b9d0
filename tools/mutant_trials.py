"""A pytest plugin that runs the tests on mutants. Tests are collected once, and each mutant runs in a fork.

mutmut itself starts pytest for each mutant, which takes longer than most tests. This plugin orders the tests: first the
tests that detected other mutants of the same function, in all their cases; then one case of every test, fastest first;
then the other cases. A test detects a mutant only if it fails twice, so that a flaky test on a busy machine does not
count.
"""

import json
import os
import signal
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol
from mutmut.mutation.trampoline import set_mutant_under_test

SURVIVED, KILLED, TIMEOUT = 0, 1, 36
"""mutmut's codes for the result of a mutant."""
_LONGEST_WORK = 10.0  # seconds of CPU time for the fastest tests
_LONGEST_WAIT = 180  # seconds for any test, even on a busy machine


@dataclass
class Trials:
    """The mutants to try, in order, with the duration of each test that runs them."""

    at_once: int
    cases: int
    """The maximum number of cases to run for each test."""
    mutants: dict[str, dict[str, float]]
    found: Path
    noticed_by: defaultdict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    running: dict[int, tuple[str, int]] = field(default_factory=dict)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try the mutants instead of running the tests normally."""
        items = {item.nodeid: item for item in session.items}
        for name, seconds in self.mutants.items():
            while len(self.running) >= self.at_once:
                self._conclude()
            ordered = _ordered(self.noticed_by[_function(name)], _in_turn(seconds, self.cases))
            reader, writer = os.pipe()
            child = os.fork()
            if child == 0:
                _try(name, [items[test] for test in dict.fromkeys(ordered) if test in items], seconds, writer)
            os.close(writer)
            self.running[child] = (name, reader)
        while self.running:
            self._conclude()
        return True

    def _conclude(self) -> None:
        """Wait for one of the forks and record its result."""
        child, status = os.waitpid(-1, 0)
        if child not in self.running:
            return
        name, reader = self.running.pop(child)
        with os.fdopen(reader) as pipe:
            noticed_by = pipe.read()
        if noticed_by:
            self.noticed_by[_function(name)] = {noticed_by: None} | self.noticed_by[_function(name)]
        code = TIMEOUT if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        with self.found.open("a") as found:
            found.write(json.dumps([name, code, noticed_by]) + "\n")


def _ordered(noticed: Collection[str], in_turn: Sequence[str]) -> list[str]:
    """Order the tests: detectors of other mutants of the function, other cases of the same tests, then the rest."""
    alike = {_without_case(test) for test in noticed}
    return [*noticed, *(test for test in in_turn if _without_case(test) in alike), *in_turn]


def _without_case(test: str) -> str:
    return test.partition("[")[0]


def _in_turn(seconds: Mapping[str, float], cases: int) -> list[str]:
    """Order the tests by case number and then by duration: the first case of every test, then the second, and so on."""
    counted: Counter[str] = Counter()
    turns = {}
    for test in sorted(seconds, key=seconds.__getitem__):
        turns[test] = counted[_without_case(test)]
        counted[_without_case(test)] += 1
    return sorted((test for test in turns if turns[test] < cases), key=lambda test: (turns[test], seconds[test]))


def _function(mutant: str) -> str:
    return mutant.rpartition("__mutmut_")[0]


def _try(name: str, tests: Sequence[Any], seconds: dict[str, float], writer: int) -> None:
    """Run tests on a mutant until one detects it, then end the process."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    set_mutant_under_test(name)
    code = SURVIVED
    try:
        for test, following in zip_longest(tests, tests[1:]):
            signal.setitimer(signal.ITIMER_PROF, _LONGEST_WORK + 10 * seconds.get(test.nodeid, 0.0))
            signal.alarm(_LONGEST_WAIT)
            if _fails(test, following) and _fails(test, following):
                os.write(writer, test.nodeid.encode())
                code = KILLED
                break
    except BaseException as error:  # noqa: BLE001 - pytest itself failed, which mutmut counts as killed
        os.write(writer, f"{type(error).__name__}: {error}".encode())
        code = KILLED
    os._exit(code)


def _fails(test: Any, following: Any) -> bool:
    test._initrequest()  # noqa: SLF001 - as pytest-rerunfailures does to run a test again
    return any(report.failed for report in runtestprotocol(test, log=False, nextitem=following))


def pytest_configure(config: pytest.Config) -> None:
    """Read the trials and register the plugin."""
    trials = json.loads(Path(os.environ["MUTANT_TRIALS"]).read_text())
    config.pluginmanager.register(Trials(**trials | {"found": Path(trials["found"])}))
