"""Runs the measurements that are named, all where none is, and writes bench/results.md."""

from __future__ import annotations

import argparse
import time
from importlib import import_module

from . import report

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
        module = import_module(f"bench.{name}")
        chosen = {option: value for option in ("sizes", "lives") if (value := getattr(given, option)) is not None}
        result = module.measure(**chosen) if name == "deploy" else module.measure()
        report.keep(name, result)
        print(report.text(result))
        print(f"({name} took {time.monotonic() - began:.0f} s)\n", flush=True)
    print(f"written: {report.write(MEASUREMENTS)}")


if __name__ == "__main__":
    main()
