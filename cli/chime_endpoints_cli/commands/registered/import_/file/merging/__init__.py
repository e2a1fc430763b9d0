"""Adds entries to the text of a declaration; the rest of the text stays unchanged, character by character."""

from .text import merged

__all__ = ["merged"]
