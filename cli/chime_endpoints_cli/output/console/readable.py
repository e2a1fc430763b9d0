"""Escapes untrusted text, such as an endpoint's name, so that it cannot manipulate a terminal."""

from __future__ import annotations

import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that are invisible or reorder text: controls, formats, surrogates, line separators."""
_JOINERS = frozenset("\u200c\u200d\ufe0f")
"""Joiners, which some languages and emoji need."""


def readable(text: str) -> str:
    """Return the text with every invisible character replaced by Python's escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character in _JOINERS or unicodedata.category(character) not in _HIDDEN:
        return character
    return character.encode("unicode_escape").decode("ascii")
