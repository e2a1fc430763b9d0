"""The policies that allow to read exactly the declared secrets and parameters, however many there are."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import CfnResource
from aws_cdk import aws_iam as iam
from constructs import Construct

from .device_token import Access
from .identity import key_of
from .later import any_later
from .policies import MANAGED_QUOTA, Statement, allow, characters, document, name_of, rollback_statement

MANAGED_POLICIES_QUOTA = 10
"""Managed policies that one role may have (IAM's quotas; AWS raises it to 20 on request)."""
_INLINE_ROOM = 2_500  # of the 10,240 characters that a role's inline policies have together


class Reading:
    """Keeps a role's permissions to read: a short list in an inline policy, what is beyond it in managed ones."""

    def __init__(self, scope: Construct, *, role: iam.IRole) -> None:
        self._scope = scope
        self._role = role
        self._lists: list[_List] = []
        self._holders: dict[tuple[str, str], CfnResource] = {}

    def allow(self, accesses: Iterable[Access]) -> list[CfnResource]:
        """Allows accesses.

        Returns:
            The policies that hold them, each once.
        """
        holders = (self._holder(access) for access in accesses)
        return list(dict.fromkeys(holders))

    def inline_characters(self) -> int:
        """What the inline policy has of characters."""
        return characters(self._lists[0].held()) if self._lists else 0

    def problems(self) -> list[str]:
        """What is wrong when all is declared."""
        managed = len(self._lists) - 1
        if managed <= MANAGED_POLICIES_QUOTA:
            return []
        problem = (
            f"The declared secrets and parameters need {managed} managed policies, and IAM allows a role"
            f" {MANAGED_POLICIES_QUOTA}. Spread the endpoints over stacks with providers of their own,"
            " or put several device tokens into the fields of one secret."
        )
        return [problem]

    def _holder(self, access: Access) -> CfnResource:
        key = (access.action, key_of(access.resource, scope=self._scope))
        if key not in self._holders:
            if not self._lists or not self._lists[-1].has_room_for(access):
                self._lists.append(self._new_list())
            self._lists[-1].add(access)
            self._holders[key] = self._lists[-1].policy
        return self._holders[key]

    def _new_list(self) -> _List:
        number = len(self._lists)
        if number == 0:
            return _InlineList(self._scope, self._role)
        return _ManagedList(self._scope, self._role, number)


class _List:
    """One policy of a growing list."""

    policy: CfnResource
    room: int

    def __init__(self) -> None:
        self._resources: dict[str, list[str]] = {}

    def statements(self) -> list[Statement]:
        return [allow([action], resources) for action, resources in sorted(self._resources.items())]

    def held(self) -> list[Statement]:
        return self.statements()

    def has_room_for(self, access: Access) -> bool:
        more = [*self.statements(), allow([access.action], [access.resource])]
        return characters(more) <= self.room

    def add(self, access: Access) -> None:
        self._resources.setdefault(access.action, []).append(access.resource)

    def _document(self) -> dict[str, object]:
        return document(self.held())


class _InlineList(_List):
    """The first list. Beside it stands what a rollback asks CloudFormation, where a token cannot be read as before."""

    room = _INLINE_ROOM

    def __init__(self, scope: Construct, role: iam.IRole) -> None:
        super().__init__()
        self.policy = iam.CfnPolicy(
            scope,
            "Reading",
            policy_name=name_of(scope, "Reading"),
            policy_document=any_later(self._document),
            roles=[role.role_name],
        )

    def held(self) -> list[Statement]:
        return [*self.statements(), rollback_statement()]


class _ManagedList(_List):
    room = MANAGED_QUOTA

    def __init__(self, scope: Construct, role: iam.IRole, number: int) -> None:
        super().__init__()
        self.policy = iam.CfnManagedPolicy(
            scope,
            f"Reading{number}",
            policy_document=any_later(self._document),
            roles=[role.role_name],
        )
