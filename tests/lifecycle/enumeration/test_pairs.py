"""Two mishaps in one life: there are too many pairs for all of them, so they are drawn."""

from __future__ import annotations

import pytest

from lifecycle.enumeration.sweep import Tally, sweep_pairs

_LIVES = 500


@pytest.mark.parametrize("seed", range(4))
def test_a_life_with_two_mishaps_ends_well(seed: int) -> None:
    """F24 to F31, F41, F43, F50 to F52, F56 to F66: no two of them leave anything, except for documented limits."""
    tally = Tally()
    sweep_pairs(seed, _LIVES, tally)
    tally.check()
