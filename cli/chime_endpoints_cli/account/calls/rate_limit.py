"""Rate limiting: the service limits the requests per second of the whole account."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

CALLS_PER_SECOND = 40.0
"""Below the account's limit of 50 requests a second for Chime SDK Identity, to leave room for other callers."""


class RateLimit:
    """A thread-safe rate limiter that spaces calls evenly."""

    def __init__(
        self,
        per_second: float = CALLS_PER_SECOND,
        *,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Set the number of calls per second."""
        self._interval = 1.0 / per_second
        self._now = now
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self, **_: object) -> None:
        """Block until the next call is allowed; the arguments of botocore's event are ignored."""
        with self._lock:
            moment = max(self._next, self._now())
            self._next = moment + self._interval
        self._sleep(max(0.0, moment - self._now()))
