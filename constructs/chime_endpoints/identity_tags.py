"""Tags of Chime identities: declared with `ChimeIdentityTags`, or inherited by a user from its endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import jsii
from aws_cdk import ITaggableV2, Resource, Stack, TagManager
from aws_cdk import aws_chime as chime
from constructs import Construct

from chime_endpoints_handler.model.declaration import TAGS_TYPE, TagsDeclaration, tag_list
from chime_endpoints_handler.model.rules.violations import violations

from ._cdk.identity import User, key_of, referred
from ._cdk.lazy import lazy_any
from ._cdk.logical_ids import digest
from ._cdk.tree import child_path, stack_of
from ._cdk.unresolved import as_text, is_unresolved
from ._permissions.permissions import Permissions
from ._permissions.provider_choice import provider_problems
from ._tags.report import TagReport
from ._tags.resources import TagsResource, TagsResources
from ._tags.union import Carrier, TagUnion
from ._validation.option_types import check_options
from ._validation.parameter_names import in_parameters
from ._validation.tag_problems import declared_tags_problems
from .errors import InvalidDeclarationError
from .provider import EndpointProvider, IEndpointProvider


@dataclass(kw_only=True)
class _Entry:
    """The resource that tags one identity in one stack."""

    union: TagUnion
    automatic: TagsResource | None = None
    by_hand: ChimeIdentityTags | None = None


_entries: WeakKeyDictionary[Stack, dict[str, _Entry]] = WeakKeyDictionary()
_homes: WeakKeyDictionary[Stack, dict[Permissions, TagsResources]] = WeakKeyDictionary()
_native: WeakKeyDictionary[chime.CfnAppInstanceUser, TagUnion] = WeakKeyDictionary()


def _entry(stack: Stack, arn: str, key: str) -> _Entry:
    return _entries.setdefault(stack, {}).setdefault(key, _Entry(union=TagUnion(arn=arn, stack=stack)))


def put_on_user(
    carrier: Carrier, user: User, permissions: Permissions, *, assumed_role_arn: str | None, external_id: str | None
) -> None:
    """Apply the tags of an endpoint to its user, through the user's own resource or one for each user and stack."""
    if user.native is not None:
        _put_on_native(carrier, user.native, user.arn)
        return
    stack = stack_of(permissions)
    entry = _entry(stack, user.arn, user.key)
    if not entry.union.carriers:
        entry.union.assumed_role = {"assumed_role_arn": assumed_role_arn, "external_id": external_id}
    entry.union.carriers.append(carrier)

    def provide() -> None:
        if entry.automatic is None and entry.by_hand is None:
            # The id depends only on the user, so adding or removing endpoints does not change it.
            entry.automatic = _home(stack, permissions).add(digest(user.key), entry.union)

    carrier.when_tagged(provide)


def _home(stack: Stack, permissions: Permissions) -> TagsResources:
    homes = _homes.setdefault(stack, {})
    if permissions not in homes:
        homes[permissions] = TagsResources(stack, f"{TAGS_TYPE}{permissions.suffix}", permissions=permissions)
    return homes[permissions]


def _put_on_native(carrier: Carrier, native: chime.CfnAppInstanceUser, arn: str) -> None:
    union = _native.get(native)
    if union is None:
        stack = stack_of(native)
        own = Carrier(native, {}, resource_type=native.cfn_resource_type, stack=stack, manager=native.cdk_tag_manager)
        union = _native[native] = TagUnion(arn=arn, stack=stack, carriers=[own])
        shared = union
        native.add_property_override("Tags", lazy_any(lambda: tag_list(shared.values()) or None))
        TagReport.of(stack).check_later(native, union)
    union.carriers.append(carrier)


@jsii.implements(ITaggableV2)
class ChimeIdentityTags(Resource):
    """Tags of an app instance, AppInstanceUser or AppInstanceBot that this app does not create.

    Only the declared keys are set; other keys on the identity do not change. When you remove a key from the
    declaration, it is removed from the identity, unless its value was changed outside CloudFormation. `Tags.of` also
    applies to this construct.

    You do not need this construct for a user with endpoints: the tags of the endpoints are applied to the user. If you
    declare both in one stack, this construct applies both.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 - CDK's own name
        *,
        resource_arn: str,
        tags: Mapping[str, str],
        assumed_role_arn: str | None = None,
        external_id: str | None = None,
        provider: IEndpointProvider | None = None,
    ) -> None:
        """Declare the tags of an identity.

        Args:
            scope: the stack or construct to create the tags in.
            id: the construct id within the scope.
            resource_arn: the ARN of the app instance, user or bot. A change replaces the resource, which moves the tags
                to the other identity.
            tags: at most 50 keys of 1 to 128 characters, none beginning with `aws:`, with values of 1 to 256
                characters. A change updates the tags in place.
            assumed_role_arn: the role that the function assumes to tag an identity in another account; see
                `CrossAccountRole`. Default: the function uses its own role.
            external_id: the external id that the role's trust policy asks for. Default: none.
            provider: the provider whose function applies the tags. Default: the provider that the endpoints of the
                stack share.

        Raises:
            InvalidDeclarationError: the declaration is invalid. The error lists every problem.
        """
        if wrong := check_options(ChimeIdentityTags.__init__, locals()).problems:
            raise InvalidDeclarationError(child_path(scope, id), wrong)
        resource_arn = as_text(resource_arn)
        stack = stack_of(scope)
        entry = _entry(stack, resource_arn, key_of(resource_arn, scope=scope))
        assumed_role = {"assumed_role_arn": as_text(assumed_role_arn), "external_id": as_text(external_id)}
        declaration = TagsDeclaration(resource_arn=resource_arn, tags={}, **assumed_role)
        found = violations(TAGS_TYPE, declaration.to_properties(), unresolved=is_unresolved)
        problems = [
            *map(in_parameters, found),
            *declared_tags_problems(tags),
            *provider_problems(provider, scope=scope),
        ]
        if entry.by_hand is not None:
            problems.append(
                f"resource_arn: {entry.by_hand.node.path} already tags this identity; declare all of its tags there."
            )
        native = referred(resource_arn)
        if isinstance(native, chime.CfnAppInstance | chime.CfnAppInstanceUser | chime.CfnAppInstanceBot):
            problems.append(
                f"resource_arn is the ARN of {native.node.path}, which supports tags itself; use Tags.of on that"
                " construct."
            )
        if problems:
            raise InvalidDeclarationError(child_path(scope, id), problems)
        super().__init__(scope, id)
        self._resource_arn = resource_arn
        self._carrier = Carrier(self, tags, resource_type=TAGS_TYPE, stack=stack)
        entry.union.carriers.insert(0, self._carrier)
        entry.union.assumed_role = assumed_role
        entry.by_hand = self
        if entry.automatic is not None:
            entry.automatic.leave_out()
        permissions = Permissions.of(stack, provider or EndpointProvider.of(self))
        self._resource = TagsResources(self, "Resource", permissions=permissions).add("Resource", entry.union)

    @property
    def cdk_tag_manager(self) -> TagManager:
        """The tag manager that `Tags.of` uses."""
        return self._carrier.manager()

    @property
    def resource_arn(self) -> str:
        """The ARN of the tagged identity."""
        return self._resource_arn

    @property
    def tags_ref(self) -> str:
        """The resource's `Ref`: `{resource_arn}/tags`."""
        return str(self._resource.ref)
