"""The pace of one worker's calls: evenly spaced, and slower for a while after the service has throttled one."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

_SLOWER = 1.5
_FASTER = 0.99
_SLOWEST = 8.0


class Pace:
    """Spaces the calls of all threads of a worker.

    Additive increase and multiplicative decrease leave room for other callers of the account, whose rate nobody knows.
    """

    def __init__(self, rate: float, *, now: Callable[[], float], sleep: Callable[[float], None]) -> None:
        """Begin with calls at the given rate.

        Args:
            rate: calls a second.
            now: a clock in seconds that never goes back.
            sleep: waits for some seconds.
        """
        self._interval = 1.0 / rate
        self._now = now
        self._sleep = sleep
        self._factor = 1.0
        self._next = 0.0
        self._lock = Lock()
        self.calls = 0
        self.throttled = 0

    def wait(self) -> None:
        """Wait for the moment of the next call."""
        with self._lock:
            moment = max(self._next, self._now())
            self._next = moment + self._interval * self._factor
            self.calls += 1
        if (seconds := moment - self._now()) > 0:
            self._sleep(seconds)

    def was_throttled(self) -> None:
        """Slow down after a call was throttled."""
        with self._lock:
            self.throttled += 1
            self._factor = min(_SLOWEST, self._factor * _SLOWER)

    def was_accepted(self) -> None:
        """Return to the rate little by little."""
        with self._lock:
            self._factor = max(1.0, self._factor * _FASTER)
