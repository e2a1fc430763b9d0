"""Names of tests that a command line can select."""

from __future__ import annotations


def plain(text: object) -> str:
    """Any text as a part of a test's name: pytest does not find again what has a backslash in it."""
    return ascii(text).replace("\\", "")[:60]
