"""Runs the suite: `PYTHONPATH=tools python -m live`, or `make live`."""

from collections.abc import Callable
from typing import NoReturn

from chime_endpoints_cli.entry import start


def _main() -> Callable[[], NoReturn]:
    from .command import main

    return main


if __name__ == "__main__":
    start(_main)
