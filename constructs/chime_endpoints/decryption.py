"""The key of a parameter, found the way CDK itself grants it."""

from __future__ import annotations

from collections.abc import Iterator

import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from constructs import DependencyGroup


def key_arns(parameter: ssm.IStringParameter, role: iam.IPrincipal) -> Iterator[str]:
    """The ARNs of the keys that a role must be allowed to decrypt with in order to read a parameter.

    A parameter tells its key only to whom it is granted to. It is granted to a principal that stands for the role and
    notes the statements, since what is granted belongs in the policies that `permissions` keeps.
    """
    if parameter.parameter_type != "SecureString":
        return
    note = _RolesStatements(role)
    parameter.grant_read(note)
    for statement in note.statements:
        if "kms:Decrypt" in statement.actions:
            yield from statement.resources


@jsii.implements(iam.IPrincipal)
class _RolesStatements:
    def __init__(self, role: iam.IPrincipal) -> None:
        self._role = role
        self.statements: list[iam.PolicyStatement] = []

    @property
    def grant_principal(self) -> iam.IPrincipal:
        return self

    @property
    def assume_role_action(self) -> str:
        return self._role.assume_role_action

    @property
    def policy_fragment(self) -> iam.PrincipalPolicyFragment:
        return self._role.policy_fragment

    @property
    def principal_account(self) -> str | None:
        return self._role.principal_account

    def add_to_principal_policy(self, statement: iam.PolicyStatement) -> iam.AddToPrincipalPolicyResult:
        self.statements.append(statement)
        return iam.AddToPrincipalPolicyResult(statement_added=True, policy_dependable=DependencyGroup())

    def add_to_policy(self, statement: iam.PolicyStatement) -> bool:
        return bool(self.add_to_principal_policy(statement).statement_added)
