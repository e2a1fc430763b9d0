"""Entries added to the text of a declaration; everything else in the text stays as it is, to the character."""

from .text import merged

__all__ = ["merged"]
