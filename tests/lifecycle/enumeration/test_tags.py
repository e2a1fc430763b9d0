"""Tags: one mishap in every case, at every position."""

from __future__ import annotations

from lifecycle.enumeration.sweep import Tally
from lifecycle.enumeration.tags import sweep_tags


def test_a_life_with_tags_and_a_single_mishap_ends_well() -> None:
    """F26, F28, F64, F65: no tag is left, lost or changed, and none of anyone else."""
    tally = Tally()
    sweep_tags(tally)
    tally.check()
