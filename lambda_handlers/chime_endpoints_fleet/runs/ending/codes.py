"""The codes that the messages about runs of a fleet start with; docs/errors has a page for each.

The messages about single endpoints have the handler's codes. A code never changes its meaning and is never reused.
"""

from __future__ import annotations

from enum import StrEnum


class FleetCode(StrEnum):
    """A code, named after the cause."""

    REFUSED = "CE-601"
    ENDPOINTS_FAILED = "CE-602"
    INCOMPLETE = "CE-603"
    NOT_STARTED = "CE-604"
    REPLACED = "CE-605"
    TAKES_LONGER = "CE-606"
