"""The policies that grant a provider's role what the endpoints and tags of one stack need.

A policy must exist before the resources that need it, and until after they are deleted. Resources therefore depend on
their policies. In addition, no permission is removed from an existing policy: CloudFormation would update the policy
before it deletes the resources. The content of a policy is therefore fixed by its logical id: one app instance, one
application, or one list of tagged users. The exception is reading device tokens, where lists grow and shrink in
place, because a deletion does not read tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from weakref import WeakKeyDictionary

from aws_cdk import Aws, CfnResource, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct, IDependable

from chime_endpoints._cdk import acknowledged
from chime_endpoints._cdk.identity import User, key_of
from chime_endpoints._cdk.lazy import lazy_any, validate_later
from chime_endpoints._cdk.logical_ids import digest
from chime_endpoints._cdk.tree import stack_of
from chime_endpoints._iam.inline_policies import (
    basic_statements,
    name_of,
    note_endpoint,
    stack_statement,
    tracing_statement,
)
from chime_endpoints._iam.role_warning import warn_of_role
from chime_endpoints._iam.statements import (
    BASICS,
    TAG_ACTIONS,
    Statement,
    actions_of,
    allow,
    characters,
    document,
    for_app_instance,
    for_application,
    for_assumed_role,
    quota_problems,
    rollback_statement,
)
from chime_endpoints.device_token import DeviceToken
from chime_endpoints.provider import EndpointProvider, IEndpointProvider

from .read_permissions import ReadPermissions
from .tag_permissions import Taggable, TagPermissions


class Permissions(Construct):
    """The policies that one stack adds to one provider's role.

    If this app cannot change the role, no policy is created, and a warning contains the policy that the role needs.
    """

    def __init__(self, scope: Construct, *, provider: IEndpointProvider) -> None:
        """Create the permissions of a stack for a provider; see `of`."""
        self.suffix = _suffix(scope, provider)
        """Distinguishes the ids of several providers in one stack."""
        super().__init__(scope, f"ChimePermissions{self.suffix}")
        self.service_properties = {
            "ServiceToken": provider.service_token,
            "ServiceTimeout": provider.service_timeout.to_seconds(),
        }
        """The properties that every custom resource of the provider has."""
        self._role = provider.role if provider.manages_permissions else None
        self._provider = provider
        self._needed: list[Callable[[], Statement]] = []
        self._tagged: list[Taggable] = []
        of_this_app = isinstance(provider, EndpointProvider)
        if self._role is None:
            warn_of_role(self, self._needed_of_role, more="" if of_this_app else _of_its_own())
        self._policies: dict[str, CfnResource | None] = {}
        self._inline: list[Callable[[], Statement]] = []
        self._reading = ReadPermissions(self, role=self._role) if self._role is not None else None
        self._tagging = TagPermissions(self, role=self._role) if self._role is not None else None
        if stack_of(provider) is not stack_of(self) or (self._role is None and not of_this_app):
            self._allow("Stack", lambda: stack_statement(provider, self))

    @staticmethod
    def of(stack: Stack, provider: IEndpointProvider) -> Permissions:
        """Return the permissions of a stack for a provider. The first call creates them."""
        made = _made.setdefault(provider, {})
        if stack not in made:
            made[stack] = Permissions(stack, provider=provider)
            if len(made) == 1:
                validate_later(made[stack], lambda: _quota_problems(made.values()))
        return made[stack]

    def for_endpoint(
        self,
        *,
        user: User,
        application: str,
        tokens: Iterable[DeviceToken],
        requires_active: bool,
        assumed_role_arn: str | None,
    ) -> list[CfnResource]:
        """Grant what an endpoint needs. If the function assumes a role for it, that role has the other permissions.

        Returns:
            The policies that the endpoint must depend on.
        """
        note_endpoint(self._provider, stack_of(self))
        policies = [
            self._policies.get("Stack"),
            *(
                self._of_own_account(user.app_instance_arn, application)
                if assumed_role_arn is None
                else [self._assume(assumed_role_arn)]
            ),
            self._allow("Rollback", lambda: rollback_statement(Aws.STACK_ID)) if requires_active else None,
        ]
        return [policy for policy in policies if policy is not None] + self._allow_reading(tokens)

    def for_tags_by(self, assumed_role_arn: str) -> list[CfnResource]:
        """Grant what tags need that the function applies in an assumed role.

        Returns:
            The policies that the tags must depend on.
        """
        policy = self._assume(assumed_role_arn)
        return [] if policy is None else [policy]

    def _of_own_account(self, app_instance: str, application: str) -> list[CfnResource | None]:
        app_instance_key = key_of(app_instance, scope=self)
        application_key = key_of(application, scope=self)
        users = f"{app_instance}/user/*"
        return [
            self._allow(
                f"AppInstance{digest(app_instance_key)}", lambda: for_app_instance(app_instance), wildcards=[users]
            ),
            self._allow(f"Application{digest(application_key)}", lambda: for_application(application)),
        ]

    def _assume(self, role_arn: str) -> CfnResource | None:
        return self._allow(f"AssumedRole{digest(key_of(role_arn, scope=self))}", lambda: for_assumed_role(role_arn))

    def tag_policies(self) -> list[IDependable]:
        """Return the policies that tags must depend on."""
        policies = (self._tagging, self._policies.get("Stack"))
        return [policy for policy in policies if policy is not None]

    def allow_tagging(self, taggable: Taggable) -> None:
        """Grant permission to tag an identity if it has tags when the template is written."""
        if self._tagging is not None:
            self._tagging.add(taggable)
        else:
            self._tagged.append(taggable)

    def inline_characters(self) -> int:
        """Return the size of the inline policies. The tags' policy counts twice, because a change replaces it."""
        reading = self._reading.inline_characters() if self._reading else 0
        tagging = 2 * characters(self._tagging.statements()) if self._tagging and self._tagging.statements() else 0
        return sum(characters([statement()]) for statement in self._inline) + reading + tagging

    def managed_policies(self) -> int:
        """Return the number of managed policies in this stack."""
        return self._reading.managed if self._reading else 0

    def _allow(
        self, policy_id: str, statement: Callable[[], Statement], *, wildcards: Sequence[str] = ()
    ) -> CfnResource | None:
        if policy_id not in self._policies:
            policy = self._policy(policy_id, statement)
            if policy is not None and wildcards:
                acknowledged.wildcards(policy, lambda: wildcards, acknowledged.USERS)
            self._policies[policy_id] = policy
        return self._policies[policy_id]

    def _policy(self, policy_id: str, statement: Callable[[], Statement]) -> CfnResource | None:
        if self._role is None:
            self._needed.append(statement)
            return None
        self._inline.append(statement)
        return iam.CfnPolicy(
            self,
            policy_id,
            policy_name=name_of(self, policy_id),
            policy_document=lazy_any(lambda: document([statement()])),
            roles=[self._role.role_name],
        )

    def _allow_reading(self, tokens: Iterable[DeviceToken]) -> list[CfnResource]:
        accesses = [access for token in tokens for access in token.accesses(self._provider.role)]
        if self._reading is not None:
            return self._reading.allow(accesses)
        if accesses:
            self._needed.append(lambda: rollback_statement(Aws.STACK_ID))
        self._needed += [partial(allow, [access.action], [access.resource]) for access in accesses]
        return []

    def _needed_of_role(self) -> list[Statement]:
        tagging = [allow(TAG_ACTIONS, [each.arn]) for each in self._tagged if each.is_tagged()]
        return [*(statement() for statement in self._needed), *tagging]


_made: WeakKeyDictionary[IEndpointProvider, dict[Stack, Permissions]] = WeakKeyDictionary()


def _of_its_own() -> str:
    """Return a sentence on what an imported provider's role needs regardless of the stacks that it serves."""
    actions = {}
    for in_vpc in (False, True):
        actions[in_vpc] = [action for each in basic_statements("", in_vpc=in_vpc) for action in actions_of(each)]
    vpc = [action for action in actions[True] if action not in actions[False]]
    return (
        f" The role also needs {' and '.join(actions[False])} on the function's log group. If the function runs in a"
        f" VPC, it needs {', '.join(vpc)}. With tracing, it needs {' and '.join(actions_of(tracing_statement()))}."
    )


def _suffix(stack: Construct, provider: IEndpointProvider) -> str:
    if isinstance(provider, EndpointProvider) and provider.is_automatic and stack_of(provider) is stack:
        return ""
    return digest(provider.node.path.removeprefix(f"{stack.node.path}/"))


def _quota_problems(permissions: Iterable[Permissions]) -> list[str]:
    there = list(permissions)
    inline = BASICS + sum(each.inline_characters() for each in there)
    return list(quota_problems(inline=inline, managed=sum(each.managed_policies() for each in there)))
