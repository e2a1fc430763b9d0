"""The entries of a file spread over its stacks, and how many stacks they need."""

from __future__ import annotations

from collections.abc import Sequence

from .assignment import Moving
from .entry import Entry
from .fields import MOST_STACKS
from .usage import STACK_QUOTA, usage

RESERVE = 0.1
"""The share of each quota that the advised number of stacks leaves free in each stack."""


def spread(entries: Sequence[Entry], stacks: int) -> list[list[Entry]]:
    """The entries of each stack, in the order of the file."""
    return _shares(entries, Moving([entry.identity for entry in entries], stacks))


def exceeded(shares: Sequence[Sequence[Entry]], paths: Sequence[str] = (), *, reserve: float = 0) -> str | None:
    """What is too much in one of the stacks, the fullest first; None if all of them fit.

    Args:
        shares: the entries of each stack.
        paths: the paths of parameters that are allowed as a whole.
        reserve: the share of each quota that is to be left free.
    """
    fullest_first = sorted(shares, key=len, reverse=True)
    found = (usage(share, paths).exceeded(reserve=reserve) for share in fullest_first if share)
    return next(filter(None, found), None)


def stacks_needed(entries: Sequence[Entry], more_than: int, paths: Sequence[str] = ()) -> int | None:
    """The smallest number of stacks in which the entries leave a tenth of each quota free.

    Args:
        entries: the file's entries.
        more_than: the number of stacks that does not do.
        paths: the paths of parameters that are allowed as a whole.

    Returns:
        The number; None if no number of stacks does.
    """
    at_least = int(len(entries) / (STACK_QUOTA * (1 - RESERVE)))
    moving = Moving([entry.identity for entry in entries], max(more_than, at_least))
    while moving.stacks < MOST_STACKS:
        moving.add_stack()
        if exceeded(_shares(entries, moving), paths, reserve=RESERVE) is None:
            return moving.stacks
    return None


def _shares(entries: Sequence[Entry], moving: Moving) -> list[list[Entry]]:
    shares: list[list[Entry]] = [[] for _ in range(moving.stacks)]
    for entry, number in zip(entries, moving.numbers, strict=True):
        shares[number].append(entry)
    return shares
