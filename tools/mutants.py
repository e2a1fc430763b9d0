"""Mutation testing: changes the handler in thousands of small ways, and tells which changes no test notices.

mutmut reckons a module's name from its path, so it works on a copy whose source root has the name it expects. A
mutant that mypy refuses counts as noticed: `make check` would not let it through. What was found out is kept in
.local/mutation, so that a run that was broken off goes on where it was.
"""

import argparse
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COPY = ROOT / ".local" / "mutation"
LEAST = 90.0
"""Percent of the mutants that have to be noticed."""
BESIDE = ("tests", "docs", "constructs", "emulator", "cli", "examples", *(path.name for path in ROOT.glob("[!.]*.*")))
"""What the handler's tests read beside the handler."""
NOTICED = ("killed", "caught by type check", "timeout", "segfault")


def main() -> int:
    """Runs mutmut on all mutants or a sample, and prints the score; returns 1 where it is too low."""
    parser = argparse.ArgumentParser(description="Tells which small changes of the handler no test notices.")
    parser.add_argument("--sample", type=int, help="so many mutants, drawn at random (default: all)")
    parser.add_argument("--seed", type=int, default=1, help="of the draw")
    parser.add_argument("--at-once", type=int, default=4, help="processes; tests wait more than they work")
    parser.add_argument("patterns", nargs="*", help="names of mutants, such as 'chime_endpoints_handler.create.*'")
    arguments = parser.parse_args()
    copy()
    chosen = arguments.patterns
    if arguments.sample:
        mutmut("run", "chime_endpoints_handler.outcome.*")  # a small module: what is wanted is the list of all
        everything = sorted(results())
        chosen = random.Random(arguments.seed).sample(everything, min(arguments.sample, len(everything)))  # noqa: S311 - no secret
    mutmut("run", "--max-children", str(arguments.at_once), *chosen)
    found = {name: result for name, result in results().items() if result != "not checked"}
    if arguments.sample:
        found = {name: found[name] for name in chosen}
    return report(found)


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
