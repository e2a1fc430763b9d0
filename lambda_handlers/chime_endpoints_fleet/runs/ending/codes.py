"""The codes that the messages about runs of a fleet start with; docs/errors/fleets.md has a section for each.

The messages about single endpoints have the handler's codes. A code never changes its meaning and is never reused.
"""

from __future__ import annotations

from enum import StrEnum


class FleetCode(StrEnum):
    """A code, named after the cause."""

    REFUSED = "CE-701"
    ENDPOINTS_FAILED = "CE-702"
    INCOMPLETE = "CE-703"
    NOT_STARTED = "CE-704"
    REPLACED = "CE-705"
    TAKES_LONGER = "CE-706"
