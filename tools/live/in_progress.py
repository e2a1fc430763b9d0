"""Which runs of this clone are in progress: each holds the lock of a file, which ends with its process."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .run import Run

_DIRECTORY = Path(".local") / "live"
_LONGEST_RUN = 3600.0
"""Seconds after which a run of another clone cannot be in progress."""


@contextmanager
def in_progress(run: Run) -> Iterator[None]:
    """Mark a run as in progress. The mark of a process that was killed stays, without its lock."""
    _DIRECTORY.mkdir(parents=True, exist_ok=True)
    path = _DIRECTORY / run.key
    with path.open("w") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        yield
    path.unlink()


def has_ended(run: Run) -> bool:
    """Whether a run cannot be in progress: its process in this clone has ended, or it is too old."""
    if time.time() - run.began > _LONGEST_RUN:
        return True
    try:
        with (_DIRECTORY / run.key).open() as mark:
            fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # it is locked, or it is a run of another clone
        return False
    return True
