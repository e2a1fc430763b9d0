"""Which stack an entry is in. It follows from the entry's key and the number of stacks, and never changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import count, takewhile

_COMPARED = 100
"""Up to so many stacks, the digests of all of them are compared; beyond that it would take too long."""


def stack_of(key: str, stacks: int) -> int:
    """The number of an entry's stack, from 0.

    With one stack more, an entry stays where it is or moves to the new one.
    """
    encoded = key.encode()
    number = _compared(encoded, min(stacks, _COMPARED))
    return max([number, *takewhile(lambda further: further < stacks, _further(encoded))])


class Moving:
    """Entries' stacks for one number of stacks after the other, without doing the work of the last one again."""

    def __init__(self, keys: Sequence[str], stacks: int) -> None:
        """Assigns entries of these keys to so many stacks."""
        self._keys = [key.encode("utf-8", "surrogatepass") for key in keys]
        self.stacks = 0
        self.numbers = [0] * len(keys)
        """For each key, the number of its stack."""
        self._digests = [b""] * len(keys)
        self._further = [_further(key) for key in self._keys]
        self._coming: dict[int, list[int]] = {}
        """Which keys, by their places, move to a stack of 100 and more when it is added."""
        while self.stacks < stacks:
            self.add_stack()

    def add_stack(self) -> None:
        """Goes on to one stack more."""
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
    """Rendezvous hashing: the stack whose digest with the key is the greatest."""
    return max(range(stacks), key=lambda number: sha256(b"%d " % number + key).digest())


def _further(key: bytes) -> Iterator[int]:
    """The stacks from 100 on that an entry moves to when they are added, one after the other.

    Jump consistent hashing (Lamping and Veach, 2014), begun where comparing ends: of n stacks, an entry is as likely
    in each, and moves to none but the new one.
    """
    stacks = _COMPARED
    for turn in count():
        digest = sha256(b"further %d " % turn + key).digest()
        fraction = (int.from_bytes(digest[:8]) + 1) / 2**64  # over 0 and at most 1
        stacks = int(stacks / fraction) + 1
        yield stacks - 1
