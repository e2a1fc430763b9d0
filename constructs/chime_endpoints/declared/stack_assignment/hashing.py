"""The assignment of entries to stacks. It depends only on an entry's key and the number of stacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import count, takewhile

_COMPARED = 100
"""Up to this number of stacks, the digests of all stacks are compared. Beyond it, that would take too long."""


def stack_number(key: str, stacks: int) -> int:
    """Return the number of an entry's stack, from 0.

    If one stack is added, an entry stays in its stack or moves to the new one.
    """
    encoded = key.encode()
    number = _compared(encoded, min(stacks, _COMPARED))
    return max([number, *takewhile(lambda further: further < stacks, _further(encoded))])


class IncrementalAssignment:
    """The stacks of entries for an increasing number of stacks, computed incrementally."""

    def __init__(self, keys: Sequence[str], stacks: int) -> None:
        """Assign entries with these keys to the given number of stacks."""
        self._keys = [key.encode("utf-8", "surrogatepass") for key in keys]
        self.stacks = 0
        self.numbers = [0] * len(keys)
        """The number of the stack of each key."""
        self._digests = [b""] * len(keys)
        self._further = [_further(key) for key in self._keys]
        self._coming: dict[int, list[int]] = {}
        """The indexes of the keys that move to each stack from number 100 on when it is added."""
        while self.stacks < stacks:
            self.add_stack()

    def add_stack(self) -> None:
        """Add a stack and reassign the entries."""
        number = self.stacks
        if number < _COMPARED:
            self._compare(number)
        elif number == _COMPARED:
            for place in range(len(self._keys)):
                self._await(place)
        for place in self._coming.pop(number, ()):
            self.numbers[place] = number
            self._await(place)
        self.stacks += 1

    def _compare(self, number: int) -> None:
        prefix = b"%d " % number
        digests, numbers = self._digests, self.numbers
        for place, key in enumerate(self._keys):
            digest = sha256(prefix + key).digest()
            if digest > digests[place]:
                digests[place] = digest
                numbers[place] = number

    def _await(self, place: int) -> None:
        self._coming.setdefault(next(self._further[place]), []).append(place)


def _compared(key: bytes, stacks: int) -> int:
    """Return the stack whose digest with the key is the greatest (rendezvous hashing)."""
    return max(range(stacks), key=lambda number: sha256(b"%d " % number + key).digest())


def _further(key: bytes) -> Iterator[int]:
    """Yield the stacks from number 100 on that an entry moves to as they are added.

    This is jump consistent hashing (Lamping and Veach, 2014), starting where the comparison of digests ends. Entries
    are distributed evenly, and each moves only to a newly added stack.
    """
    stacks = _COMPARED
    for turn in count():
        digest = sha256(b"further %d " % turn + key).digest()
        fraction = (int.from_bytes(digest[:8]) + 1) / 2**64  # over 0 and at most 1
        stacks = int(stacks / fraction) + 1
        yield stacks - 1
