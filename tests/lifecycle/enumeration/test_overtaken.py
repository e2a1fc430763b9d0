"""Another resource of the stack fails: the next event of ours is handled while the first one still is."""

from __future__ import annotations

import pytest

from lifecycle.enumeration.overtaking import sweep_overtaken
from lifecycle.enumeration.sweep import Tally, pairings

_PARTS = 8


@pytest.mark.parametrize("part", range(_PARTS))
def test_a_life_with_an_overtaken_event_ends_well(part: int) -> None:
    """F44, F58, F60: whichever calls of the two processes come first, nothing is orphaned, doubled or stolen."""
    tally = Tally()
    sweep_overtaken(pairings(part, _PARTS), tally, step=12)
    tally.check()
