"""How long a step of the demo takes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from chime_endpoints_cli.output.console.terminal import say, waiting


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print the name and the duration of the block."""
    started = time.monotonic()
    with waiting(what):
        yield
    say(f"{what}: {time.monotonic() - started:.0f} s")
