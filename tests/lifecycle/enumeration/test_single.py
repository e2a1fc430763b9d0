"""One mishap: every case, at every position, with everything that can go wrong there."""

from __future__ import annotations

import pytest

from lifecycle.enumeration.sweep import Tally, pairings, sweep_singles

_PARTS = 8


@pytest.mark.parametrize("part", range(_PARTS))
def test_a_life_with_a_single_mishap_ends_well(part: int) -> None:
    """F25, F31, F41, F43, F56, F57, F58, F59, F60, F61, F62, F63: nothing is orphaned, doubled, stolen or leaked."""
    tally = Tally()
    sweep_singles(pairings(part, _PARTS), tally)
    tally.check()
