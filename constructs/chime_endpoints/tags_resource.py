"""The custom resource that tags one identity, in the template only when there is a tag."""

from __future__ import annotations

from aws_cdk import CfnResource, Stack
from constructs import Construct

from chime_endpoints_handler.declaration import TAGS_TYPE, tag_list

from .identity import app_instance_of, key_of
from .later import any_later, validate_later
from .permissions import Permissions
from .provider import IEndpointProvider
from .tag_permissions import Taggable
from .tag_union import TagUnion
from .unresolved import is_unresolved


class TagsResource(CfnResource):
    """`Custom::ChimeIdentityTags`."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - CDK's own name
        *,
        union: TagUnion,
        provider: IEndpointProvider,
    ) -> None:
        """Makes the resource for the tags that the union will have."""
        self._union = union
        self._is_replaced = False
        super().__init__(
            scope,
            id,
            type=TAGS_TYPE,
            properties={
                "ServiceToken": provider.service_token,
                "ServiceTimeout": provider.service_timeout.to_seconds(),
                "ResourceARN": union.arn,
                "Tags": any_later(lambda: tag_list(union.values())),
            },
        )
        is_user = "/user/" in union.arn or is_unresolved(union.arn)
        taggable = Taggable(
            arn=union.arn,
            key=key_of(union.arn, scope=self),
            wide=f"{app_instance_of(union.arn)}/user/*" if is_user else union.arn,
            is_tagged=self._should_synthesize,
        )
        # As constructs, not as resources: whether the policy is in the template is known only at the end.
        self.node.add_dependency(*Permissions.of(Stack.of(self), provider).for_tags(taggable))
        validate_later(self, lambda: [] if self._is_replaced else union.problems())

    def give_way(self) -> None:
        """Leaves the tags to a resource that was made by hand for the same identity."""
        self._is_replaced = True

    def _should_synthesize(self) -> bool:
        return not self._is_replaced and not self._union.is_empty()
