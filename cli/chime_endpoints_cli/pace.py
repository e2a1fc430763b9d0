"""The pace at which calls may leave: the service grants an account so many a second, to everybody together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

CALLS_PER_SECOND = 40.0
"""Of the 50 requests a second that an account has for all of Chime SDK Identity: something is left for others."""


class Pace:
    """Lets one caller after the other through, evenly spaced; threads share it."""

    def __init__(
        self,
        per_second: float = CALLS_PER_SECOND,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Takes how many may pass in a second."""
        self._interval = 1.0 / per_second
        self._now = now
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self, **_: object) -> None:
        """Returns when the caller may go on. It takes, and ignores, what botocore hands to a handler of an event."""
        with self._lock:
            moment = max(self._next, self._now())
            self._next = moment + self._interval
        self._sleep(max(0.0, moment - self._now()))
