"""The time left for an event, and how much of it is reserved for each phase."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum, auto

from ..model.codes import Code
from .failures.errors import OutOfTimeError

_ANSWER_SHARE = 0.1  # of the time at entry
_ANSWER_SECONDS = (1.0, 10.0)  # at least one attempt, at most several
_CLEANUP_SHARE = 0.2
_CLEANUP_SECONDS = 20.0
_AFTERWARDS_SECONDS = 3.0  # enough for one call


class Phase(IntEnum):
    """The current phase of an event; each phase reserves time for the following ones."""

    WORK = auto()
    """Work."""
    CLEANUP = auto()
    """Clean-up after a failure."""
    ANSWER = auto()
    """Answer."""
    AFTERWARDS = auto()
    """Remaining work if the response was not accepted."""


class Deadline:
    """The remaining execution time, in seconds."""

    def __init__(self, left: Callable[[], float]) -> None:
        self.left = left
        at_entry = max(left(), 0.0)
        self._kept_for_answer = min(max(_ANSWER_SECONDS[0], at_entry * _ANSWER_SHARE), _ANSWER_SECONDS[1])
        self.until_answer = max(at_entry - self._kept_for_answer, at_entry / 2)
        """Seconds after entry at which the response must be on its way, even if the work is not finished."""
        self._kept_for_cleanup = min(_CLEANUP_SECONDS, at_entry * _CLEANUP_SHARE)
        self._phase = Phase.WORK

    def enter(self, phase: Phase) -> None:
        """Start a phase; a phase never returns to an earlier one."""
        self._phase = max(self._phase, phase)

    def for_calls(self) -> float:
        """Seconds left for calls; zero or negative if no call can start."""
        if self._phase is Phase.ANSWER:
            return 0.0
        kept = {
            Phase.WORK: self._kept_for_answer + self._kept_for_cleanup,
            Phase.CLEANUP: self._kept_for_answer,
            Phase.AFTERWARDS: 0.0,
        }
        return self.left() - kept[self._phase]

    def for_answer(self, *, is_last: bool) -> float:
        """Seconds left to deliver the response."""
        return self.left() - (0.0 if is_last else min(_AFTERWARDS_SECONDS, self._kept_for_answer / 2))

    def check(self, operation: str) -> None:
        """Check that a call can start.

        Raises:
            OutOfTimeError: no time is left for the call.
        """
        if self.for_calls() <= 0:
            raise OutOfTimeError(
                Code.OUT_OF_TIME,
                f"No time was left to call {operation}. Deploy again. If this happens again, increase the function's"
                " timeout.",
            )
