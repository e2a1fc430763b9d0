"""The distribution of entries over stacks, and the number of stacks that they need."""

from __future__ import annotations

from collections.abc import Sequence

from chime_endpoints.declared.entries.entry import Entry
from chime_endpoints.declared.entries.fields import MOST_STACKS

from .hashing import IncrementalAssignment
from .usage import STACK_QUOTA, usage

RESERVE = 0.1
"""The share of each quota that the advised number of stacks leaves free in each stack."""


def assign_to_stacks(entries: Sequence[Entry], stacks: int) -> list[list[Entry]]:
    """Return the entries of each stack, in the order of the file."""
    return _shares(entries, IncrementalAssignment([entry.identity for entry in entries], stacks))


def exceeded_quota(shares: Sequence[Sequence[Entry]], paths: Sequence[str] = (), *, reserve: float = 0) -> str | None:
    """Return the first exceeded quota, checking the fullest stack first, or None if all stacks fit.

    Args:
        shares: the entries of each stack.
        paths: the parameter paths that are allowed as a whole.
        reserve: the share of each quota to leave free.
    """
    fullest_first = sorted(shares, key=len, reverse=True)
    found = (usage(share, paths).exceeded(reserve=reserve) for share in fullest_first if share)
    return next(filter(None, found), None)


def stacks_needed(entries: Sequence[Entry], more_than: int, paths: Sequence[str] = ()) -> int | None:
    """Return the smallest number of stacks with which the entries leave a tenth of each quota free.

    Args:
        entries: the file's entries.
        more_than: a number of stacks that is known to be too small.
        paths: the parameter paths that are allowed as a whole.

    Returns:
        The number, or None if no number of stacks is enough.
    """
    at_least = int(len(entries) / (STACK_QUOTA * (1 - RESERVE)))
    assignment = IncrementalAssignment([entry.identity for entry in entries], max(more_than, at_least))
    while assignment.stacks < MOST_STACKS:
        assignment.add_stack()
        if exceeded_quota(_shares(entries, assignment), paths, reserve=RESERVE) is None:
            return assignment.stacks
    return None


def _shares(entries: Sequence[Entry], assignment: IncrementalAssignment) -> list[list[Entry]]:
    shares: list[list[Entry]] = [[] for _ in range(assignment.stacks)]
    for entry, number in zip(entries, assignment.numbers, strict=True):
        shares[number].append(entry)
    return shares
