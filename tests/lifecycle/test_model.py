"""Random histories of one resource: whatever happens on the way, what is registered is what the stack holds."""

from __future__ import annotations

import os
import secrets
import time

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from moto import mock_aws

from lifecycle.history import machine
from support.sink import Sink

HISTORIES = 500  # of one seed
FIXED = (1, 2, 3, 4)


def run(sink: Sink, number: int) -> None:
    """So many histories as the seed gives."""
    run_state_machine_as_test(
        seed(number)(machine(sink)),
        settings=settings(
            max_examples=HISTORIES,
            stateful_step_count=8,
            deadline=None,
            database=None,
            phases=[Phase.generate],  # a history is short: shrinking takes longer than reading it
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("number", FIXED)
def test_what_is_registered_is_what_the_stack_holds(sink: Sink, number: int) -> None:
    """In each of the same few thousand histories; invariants 1 to 13 of them, at every call."""
    with mock_aws():
        run(sink, number)


@pytest.mark.skipif("MODEL_MINUTES" not in os.environ, reason="make model runs it, for as long as one likes")
def test_it_is_so_in_histories_that_nobody_has_seen(sink: Sink) -> None:
    """MODEL_SEED is the first seed; each is printed before its histories begin, and repeats them."""
    number = int(os.environ.get("MODEL_SEED") or secrets.randbits(31))
    end = time.monotonic() + 60 * float(os.environ["MODEL_MINUTES"])
    with mock_aws():
        while time.monotonic() < end:
            print(f"{HISTORIES} histories of the seed {number} …", flush=True)  # noqa: T201 - for whoever waits
            run(sink, number)
            number += 1
