"""Random histories of one resource: after any incidents, the stack's endpoint is the registered one."""

from __future__ import annotations

import logging
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.internal.conjecture import providers
from hypothesis.internal.conjecture.engine import ConjectureRunner
from hypothesis.internal.constants_ast import Constants
from hypothesis.stateful import run_state_machine_as_test
from moto import mock_aws

from lifecycle.history import machine
from support.sink import Sink

HISTORIES = 150  # of one seed
HISTORIES_THROUGH_BOTO3 = 40  # which takes several times as long
FIXED = (1, 2, 3)


@dataclass
class Tally:
    """The number of histories that have begun."""

    begun: int = 0

    def begin(self) -> None:
        """Count one more history."""
        self.begun += 1


@contextmanager
def fresh_draws() -> Iterator[None]:
    """Make a seed give the same draws everywhere, and every history new draws.

    Otherwise hypothesis takes numbers from the modules that a process has imported, and adds five histories to each by
    repeating parts of it.
    """
    providers.CONSTANTS_CACHE.cache.clear()
    with (
        patch.object(providers, "_get_local_constants", Constants),
        patch.object(ConjectureRunner, "generate_mutations_from", lambda *_: None),
    ):
        yield
    providers.CONSTANTS_CACHE.cache.clear()


class Leaks(logging.Handler):
    """Collects the secrets in the function's log."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Check one line."""
        if "canary" in (line := self.format(record)):
            self.found.append(line)


@contextmanager
def no_leaks() -> Iterator[None]:
    """Fail if a line of the log at any level has a secret."""
    log, leaks = logging.getLogger("chime_endpoints"), Leaks()
    level = log.level
    log.addHandler(leaks)
    log.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        log.setLevel(level)
        log.removeHandler(leaks)
    assert not leaks.found


def run(sink: Sink, number: int, tally: Tally, *, is_direct: bool = True) -> None:
    """Run this many histories of the seed."""
    try:
        with fresh_draws(), no_leaks():
            run_state_machine_as_test(
                seed(number)(machine(sink, tally.begin, is_direct=is_direct)),
                settings=settings(
                    max_examples=HISTORIES if is_direct else HISTORIES_THROUGH_BOTO3,
                    stateful_step_count=8,
                    deadline=None,
                    database=None,
                    phases=[Phase.generate],  # a history is short: shrinking takes longer than reading it
                    report_multiple_bugs=False,
                    suppress_health_check=list(HealthCheck),
                ),
            )
    except BaseException:
        print(f"Failed within {tally.begun} histories", flush=True)  # noqa: T201 - for whoever waits
        raise


@pytest.mark.parametrize("number", FIXED)
def test_what_is_registered_is_what_the_stack_holds(sink: Sink, number: int) -> None:
    """In 340 fixed histories, some through boto3, invariants 1 to 13 are true at every call."""
    with mock_aws():
        run(sink, number, Tally(), is_direct=number != FIXED[0])


@pytest.mark.skipif("MODEL_MINUTES" not in os.environ, reason="make model runs it, for as long as one likes")
def test_what_is_registered_is_what_the_stack_holds_in_new_histories(sink: Sink) -> None:
    """MODEL_SEED is the first seed; each is printed before its histories begin, and repeats them."""
    number = int(os.environ.get("MODEL_SEED") or secrets.randbits(31))
    tally = Tally()
    end = time.monotonic() + 60 * float(os.environ["MODEL_MINUTES"])
    with mock_aws():
        while time.monotonic() < end:
            print(f"{HISTORIES} histories of the seed {number} …", flush=True)  # noqa: T201 - for whoever waits
            run(sink, number, tally)
            number += 1
