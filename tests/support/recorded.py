"""Texts in files, so that no word changes by accident."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def assert_as_recorded(lines: Iterable[str], path: Path) -> None:
    """The lines equal those of the file. For an intended change, RECORD=1 writes them first."""
    told = "\n".join(lines) + "\n"
    if "RECORD" in os.environ:
        path.write_text(told, encoding="utf-8")
    assert told == path.read_text(encoding="utf-8")
