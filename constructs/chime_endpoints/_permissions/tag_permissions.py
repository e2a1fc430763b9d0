"""The policy that allows tagging exactly the tagged identities of a stack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aws_cdk import aws_iam as iam
from constructs import Construct

from chime_endpoints._cdk import acknowledged
from chime_endpoints._cdk.lazy import lazy_any, lazy_string
from chime_endpoints._cdk.logical_ids import digest
from chime_endpoints._iam.inline_policies import name_of
from chime_endpoints._iam.statements import Statement, document, for_tags


@dataclass(frozen=True, kw_only=True)
class Taggable:
    """An identity that might have tags when the template is written."""

    arn: str
    key: str
    wide: str
    """The resource to allow instead if the list is too long: for a user, all users of its app instance."""
    is_tagged: Callable[[], bool]


class TagPermissions(iam.CfnPolicy):
    """A policy whose logical id depends on its content. It is in the template only if an identity has tags.

    If the list of tagged identities changes, the policy becomes a new resource. CloudFormation creates the new policy,
    removes the tags that are no longer declared, and then deletes the old policy. The tags can therefore still be
    removed. Both policies exist at the same time, so they must fit IAM's quota together. If the list is too long, the
    policy allows all users of the app instances, on which the function can act for endpoints anyway.
    """

    def __init__(self, scope: Construct, *, role: iam.IRole) -> None:
        """Create the policy for the identities passed to `add`."""
        self._taggable: list[Taggable] = []
        super().__init__(
            scope,
            "Tagging",
            policy_name=lazy_string(lambda: f"{name_of(scope, 'Tagging')}{self._digest()}"),
            policy_document=lazy_any(lambda: document(self.statements())),
            roles=[role.role_name],
        )
        self.override_logical_id(lazy_string(lambda: f"ChimePermissionsTagging{self._digest()}"))
        acknowledged.wildcards(self, self._wide, acknowledged.USERS)

    def add(self, taggable: Taggable) -> None:
        """Allow tagging an identity if it has tags when the template is written."""
        self._taggable.append(taggable)

    def statements(self) -> list[Statement]:
        """Return the statements, or an empty list if no identity has tags."""
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
