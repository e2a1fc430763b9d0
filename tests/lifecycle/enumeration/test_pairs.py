"""Two mishaps in one life: there are too many pairs for all of them, so they are drawn."""

from __future__ import annotations

import pytest

from lifecycle.enumeration.sweep import Tally, sweep_pairs

_LIVES = 500


@pytest.mark.parametrize("seed", range(4))
def test_a_life_with_two_mishaps_ends_well(seed: int) -> None:
    """F25, F31, F41, F43, F56, F57, F58, F59, F60, F61, F62, F63: no two leave anything beyond the limits."""
    tally = Tally()
    sweep_pairs(seed, _LIVES, tally)
    tally.check()
