"""How much time an event has left, and what it is kept for."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

from .errors import OutOfTimeError

_ANSWER_SHARE = 0.1  # of the time at entry, for the answer
_ANSWER_SECONDS = (1.0, 10.0)  # at least one attempt, at most several
_CLEANUP_SHARE = 0.2
_CLEANUP_SECONDS = 20.0


class Deadline:
    """The time that Lambda leaves, in seconds: first the calls end, then the clean-up, then the answer."""

    def __init__(self, left: Callable[[], float]) -> None:
        self.left = left
        at_entry = max(left(), 0.0)
        self._answer = min(max(_ANSWER_SECONDS[0], at_entry * _ANSWER_SHARE), _ANSWER_SECONDS[1])
        self._cleanup = min(_CLEANUP_SECONDS, at_entry * _CLEANUP_SHARE)
        self._is_over = Event()
        self._is_cleaning_up = False

    def for_calls(self) -> float:
        """Seconds left for calls; not positive when it is time to clean up or to answer."""
        kept = self._answer if self._is_cleaning_up else self._answer + self._cleanup
        return self.left() - kept

    def start_cleanup(self) -> None:
        """From here on the clean-up's share may be used."""
        self._is_cleaning_up = True

    def end(self) -> None:
        """No call may follow: the event is being answered."""
        self._is_over.set()

    def check(self, operation: str) -> None:
        """Lets a call begin.

        Raises:
            OutOfTimeError: there is no time left for it.
        """
        if self._is_over.is_set() or self.for_calls() <= 0:
            raise OutOfTimeError(f"There was no time left for {operation}. Deploy again.")

    @property
    def answer_at(self) -> float:
        """Seconds left at which an answer must be under way, whatever else is going on."""
        return self._answer
