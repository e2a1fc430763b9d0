"""Two mishaps in one life: those of one event, and others that are drawn, because there are too many."""

from __future__ import annotations

import pytest

from lifecycle.enumeration.sweep import Tally, pairings, sweep_consequences, sweep_pairs

_PARTS = 4
_LIVES = 500


@pytest.mark.parametrize("part", range(_PARTS))
def test_a_life_with_an_event_that_fails_and_cannot_clean_up_ends_well(part: int) -> None:
    """F56, F57, F61: an event that fails removes what it registered, or the next delivery or event does."""
    tally = Tally()
    sweep_consequences(pairings(part, _PARTS), tally, step=3)
    tally.check()


@pytest.mark.parametrize("seed", range(2))
def test_a_life_with_two_mishaps_ends_well(seed: int) -> None:
    """F25, F31, F41, F43, F56, F57, F58, F59, F60, F61, F62, F63: no two leave anything beyond the limits."""
    tally = Tally()
    sweep_pairs(seed, _LIVES, tally)
    tally.check()
