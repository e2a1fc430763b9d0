"""The policy that allows to tag exactly the tagged identities of a stack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aws_cdk import aws_iam as iam
from constructs import Construct

from . import acknowledged
from .identity import digest
from .later import any_later, text_later
from .policies import name_of
from .statements import Statement, document, for_tags


@dataclass(frozen=True, kw_only=True)
class Taggable:
    """An identity that may turn out to be tagged."""

    arn: str
    key: str
    wide: str
    """What is allowed in its place when the list is too long: for a user, the users of its app instance."""
    is_tagged: Callable[[], bool]


class TagPermissions(iam.CfnPolicy):
    """A policy that is in the template only when something is tagged, under an id that follows from what it allows.

    An identity that is no longer tagged makes it another resource: CloudFormation makes that one first, then removes
    the tags that are no longer declared, and this one last, so that removing them is allowed. Both are there for that
    while and have to fit IAM's quota together. A list too long for that becomes the users of the app instances, on
    which the function may act for endpoints anyway.
    """

    def __init__(self, scope: Construct, *, role: iam.IRole) -> None:
        """Makes the policy for what `add` is going to name."""
        self._taggable: list[Taggable] = []
        super().__init__(
            scope,
            "Tagging",
            policy_name=text_later(lambda: f"{name_of(scope, 'Tagging')}{self._digest()}"),
            policy_document=any_later(lambda: document(self.statements())),
            roles=[role.role_name],
        )
        self.override_logical_id(text_later(lambda: f"ChimePermissionsTagging{self._digest()}"))
        acknowledged.wildcards(self, self._wide, acknowledged.USERS)

    def add(self, taggable: Taggable) -> None:
        """Allows to tag an identity if it is tagged when the template is written."""
        self._taggable.append(taggable)

    def statements(self) -> list[Statement]:
        """What is allowed: nothing unless something is tagged."""
        tagged = [each for each in self._taggable if each.is_tagged()]
        if not tagged:
            return []
        return for_tags([each.arn for each in tagged], self._wide())

    def _wide(self) -> list[str]:
        return sorted({each.wide for each in self._taggable if each.is_tagged()})

    def _digest(self) -> str:
        return digest("\n".join(sorted(each.key for each in self._taggable if each.is_tagged())))

    def _should_synthesize(self) -> bool:
        return any(each.is_tagged() for each in self._taggable)
