"""CloudFormation's logical ids as CDK derives them from construct paths, without CDK."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from hashlib import md5, sha256

_HIDDEN = "Default"
_HIDDEN_FROM_READERS = "Resource"
_LONGEST_READABLE = 240
_LONGEST_PLAIN = 255


def logical_id(path: Sequence[str]) -> str:
    """Return the logical id of the resource with this construct path in its stack (CDK's `makeUniqueId`)."""
    parts = [part for part in path if part != _HIDDEN]
    if len(parts) == 1 and len(plain := _plain(parts[0])) <= _LONGEST_PLAIN and plain == parts[0]:
        return plain
    unique = md5("/".join(parts).encode(), usedforsecurity=False).hexdigest()[:8].upper()
    readable = "".join(_plain(part) for part in _without_repetitions(parts) if part != _HIDDEN_FROM_READERS)
    return readable[:_LONGEST_READABLE] + unique


def digest(key: str) -> str:
    """Return a digest of a key, eight characters long, for use in a construct's id."""
    return sha256(key.encode()).hexdigest()[:8]


def _plain(part: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", part)


def _without_repetitions(parts: Iterable[str]) -> list[str]:
    kept: list[str] = []
    for part in parts:
        if not kept or not kept[-1].endswith(part):
            kept.append(part)
    return kept
