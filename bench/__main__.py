"""Runs the measurements that are named, all where none is, and writes bench/results.md."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module

from . import report
from .figures import Result

MEASUREMENTS = ("calls", "cold_start", "warm", "synth", "rate", "deploy")
"""In the order of the report; each is the module of its name."""


def main() -> None:
    """Measures and writes."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("measurement", nargs="*", metavar="MEASUREMENT", help=", ".join(MEASUREMENTS))
    parser.add_argument("--sizes", nargs="+", type=int, help="how many endpoints to deploy (100: a quarter of an hour)")
    parser.add_argument("--lives", type=int, help="how many times each")
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
    print(f"written: {report.write(MEASUREMENTS)}")


def _parts(name: str, *, sizes: Sequence[int] | None, lives: int | None) -> dict[str, Callable[[], Result]]:
    """What is measured and kept by itself: of deploying, each size."""
    module = import_module(f"bench.{name}")
    if name != "deploy":
        return {name: module.measure}
    return {
        f"{name}-{size}": partial(module.measure, size=size, lives=lives or module.LIVES)
        for size in sizes or module.SIZES
    }


if __name__ == "__main__":
    main()
