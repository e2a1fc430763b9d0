"""The distribution of secrets and parameters over the role's policies, without CDK so that `validate` can use it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import chain

from .statements import MANAGED_QUOTA, Statement, allow, characters, length

INLINE_ROOM = 2_500
"""The share of the inline quota, in characters, that the first list can use."""
_BRACKETS = 2  # around the resources of a statement that has several


class ReadList:
    """The resources that one policy allows reading, limited by the policy's size."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._resources: dict[str, list[str]] = {}
        self._size = characters([])

    def statements(self) -> list[Statement]:
        """Return one statement for each action."""
        return [allow([action], resources) for action, resources in sorted(self._resources.items())]

    def resources(self) -> Iterator[str]:
        """Iterate over all resources that the policy allows reading."""
        return chain.from_iterable(self._resources.values())

    def add_if_room(self, action: str, resource: str) -> bool:
        """Allow an action on a resource, unless the policy would become too long.

        The size is updated with each addition instead of recomputed, because a list can be very long.
        """
        size = self._size + self._cost(action, resource)
        if size > self._room and self._resources:
            return False
        self._size = size
        self._resources.setdefault(action, []).append(resource)
        return True

    def _cost(self, action: str, resource: str) -> int:
        there = self._resources.get(action)
        if there is None:
            alone = characters([allow([action], [resource])]) - characters([])
            return alone + 1 if self._resources else alone
        return length(resource) + len('"",') + (_BRACKETS if len(there) == 1 else 0)


class ReadLists:
    """A short list for an inline policy, followed by lists for managed policies, without duplicates.

    Entries are only added at the end, so that a further secret or parameter changes only one policy.
    """

    def __init__(self) -> None:
        self._lists: list[ReadList] = []
        self._places: dict[tuple[str, Hashable], int] = {}

    def place(self, action: str, resource: str, key: Hashable) -> int:
        """Return the index of the list that allows an action on a resource. Add it if necessary.

        Args:
            action: the action.
            resource: the resource, which may be a CDK token.
            key: a key that is equal for all forms of the same resource.
        """
        if (action, key) not in self._places:
            if not self._lists or not self._lists[-1].add_if_room(action, resource):
                self._lists.append(ReadList(MANAGED_QUOTA if self._lists else INLINE_ROOM))
                self._lists[-1].add_if_room(action, resource)
            self._places[action, key] = len(self._lists) - 1
        return self._places[action, key]

    def resources(self) -> Iterator[str]:
        """Iterate over all resources that the policies allow reading."""
        return (resource for each in self._lists for resource in each.resources())

    def __getitem__(self, number: int) -> ReadList:
        return self._lists[number]

    def __len__(self) -> int:
        return len(self._lists)

    @property
    def managed(self) -> int:
        """The number of managed policies."""
        return max(0, len(self._lists) - 1)
