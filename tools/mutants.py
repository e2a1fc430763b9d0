"""Mutation testing: changes the handler in thousands of small ways, and reports the changes that no test detects.

mutmut creates the mutants and records which test runs which function; `mutant_trials` tries them. mutmut derives a
module's name from its path, so it works on a copy with the source root that it expects. A mutant that mypy rejects
counts as detected, because `make check` would reject it. Results are kept in .local/mutation, so that an interrupted
run can continue.
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
"""mutmut's record of which test runs which function."""
LEAST = 90.0
"""The required percentage of detected mutants."""
BESIDE = ("tests", "docs", "constructs", "emulator", "cli", "examples", *(path.name for path in ROOT.glob("[!.]*.*")))
"""The files that the handler's tests read in addition to the handler."""
REFUSED = 37
"""mutmut's code for a mutant that the type checker rejects."""
SMALL = "chime_endpoints_handler.aws.clients.x__without_services__mutmut_1"
"""A mutant that only few tests run."""
NOTICED = ("killed", "caught by type check", "timeout", "segfault")


def main() -> int:
    """Run mutmut on all mutants or a sample, and print the score. Return 1 if the score is too low."""
    parser = argparse.ArgumentParser(description="Report small changes of the handler that no test detects.")
    parser.add_argument("--sample", type=int, help="size of a random sample of mutants (default: all mutants)")
    parser.add_argument("--seed", type=int, default=1, help="seed of the random sample (default: %(default)s)")
    parser.add_argument("--at-once", type=int, default=4, help="number of processes (default: %(default)s)")
    parser.add_argument(
        "--cases", type=int, default=1000, help="maximum cases of each parametrized test (default: %(default)s)"
    )
    parser.add_argument("--again", action="store_true", help="try undetected mutants again")
    parser.add_argument(
        "patterns", nargs="*", help="names of mutants, such as 'chime_endpoints_handler.resources.endpoint.create.*'"
    )
    arguments = parser.parse_args()
    copy()
    os.chdir(COPY)  # mutmut only works in the current directory
    STATS.unlink(missing_ok=True)  # so that new tests are also recorded
    mutmut("run", SMALL)  # creates all mutants, and records which test runs which function
    chosen = choose(sorted(results()), arguments.patterns, arguments.sample, arguments.seed)
    refused = filter_mutants_with_type_checker()
    keep({name: REFUSED for name in chosen if name in refused})
    left = [name for name in chosen if name not in refused]
    try_out(left, arguments.at_once, arguments.cases, again=arguments.again)
    found = results()
    return report({name: found[name] for name in chosen if found[name] != "not checked"})


def choose(everything: Sequence[str], patterns: Sequence[str], sample: int | None, seed: int) -> list[str]:
    """Return the selected mutants, in the order of the patterns."""
    chosen = [name for pattern in patterns or ["*"] for name in everything if fnmatch(name, pattern)]
    return random.Random(seed).sample(chosen, min(sample, len(chosen))) if sample else list(dict.fromkeys(chosen))  # noqa: S311 - no secret


def try_out(chosen: Iterable[str], at_once: int, cases: int, *, again: bool) -> None:
    """Try mutants without a result. With `again`, also try the mutants that survived."""
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
    """Store the results of mutants in mutmut's own records."""
    for path in walk_mutatable_files():
        data = SourceFileMutationData(path=path)
        data.load()
        data.exit_code_by_key.update({name: codes[name] for name in codes.keys() & data.exit_code_by_key.keys()})
        data.save()


def report(found: Mapping[str, str]) -> int:
    """Print the results, and the code changes of mutants that were not detected."""
    for name, result in sorted(found.items()):
        if result not in NOTICED:
            print(f"\n{name}: {result}")
            print("\n".join(changed_lines(name)))
    counts = Counter(found.values())
    score = 100 * sum(counts[result] for result in NOTICED) / max(1, len(found))
    print(f"\n{len(found)} mutants: " + ", ".join(f"{count} {result}" for result, count in counts.most_common()))
    print(f"{score:.1f} % detected; at least {LEAST:.0f} % required")
    tried = len(found) - counts["caught by type check"]
    by_tests = sum(counts[result] for result in NOTICED if result != "caught by type check")
    print(f"Of the {tried} mutants that the type checker accepts, tests detect {100 * by_tests / max(1, tried):.1f} %")
    return 0 if score >= LEAST else 1


def changed_lines(name: str) -> Iterable[str]:
    """Return the changed lines of a mutant."""
    shown = subprocess.run(["mutmut", "show", name], cwd=COPY, check=True, capture_output=True, text=True).stdout
    return [line for line in shown.splitlines() if re.match(r"[-+](?![-+])", line)]


def results() -> dict[str, str]:
    """Return the current result of each mutant."""
    listed = subprocess.run(
        ["mutmut", "results", "--all", "true"], cwd=COPY, check=True, capture_output=True, text=True
    ).stdout
    return {
        name: result for name, _, result in (line.strip().partition(": ") for line in listed.splitlines()) if result
    }


def mutmut(*arguments: str) -> None:
    """Run mutmut in the copy."""
    subprocess.run(["mutmut", *arguments], cwd=COPY, check=True)


def copy() -> None:
    """Update the copy."""
    mirror(ROOT / "lambda_handlers" / "chime_endpoints_handler", COPY / "src" / "chime_endpoints_handler")
    for name in BESIDE:
        mirror(ROOT / name, COPY / name)
        shutil.rmtree(COPY / "mutants" / name, ignore_errors=True)  # mutmut only adds to its own copy
    settings = (ROOT / "pyproject.toml").read_text()
    COPY.joinpath("pyproject.toml").write_text(re.sub(r"(?m)^mypy_path = .*", 'mypy_path = ["src"]', settings))


def mirror(source: Path, target: Path) -> None:
    """Copy a file or folder, including modification times, and remove what is no longer in the source."""
    shutil.rmtree(target, ignore_errors=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


if __name__ == "__main__":
    sys.exit(main())
