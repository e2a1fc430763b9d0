"""When an event was first sent, as far as that can be told: Lambda delivers events again, minutes or hours later."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

# AWS X-Ray Developer Guide, tracing header: the root holds the time of the original request.
_TRACE_ROOT = re.compile(r"Root=1-([0-9a-f]{8})-")
LATE = 2.0
"""Seconds after which CloudFormation may have gone on; a Delete that finds nothing looks again for longer than this."""

_HOUR = 3600.0
_MOST_REMEMBERED = 1000  # events of a process


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """The time at which the event was sent, by this process's clock."""

    started: float
    """Seconds since the epoch; the time of entry where Lambda does not say more."""
    entered: float
    """The time at which this delivery began."""
    is_told: bool
    """Whether Lambda said it; where it did not, an earlier delivery can neither be known of nor ruled out."""
    is_seen: bool
    """Whether this process has begun to handle the event before."""
    first_seen: float
    """When this process began to handle the event for the first time."""
    process_began: float
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
    def is_repeat(self) -> bool:
        """Whether an earlier delivery is known of, by what Lambda says or by what this process remembers."""
        return self.is_known_repeat or self.is_seen

    def may_follow_one_that_registered(self, created: float | None) -> bool:
        """Whether an earlier delivery may have registered what was created at this time.

        Where Lambda does not say when the event was sent, this process remembers the events that it has handled;
        one that it has not was handled, if at all, before it began.
        """
        if self.is_repeat:
            return True
        return not self.is_told and (created is None or created <= self.process_began)

    @property
    def earliest(self) -> float:
        """Before this, no delivery of this event can have done anything."""
        return self.started if self.is_told else self.started - _HOUR

    @property
    def begun(self) -> float:
        """Before this, no delivery of this event that is known of has done anything."""
        return self.started if self.is_told else self.first_seen


class Process:
    """What a process remembers of the events that it has handled."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.now = now
        self.began = now()
        self._handled: dict[str, float] = {}

    def arrival(self, request_id: str, environment: Mapping[str, str]) -> Arrival:
        """The arrival of the event that is being handled now."""
        entered = self.now()
        is_seen = request_id in self._handled
        first_seen = self._handled.setdefault(request_id, entered)
        if len(self._handled) > _MOST_REMEMBERED:
            del self._handled[next(iter(self._handled))]
        root = _TRACE_ROOT.search(environment.get("_X_AMZN_TRACE_ID", ""))
        return Arrival(
            started=entered if root is None else min(float(int(root[1], 16)), entered),
            entered=entered,
            is_told=root is not None,
            is_seen=is_seen,
            first_seen=first_seen,
            process_began=self.began,
            now=self.now,
        )
