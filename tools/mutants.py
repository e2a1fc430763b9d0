"""Mutation testing: changes the handler in thousands of small ways, and tells which changes no test notices.

mutmut makes the mutants and finds out which test runs which function; `mutant_trials` tries them. mutmut reckons a
module's name from its path, so it works on a copy whose source root has the name it expects. A mutant that mypy
refuses counts as noticed: `make check` would not let it through. What was found out is kept in .local/mutation, so
that a run that was broken off goes on where it was.
"""

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path

from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.file_mutation import filter_mutants_with_type_checker
from mutmut.utils.file_utils import walk_mutatable_files

ROOT = Path(__file__).resolve().parent.parent
COPY = ROOT / ".local" / "mutation"
STATS = COPY / "mutants" / "mutmut-stats.json"
"""Where mutmut keeps which test runs which function."""
LEAST = 90.0
"""Percent of the mutants that have to be noticed."""
BESIDE = ("tests", "docs", "constructs", "emulator", "cli", "examples", *(path.name for path in ROOT.glob("[!.]*.*")))
"""What the handler's tests read beside the handler."""
REFUSED = 37
"""How mutmut keeps that the type checker refused a mutant."""
SMALL = "chime_endpoints_handler.loader.x__without_services__mutmut_1"
"""A mutant that few tests run."""
NOTICED = ("killed", "caught by type check", "timeout", "segfault")


def main() -> int:
    """Runs mutmut on all mutants or a sample, and prints the score; returns 1 where it is too low."""
    parser = argparse.ArgumentParser(description="Tells which small changes of the handler no test notices.")
    parser.add_argument("--sample", type=int, help="so many mutants, drawn at random (default: all)")
    parser.add_argument("--seed", type=int, default=1, help="of the draw")
    parser.add_argument("--at-once", type=int, default=4, help="processes; tests wait more than they work")
    parser.add_argument("--cases", type=int, default=1000, help="of each parametrized test, the first so many at most")
    parser.add_argument("--again", action="store_true", help="tries again those that nothing noticed")
    parser.add_argument("patterns", nargs="*", help="names of mutants, such as 'chime_endpoints_handler.create.*'")
    arguments = parser.parse_args()
    copy()
    os.chdir(COPY)  # mutmut knows no other place
    STATS.unlink(missing_ok=True)  # else tests that were written since would not be tried
    mutmut("run", SMALL)  # makes all the mutants, and finds out which test runs which function
    chosen = choose(sorted(results()), arguments.patterns, arguments.sample, arguments.seed)
    refused = filter_mutants_with_type_checker()
    keep({name: REFUSED for name in chosen if name in refused})
    left = [name for name in chosen if name not in refused]
    try_out(left, arguments.at_once, arguments.cases, again=arguments.again)
    found = results()
    return report({name: found[name] for name in chosen if found[name] != "not checked"})


def choose(everything: Sequence[str], patterns: Sequence[str], sample: int | None, seed: int) -> list[str]:
    """The mutants that are wanted, those of the first pattern first."""
    chosen = [name for pattern in patterns or ["*"] for name in everything if fnmatch(name, pattern)]
    return random.Random(seed).sample(chosen, min(sample, len(chosen))) if sample else list(dict.fromkeys(chosen))  # noqa: S311 - no secret


def try_out(chosen: Iterable[str], at_once: int, cases: int, *, again: bool) -> None:
    """Tries those mutants of which nothing is known yet, or that survived where they are to be tried again."""
    known = results()
    stats = json.loads(STATS.read_text())
    seconds, tests = stats["duration_by_test"], stats["tests_by_mangled_function_name"]
    open_ones = [name for name in chosen if known[name] not in NOTICED and (again or known[name] == "not checked")]
    mutants = {
        name: {test: seconds[test] for test in tests.get(name.rpartition("__mutmut_")[0], ())} for name in open_ones
    }
    trials, found = COPY / "trials.json", COPY / "found.jsonl"
    trials.write_text(json.dumps({"at_once": at_once, "cases": cases, "mutants": mutants, "found": str(found)}))
    found.write_text("")
    settings = tomllib.loads((COPY / "pyproject.toml").read_text())["tool"]["mutmut"]
    path = os.pathsep.join([str(COPY / "mutants" / "src"), str(ROOT / "tools")])
    try:
        subprocess.run(
            ["pytest", "-q", "-s", "-p", "mutant_trials", *settings["pytest_add_cli_args"], "tests/handler"],
            cwd=COPY / "mutants",
            env=os.environ | {"PYTHONPATH": path, "MUTANT_TRIALS": str(trials)},
            check=True,
        )
    finally:
        keep({name: code for name, code, _ in map(json.loads, found.read_text().splitlines())})


def keep(codes: Mapping[str, int]) -> None:
    """Keeps what became of mutants where mutmut keeps it."""
    for path in walk_mutatable_files():
        data = SourceFileMutationData(path=path)
        data.load()
        data.exit_code_by_key.update({name: codes[name] for name in codes.keys() & data.exit_code_by_key.keys()})
        data.save()


def report(found: Mapping[str, str]) -> int:
    """Prints what became of the mutants, and those that nobody noticed as changes of the code."""
    for name, result in sorted(found.items()):
        if result not in NOTICED:
            print(f"\n{name}: {result}")
            print("\n".join(changed_lines(name)))
    counts = Counter(found.values())
    score = 100 * sum(counts[result] for result in NOTICED) / max(1, len(found))
    print(f"\n{len(found)} mutants: " + ", ".join(f"{count} {result}" for result, count in counts.most_common()))
    print(f"{score:.1f} % noticed; at least {LEAST:.0f} % are wanted")
    tried = len(found) - counts["caught by type check"]
    by_tests = sum(counts[result] for result in NOTICED if result != "caught by type check")
    print(f"{100 * by_tests / max(1, tried):.1f} % of the {tried} that are left to the tests are noticed by them")
    return 0 if score >= LEAST else 1


def changed_lines(name: str) -> Iterable[str]:
    """The lines of a mutant that differ."""
    shown = subprocess.run(["mutmut", "show", name], cwd=COPY, check=True, capture_output=True, text=True).stdout
    return [line for line in shown.splitlines() if re.match(r"[-+](?![-+])", line)]


def results() -> dict[str, str]:
    """What became of each mutant so far."""
    listed = subprocess.run(
        ["mutmut", "results", "--all", "true"], cwd=COPY, check=True, capture_output=True, text=True
    ).stdout
    return {
        name: result for name, _, result in (line.strip().partition(": ") for line in listed.splitlines()) if result
    }


def mutmut(*arguments: str) -> None:
    """Runs mutmut in the copy."""
    subprocess.run(["mutmut", *arguments], cwd=COPY, check=True)


def copy() -> None:
    """Brings the copy up to date."""
    mirror(ROOT / "lambda_handlers" / "chime_endpoints_handler", COPY / "src" / "chime_endpoints_handler")
    for name in BESIDE:
        mirror(ROOT / name, COPY / name)
        shutil.rmtree(COPY / "mutants" / name, ignore_errors=True)  # mutmut's own copy, to which it only adds
    settings = (ROOT / "pyproject.toml").read_text()
    COPY.joinpath("pyproject.toml").write_text(re.sub(r"(?m)^mypy_path = .*", 'mypy_path = ["src"]', settings))


def mirror(source: Path, target: Path) -> None:
    """Makes a file or a folder the same as another, times of change included."""
    shutil.rmtree(target, ignore_errors=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


if __name__ == "__main__":
    sys.exit(main())
