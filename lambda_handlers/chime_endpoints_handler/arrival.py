"""When an event was first sent, as far as that can be told: Lambda delivers events again, minutes or hours later."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

# AWS X-Ray Developer Guide, tracing header: the root holds the time of the original request.
_TRACE_ROOT = re.compile(r"Root=1-([0-9a-f]{8})-")
LATE = 2.0
"""Seconds after which CloudFormation may have gone on; a Delete that finds nothing looks again for longer than this."""

_HOUR = 3600.0


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """The time at which the event was sent, by this process's clock."""

    started: float
    """Seconds since the epoch; the time of entry where Lambda does not say more."""
    entered: float
    """The time at which this delivery began."""
    is_told: bool
    """Whether Lambda said it; where it did not, an earlier delivery can neither be known of nor ruled out."""
    now: Callable[[], float]

    @property
    def is_late(self) -> bool:
        """Whether so much time has passed that CloudFormation may have gone on without the answer."""
        return self.now() - self.started >= LATE

    @property
    def is_known_repeat(self) -> bool:
        """Whether it is known that an earlier delivery may have done something: Lambda repeats one after a minute."""
        return self.is_told and self.entered - self.started >= LATE

    @property
    def may_be_repeat(self) -> bool:
        """Whether an earlier delivery cannot be ruled out."""
        return self.is_known_repeat or not self.is_told

    @property
    def earliest(self) -> float:
        """Before this, no delivery of this event can have done anything."""
        return self.started if self.is_told else self.started - _HOUR


def arrival(environment: Mapping[str, str], now: Callable[[], float]) -> Arrival:
    """The arrival of the event that is being handled."""
    entered = now()
    root = _TRACE_ROOT.search(environment.get("_X_AMZN_TRACE_ID", ""))
    if root is None:
        return Arrival(started=entered, entered=entered, is_told=False, now=now)
    return Arrival(started=min(float(int(root[1], 16)), entered), entered=entered, is_told=True, now=now)
