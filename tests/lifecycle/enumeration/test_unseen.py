"""The rest of the enumeration, which takes hours: `make model` runs parts of it for as long as you like."""

from __future__ import annotations

import os
import secrets
import time
from itertools import count

import pytest

from lifecycle.enumeration.cases import every
from lifecycle.enumeration.late import sweep_late
from lifecycle.enumeration.overtaking import sweep_overtaken
from lifecycle.enumeration.sweep import Tally, pairings, sweep_consequences, sweep_pairs, sweep_singles

_PAIRS = 200


@pytest.mark.skipif("MODEL_MINUTES" not in os.environ, reason="make model runs it, for as long as one likes")
def test_it_is_so_in_lives_that_nobody_has_seen() -> None:
    """MODEL_SEED is the first number; each is printed before its lives begin, and repeats them."""
    first = int(os.environ.get("MODEL_SEED") or secrets.randbits(31))
    end = time.monotonic() + 60 * float(os.environ["MODEL_MINUTES"])
    parts = len(every())
    for number in count(first):
        if time.monotonic() > end:
            return
        print(f"The lives of the seed {number} …", flush=True)  # noqa: T201 - for whoever waits
        tally = Tally()
        pairs = list(pairings(number % parts, parts, turn=number // parts))
        sweep_singles(pairs, tally)
        sweep_overtaken(pairs, tally, step=3)
        sweep_consequences(pairs, tally)
        sweep_late(pairs, tally)
        sweep_pairs(number, tally.lives + _PAIRS, tally)
        tally.check()
