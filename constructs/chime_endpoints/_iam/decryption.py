"""The KMS key of a parameter, found through CDK's own grant."""

from __future__ import annotations

from collections.abc import Iterator

import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_ssm as ssm
from constructs import DependencyGroup


def key_arns(parameter: ssm.IStringParameter, role: iam.IPrincipal) -> Iterator[str]:
    """Yield the ARNs of the keys that a role needs to decrypt a parameter.

    A parameter exposes its key only in the statements of a grant. The grant goes to a stand-in for the role that
    collects the statements, because `permissions` writes the role's policies itself.
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
