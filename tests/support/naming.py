"""Test names that a command line can select."""

from __future__ import annotations


def plain(text: object) -> str:
    """Any text as part of a test's name: pytest cannot select a name with a backslash."""
    return ascii(text).replace("\\", "")[:60]
