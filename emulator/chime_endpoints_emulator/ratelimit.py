"""The request rate limit that all calls of an account share."""

from __future__ import annotations


class TokenBucket:
    """A token bucket that can save up the calls of one second."""

    def __init__(self) -> None:
        self._tokens: float | None = None
        self._at = 0.0

    def take(self, *, rate: float | None, now: float) -> bool:
        """Whether a call at time `now` is admitted. A rate of None admits every call."""
        if rate is None:
            return True
        size = max(1.0, rate)
        if self._tokens is None:
            self._tokens = size
        else:
            self._tokens = min(size, self._tokens + max(0.0, now - self._at) * rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
