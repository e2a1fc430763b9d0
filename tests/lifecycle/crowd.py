"""Many handlers at once in simulated time: the one that is due first runs alone until it sleeps or ends."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from threading import Event, Thread, local

from support.stage import Clock


class Crowd(Clock):
    """A clock that many threads share: if one sleeps, the next one runs."""

    def __init__(self) -> None:
        super().__init__()
        self._due: list[tuple[float, int, Event]] = []
        self._turns = 0
        self._is_over = Event()
        self._own = local()

    def sleep(self, seconds: float) -> None:
        """Let time pass for the calling thread, while the other threads run."""
        turn = getattr(self._own, "turn", None)
        if turn is None:
            super().sleep(seconds)
            return
        self._wait_for(turn, self.at + max(0.0, seconds))
        self._is_over.set()
        turn.wait()
        turn.clear()

    def run(self, jobs: Sequence[Callable[[], object]], *, at_once: int) -> None:
        """Run jobs, at most this many at once, until all have ended."""
        waiting = iter(jobs)
        for _ in range(at_once):
            self._start_next(waiting)
        while self._due:
            moment, _, turn = heapq.heappop(self._due)
            self.at = max(self.at, moment)
            self._is_over.clear()
            turn.set()
            self._is_over.wait()

    def start(self, job: Callable[[], object]) -> None:
        """Start one more job beside the running ones."""
        self._start_next(iter([job]))

    def _start_next(self, waiting: Iterator[Callable[[], object]]) -> None:
        job = next(waiting, None)
        if job is None:
            return
        turn = Event()

        def work() -> None:
            self._own.turn = turn
            turn.wait()
            turn.clear()
            try:
                job()
            finally:
                self._start_next(waiting)
                self._is_over.set()

        self._wait_for(turn, self.at)
        Thread(target=work, daemon=True).start()

    def _wait_for(self, turn: Event, moment: float) -> None:
        self._turns += 1
        heapq.heappush(self._due, (moment, self._turns, turn))
