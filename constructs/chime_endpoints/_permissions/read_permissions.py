"""The policies that allow reading the declared secrets and parameters, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from aws_cdk import Aws, CfnResource
from aws_cdk import aws_iam as iam
from constructs import Construct

from chime_endpoints._cdk.identity import key_of
from chime_endpoints._cdk.lazy import lazy_any
from chime_endpoints._iam.inline_policies import name_of
from chime_endpoints._iam.read_lists import ReadLists
from chime_endpoints._iam.statements import Statement, characters, document, rollback_statement
from chime_endpoints.device_token import Access


class ReadPermissions:
    """A role's permissions to read: a short inline policy first, then managed policies for the rest."""

    def __init__(self, scope: Construct, *, role: iam.IRole) -> None:
        self._scope = scope
        self._role = role
        self._lists = ReadLists()
        self._policies: list[CfnResource] = []

    def allow(self, accesses: Iterable[Access]) -> list[CfnResource]:
        """Grant accesses.

        Returns:
            The policies that contain them, without duplicates.
        """
        return list(dict.fromkeys(self._policy(access) for access in accesses))

    def inline_characters(self) -> int:
        """Return the size of the inline policy in characters."""
        return characters(self._statements(0)) if self._policies else 0

    @property
    def managed(self) -> int:
        """The number of managed policies."""
        return self._lists.managed

    def _policy(self, access: Access) -> CfnResource:
        key = key_of(access.resource, scope=self._scope)
        number = self._lists.place(access.action, access.resource, key)
        if number == len(self._policies):
            self._policies.append(self._inline() if number == 0 else self._managed(number))
        return self._policies[number]

    def _statements(self, number: int) -> list[Statement]:
        """Return a list's statements. The first list also has the statement that a rollback needs."""
        statements = self._lists[number].statements()
        return statements if number else [*statements, rollback_statement(Aws.STACK_ID)]

    def _document(self, number: int) -> dict[str, object]:
        return document(self._statements(number))

    def _inline(self) -> CfnResource:
        return iam.CfnPolicy(
            self._scope,
            "Reading",
            policy_name=name_of(self._scope, "Reading"),
            policy_document=lazy_any(partial(self._document, 0)),
            roles=[self._role.role_name],
        )

    def _managed(self, number: int) -> CfnResource:
        return iam.CfnManagedPolicy(
            self._scope,
            f"Reading{number}",
            policy_document=lazy_any(partial(self._document, number)),
            roles=[self._role.role_name],
        )
