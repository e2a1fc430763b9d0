"""The rate that the service grants all calls of an account together."""

from __future__ import annotations


class TokenBucket:
    """Grants as many calls a second as the rate says; a second's worth may be saved up."""

    def __init__(self) -> None:
        self._tokens: float | None = None
        self._at = 0.0

    def take(self, *, rate: float | None, now: float) -> bool:
        """Whether a call at the time `now` is granted; a rate of None grants every call."""
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
