"""An event of the past is delivered again in the middle of a newer one."""

from __future__ import annotations

import pytest

from lifecycle.enumeration.late import sweep_late
from lifecycle.enumeration.sweep import Tally, pairings

_PARTS = 4


@pytest.mark.parametrize("part", range(_PARTS))
def test_a_life_with_a_late_event_ends_well(part: int) -> None:
    """F43, F67: an old Create, Update or Delete, wherever it comes, changes nothing."""
    tally = Tally()
    sweep_late(pairings(part, _PARTS), tally, step=2)
    tally.check()
