"""Runs the demo: `PYTHONPATH=tools python -m demo`, or `make demo`."""

from collections.abc import Callable
from typing import NoReturn

from chime_endpoints_cli.entry import start


def _main() -> Callable[[], NoReturn]:
    from .command import main

    return main


if __name__ == "__main__":
    start(_main)
