"""One mishap: every case, at every position, with everything that can go wrong there."""

from __future__ import annotations

import pytest

from lifecycle.enumeration.sweep import Tally, pairings, sweep_singles

_PARTS = 8


@pytest.mark.parametrize("part", range(_PARTS))
def test_a_life_with_a_single_mishap_ends_well(part: int) -> None:
    """F24 to F31, F41, F43, F50 to F52, F56 to F66: nothing is orphaned, doubled, stolen or leaked."""
    tally = Tally()
    sweep_singles(pairings(part, _PARTS), tally)
    tally.check()
