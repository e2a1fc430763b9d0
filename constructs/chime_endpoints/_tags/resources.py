"""The custom resources that tag one identity each. They are in the template only if there are tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import CfnResource
from constructs import Construct

from chime_endpoints._cdk.identity import app_instance_of, key_of
from chime_endpoints._cdk.unresolved import is_unresolved
from chime_endpoints._permissions.permissions import Permissions
from chime_endpoints._permissions.tag_permissions import Taggable
from chime_endpoints_handler.model.declaration import TAGS_TYPE, TagsDeclaration

from .report import TagReport
from .union import TagUnion


class TagsResources(Construct):
    """The parent construct of one provider's custom resources for tags.

    It does once what all of them need: they depend on the policy that allows tagging, and they are validated after all
    tags are known.
    """

    def __init__(self, scope: Construct, id: str, *, permissions: Permissions) -> None:  # noqa: A002 - CDK's own name
        """Create the parent construct for resources of the permissions' provider."""
        super().__init__(scope, id)
        self.permissions = permissions
        # A dependency on the construct: whether the policy is in the template is known only at the end.
        self.node.add_dependency(*permissions.tag_policies())

    def add(self, resource_id: str, union: TagUnion) -> TagsResource:
        """Create the resource that applies a union's tags to its identity."""
        resource = TagsResource(self, resource_id, union=union)
        TagReport.of(union.stack).check_later(self, union)
        if role_arn := union.assumed_role.get("assumed_role_arn"):
            resource.node.add_dependency(*self.permissions.for_tags_by(role_arn))
            return resource
        is_user = "/user/" in union.arn or is_unresolved(union.arn)
        self.permissions.allow_tagging(
            Taggable(
                arn=union.arn,
                key=key_of(union.arn, scope=self),
                wide=f"{app_instance_of(union.arn)}/user/*" if is_user else union.arn,
                is_tagged=lambda: resource.is_tagged,
            )
        )
        return resource


class TagsResource(CfnResource):
    """`Custom::ChimeIdentityTags`."""

    def __init__(self, scope: TagsResources, id: str, *, union: TagUnion) -> None:  # noqa: A002 - CDK's own name
        """Create the resource for the tags that the union will have."""
        self.union = union
        self._service = scope.permissions.service_properties
        self._is_left_out = False
        super().__init__(scope, id, type=TAGS_TYPE)

    @property
    def is_tagged(self) -> bool:
        """Whether there are currently tags for this resource to apply."""
        return not self._is_left_out and any(carrier.values() for carrier in self.union.carriers)

    def leave_out(self) -> None:
        """Leave the tags to a `ChimeIdentityTags` construct for the same identity."""
        self._is_left_out = True

    def _should_synthesize(self) -> bool:
        return self.is_tagged

    @property
    def _cfn_properties(self) -> Mapping[str, Any]:
        # CDK reads this when it writes the template. A lazy value for each resource would cost more than the resource.
        declaration = TagsDeclaration(resource_arn=self.union.arn, tags=self.union.values(), **self.union.assumed_role)
        return {**self._service, **declaration.to_properties()}
