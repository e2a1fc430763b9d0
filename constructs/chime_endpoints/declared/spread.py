"""Which stack an entry is in, so that other entries may come and go without moving it."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from .entry import Entry

STACK_QUOTA = 500
"""Resources that a stack may have (CloudFormation's quotas)."""
_PROVIDER = 20  # the function, its role, log group and policies that do not follow from entries, generously


def stack_of(key: str, stacks: int) -> int:
    """The number of an entry's stack, from 0.

    It follows from the entry's key and the number of stacks alone. With one stack more, an entry stays where it is
    or moves to the new one (rendezvous hashing).
    """
    return max(range(stacks), key=lambda number: sha256(f"{number} {key}".encode()).digest())


def spread(entries: Sequence[Entry], stacks: int) -> list[list[Entry]]:
    """The entries of each stack, in the order of the file."""
    shares: list[list[Entry]] = [[] for _ in range(stacks)]
    for entry in entries:
        shares[stack_of(entry.key, stacks)].append(entry)
    return shares


def resources(entries: Sequence[Entry]) -> int:
    """At most so many resources come of entries in one stack."""
    tagged = {entry.declaration.app_instance_user_arn for entry in entries if entry.tags}
    app_instances = {entry.declaration.app_instance_user_arn.partition("/user/")[0] for entry in entries}
    applications = {entry.declaration.resource_arn for entry in entries}
    return len(entries) + len(tagged) + len(app_instances) + len(applications) + _PROVIDER


def stacks_needed(entries: Sequence[Entry], stacks: int) -> int:
    """A number of stacks that holds the entries, with room for about as many again."""
    while max(map(resources, spread(entries, stacks))) > STACK_QUOTA // 2:
        stacks += 1
    return stacks
