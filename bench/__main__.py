"""Runs the given measurements, or all of them, and writes bench/results.md and docs/plots."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module

from . import bars, report
from .figures import Result

MEASUREMENTS = ("calls", "cold_start", "warm", "synth", "rate", "deploy", "fleet")
"""The measurements in the order of the report. Each is a module of this package."""


def main() -> None:
    """Run the measurements and write the report."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("measurement", nargs="*", metavar="MEASUREMENT", help=", ".join(MEASUREMENTS))
    parser.add_argument("--sizes", nargs="+", type=int, help="numbers of endpoints to deploy (100 take 15 minutes)")
    parser.add_argument("--lives", type=int, help="number of times to deploy each size")
    given = parser.parse_args()
    unknown = sorted(set(given.measurement) - set(MEASUREMENTS))
    if unknown:
        parser.error(f"{', '.join(unknown)}: not one of {', '.join(MEASUREMENTS)}")
    for name in given.measurement or MEASUREMENTS:
        began = time.monotonic()
        print(f"{name} …", flush=True)
        for part, measure in _parts(name, sizes=given.sizes, lives=given.lives).items():
            result = measure()
            report.keep(part, result)
            print(report.text(result))
        print(f"({name} took {time.monotonic() - began:.0f} s)\n", flush=True)
    bars.main()
    print(f"Wrote {report.write(MEASUREMENTS)} and {bars.PLOTS}")


def _parts(name: str, *, sizes: Sequence[int] | None, lives: int | None) -> dict[str, Callable[[], Result]]:
    """Return the parts of a measurement, which are stored separately. Deploying has one part for each size."""
    module = import_module(f"bench.{name}")
    if name != "deploy":
        return {name: module.measure}
    return {
        f"{name}-{size}": partial(module.measure, size=size, lives=lives or module.LIVES)
        for size in sizes or module.SIZES
    }


if __name__ == "__main__":
    main()
