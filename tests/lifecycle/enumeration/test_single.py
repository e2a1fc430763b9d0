"""One mishap: every case, at every position, with everything that can go wrong there."""

from __future__ import annotations

import pytest

from lifecycle.enumeration.sweep import Tally, pairings, sweep_singles

_PARTS = 8
_OTHER_SERVICES = 2


@pytest.mark.parametrize("part", range(_PARTS))
def test_a_life_with_a_single_mishap_ends_well(part: int) -> None:
    """F25, F31, F41, F43, F56, F57, F58, F59, F60, F61, F62, F63: nothing is orphaned, doubled, stolen or leaked."""
    tally = Tally()
    sweep_singles(pairings(part, _PARTS), tally)
    tally.check()


@pytest.mark.parametrize("other", range(1, 1 + _OTHER_SERVICES))
def test_a_life_with_a_single_mishap_ends_well_on_other_services(other: int) -> None:
    """F34, F36, F37: nor is it if the service behaves otherwise, in a tenth of the lives."""
    tally = Tally()
    sweep_singles(pairings(0, 1, turn=other), tally, step=10)
    tally.check()
