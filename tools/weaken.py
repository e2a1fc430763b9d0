"""Leaves one row or rule after the other out of the handler's decisions: a test must notice each.

Run by `make weaken`. tests/weakenings.json remembers which test noticed it. The next run begins with that test, and
looks for another if it no longer notices; ARGS=--anew forgets what is remembered. Other arguments are words of the
names to choose from.
"""

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from forked_tests import Outcome, Run, in_order, is_staged, observations, outcomes
from weakenings import ROW, Weakening, weakenings

ROOT = Path(__file__).resolve().parent.parent
RECORD = ROOT / "tests" / "weakenings.json"
RULES = "tests/handler"
"""Tests that each state a rule."""
HISTORIES = "tests/lifecycle/enumeration"
"""Tests that enumerate lives of a stack, and check the guarantees."""

Record = dict[str, dict[str, str | None]]
"""The test of each folder that notices what is left out; None if all of them were tried in vain."""


class Detector:
    """A plugin of pytest that runs the collected tests without one thing after the other."""

    def __init__(self, every: Sequence[Weakening], chosen: Sequence[Weakening], record: Record) -> None:
        self.record = record
        self._every = every
        self._chosen = chosen

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try the remembered tests, then look for others in the place of those that notice nothing."""
        tests = {
            item.nodeid: item
            for item in in_order(session.items)
            if (is_staged(item) or item.nodeid.startswith(HISTORIES))
        }
        searched = []
        for run, test in self._remembered(tests):
            if test is None:
                searched.append(run)
            else:
                self._note(test)
        if searched:
            folders = tuple({run.folder for run in searched})
            able = {name: item for name, item in tests.items() if name.startswith(folders)}
            seen = observations(list(able.values()), self._every)
            for outcome in outcomes([run.among(able, seen) for run in searched]):
                self._note(outcome)
        return True

    def _remembered(self, tests: Mapping[str, pytest.Item]) -> list[tuple[Run, Outcome | None]]:
        """Return each run, with its outcome if the remembered test notices. Only rows need a history as well."""
        wanted: list[Run] = []
        known: list[Run] = []
        for weakening in self._chosen:
            for folder in (RULES, HISTORIES) if weakening.kind == ROW else (RULES,):
                before = self.record.get(weakening.name, {})
                if folder in before and before[folder] is None and any(before.values()):
                    continue  # --anew looks for it again
                test = tests.get(before.get(folder) or "")
                (known if test else wanted).append(Run(weakening, folder, [test] if test else []))
        found: list[tuple[Run, Outcome | None]] = [(run, None) for run in wanted]
        return found + [(outcome.run, outcome if outcome.test else None) for outcome in outcomes(known)]

    def _note(self, outcome: Outcome) -> None:
        run = outcome.run
        said = outcome.test or f"NOT NOTICED by {run.folder}"
        print(f"{run.weakening.name:66} {outcome.seconds:5.1f} s  {said}", flush=True)
        self.record.setdefault(run.weakening.name, {})[run.folder] = outcome.test


def remembered() -> Record:
    """Read the record."""
    record: Record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    return record


def unnoticed(record: Record) -> list[str]:
    """Return the names of what no test notices."""
    return [name for name, tests in record.items() if not any(tests.values())]


def main(arguments: Sequence[str]) -> int:
    """Leave out what the arguments choose, and record which test noticed it. Return the number of what none noticed."""
    every, began = weakenings(), time.monotonic()
    words = [word for word in arguments if not word.startswith("--")]
    chosen = [each for each in every if all(word in each.name for word in words)]
    before = remembered()
    for each in chosen if "--anew" in arguments else ():
        before.pop(each.name, None)
    detector = Detector(every, chosen, before)
    options = ("-q", "-s", "-n", "0", "-p", "no:cacheprovider", "--direct", "-m", "not slow", "--no-summary")
    pytest.main([*options, "--rootdir", str(ROOT), RULES, HISTORIES], plugins=[detector])
    record = {each.name: detector.record[each.name] for each in every if each.name in detector.record}
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    missed = unnoticed({each.name: record[each.name] for each in chosen})
    print(f"{len(chosen) - len(missed)} of {len(chosen)} noticed, within {time.monotonic() - began:.0f} s")
    return len(missed)


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main(sys.argv[1:]))
