"""Which policy of the role allows to read a secret or a parameter: known without CDK, for `validate`."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import chain

from .statements import MANAGED_QUOTA, Statement, allow, characters, length

INLINE_ROOM = 2_500
"""Characters of the inline quota for the first list."""
_BRACKETS = 2  # around the resources of a statement that has several


class ReadingList:
    """What one policy allows to read, within the characters that it may have."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._resources: dict[str, list[str]] = {}
        self._size = characters([])

    def statements(self) -> list[Statement]:
        """What is allowed: one statement for each action."""
        return [allow([action], resources) for action, resources in sorted(self._resources.items())]

    def resources(self) -> Iterator[str]:
        """Everything that is allowed to be read."""
        return chain.from_iterable(self._resources.values())

    def add_if_room(self, action: str, resource: str) -> bool:
        """Allows an action on a resource, unless the policy would become too long.

        What the policy has of characters is reckoned from what is added, since a list may be very long.
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


class ReadingLists:
    """A short list for an inline policy, and what is beyond it for managed ones; what is asked for twice is there once.

    A list only ever grows at its end, so that another secret or parameter changes one policy.
    """

    def __init__(self) -> None:
        self._lists: list[ReadingList] = []
        self._places: dict[tuple[str, Hashable], int] = {}

    def place(self, action: str, resource: str, key: Hashable) -> int:
        """The number of the list that allows an action on a resource, from 0.

        Args:
            action: the action.
            resource: the resource, perhaps as a CDK token.
            key: the same for everything that means this resource.
        """
        if (action, key) not in self._places:
            if not self._lists or not self._lists[-1].add_if_room(action, resource):
                self._lists.append(ReadingList(MANAGED_QUOTA if self._lists else INLINE_ROOM))
                self._lists[-1].add_if_room(action, resource)
            self._places[action, key] = len(self._lists) - 1
        return self._places[action, key]

    def resources(self) -> Iterator[str]:
        """Everything that is allowed to be read."""
        return (resource for each in self._lists for resource in each.resources())

    def __getitem__(self, number: int) -> ReadingList:
        return self._lists[number]

    def __len__(self) -> int:
        return len(self._lists)

    @property
    def managed(self) -> int:
        """The number of managed policies."""
        return max(0, len(self._lists) - 1)
