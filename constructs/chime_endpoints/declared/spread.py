"""Which stack an entry is in, so that other entries may come and go without moving it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256

from .entry import Entry

STACK_QUOTA = 500
"""Resources that a stack may have (CloudFormation's quotas)."""
TEMPLATE_QUOTA = 1_000_000
"""Bytes that a template may have (likewise: 1 MB)."""
_PROVIDER = 20  # the function, its role, log group and policies that do not follow from entries, generously
_PROVIDER_BYTES = 30_000  # likewise
_ENDPOINT_BYTES = 900  # of an endpoint beside its properties, its share of the policies included, generously
_TAGS_BYTES = 800  # of a user's tags beside the tags themselves
_TAG_BYTES = 80  # of a tag beside its key and value


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


def template_bytes(entries: Sequence[Entry]) -> int:
    """At most so many bytes has the template of entries in one stack."""
    size = _PROVIDER_BYTES
    tags: dict[str, dict[str, str]] = {}
    for entry in entries:
        declaration = entry.declaration
        size += _ENDPOINT_BYTES + 3 * len(entry.key) + _bytes(declaration.to_properties())
        if entry.tags:
            tags.setdefault(declaration.app_instance_user_arn, {}).update(entry.tags)
    for user, of_user in tags.items():
        size += _TAGS_BYTES + len(user) + _TAG_BYTES * len(of_user) + _bytes(of_user)
    return size


def stacks_needed(entries: Sequence[Entry], stacks: int) -> int:
    """A number of stacks that holds the entries, with room for about as many again."""

    def is_half_full(share: Sequence[Entry]) -> bool:
        return resources(share) > STACK_QUOTA // 2 or template_bytes(share) > TEMPLATE_QUOTA // 2

    while any(map(is_half_full, spread(entries, stacks))):
        stacks += 1
    return stacks


def _bytes(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
