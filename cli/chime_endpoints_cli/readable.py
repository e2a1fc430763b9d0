"""Text of somebody else's, such as an endpoint's name, as it may stand on a terminal: it forges and moves nothing."""

from __future__ import annotations

import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of Unicode that show nothing or reorder what is shown: controls, formats, surrogates, line separators."""
_JOINERS = frozenset("\u200c\u200d\ufe0f")
"""These belong to words of some languages and to emoji."""


def readable(text: str) -> str:
    """The text with every character that is not plainly visible as the escape that Python writes for it."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character in _JOINERS or unicodedata.category(character) not in _HIDDEN:
        return character
    return character.encode("unicode_escape").decode("ascii")
