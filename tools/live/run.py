"""One run of the suite, and the names of what it creates: leftovers are found, and nothing else is, by these names."""

from __future__ import annotations

import re
import secrets
import string
import time
from dataclasses import dataclass
from typing import Self

PREFIX = "chime-endpoints-live-"
TAG = "chime-endpoints-live"
"""The tag of what can have tags; its value is the run."""

_DIGITS = string.digits + string.ascii_lowercase
_NAME = re.compile(rf"{PREFIX}([0-9a-z]{{6}}[0-9a-z]{{3}})(?:-[0-9a-z-]+)?")


@dataclass(frozen=True)
class Run:
    """A run of the suite."""

    key: str
    """Nine letters and digits: when the run began, and three random ones."""

    @classmethod
    def new(cls) -> Self:
        """Return a run that begins now."""
        now, written = int(time.time()), ""
        while now:
            now, digit = divmod(now, len(_DIGITS))
            written = _DIGITS[digit] + written
        return cls(written + "".join(secrets.choice(_DIGITS) for _ in range(3)))

    @classmethod
    def of(cls, name: str) -> Self | None:
        """Return the run that created what has this name, or None if no run did."""
        found = _NAME.fullmatch(name)
        return None if found is None else cls(found[1])

    @property
    def began(self) -> float:
        """When the run began, in seconds since the epoch."""
        return float(int(self.key[:6], len(_DIGITS)))

    def name(self, thing: str) -> str:
        """Return the name of a thing of this run. The longest, a bucket's, may have 63 characters."""
        return f"{PREFIX}{self.key}-{thing}"

    @property
    def tags(self) -> dict[str, str]:
        """The tags of what this run creates."""
        return {TAG: self.key}
