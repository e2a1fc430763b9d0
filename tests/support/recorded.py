"""Texts that are kept in a file, so that no word of them changes by accident."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def assert_as_recorded(lines: Iterable[str], path: Path) -> None:
    """The lines are those of the file; with RECORD=1 they are written there first, where a change is meant."""
    told = "\n".join(lines) + "\n"
    if "RECORD" in os.environ:
        path.write_text(told, encoding="utf-8")
    assert told == path.read_text(encoding="utf-8")
