"""What a function and a role in another account are granted is what they use, and no more."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from chime_endpoints import ChimeIdentityTags, CrossAccountRole
from chime_endpoints._iam.statements import document, for_assumed_role
from chime_endpoints_emulator import ChimeSDKIdentityBackend, identity_backend
from chime_endpoints_handler.aws.calls import Call
from chime_endpoints_handler.aws.clients import AssumedRoles, Clients
from chime_endpoints_handler.model.declaration import AssumedRole
from permissions.cloudformation import CloudFormation
from permissions.guard import Guard
from permissions.policies import Permission, granted, unused
from permissions.stacks import alice, renamed
from support.stage import ACCOUNT, REGION
from support.wheel import ROOT
from synth.stage import allowed, only, stack_in, template_of

THERE = "444455556666"
ROLE = f"arn:aws:iam::{THERE}:role/Endpoints"
APPLICATION = f"arn:aws:mobiletargeting:{REGION}:{THERE}:apps/0123456789abcdef"
HERE = "111122223333"
ROOT_OF_HERE = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, f":iam::{HERE}:root"]]}
OF_FUNCTION = f"arn:aws:iam::{ACCOUNT}:role/Function"


@pytest.fixture
def there() -> Iterator[ChimeSDKIdentityBackend]:
    """The service in the other account."""
    backend = identity_backend(account_id=THERE, region_name=REGION)
    backend.reset()
    yield backend
    backend.reset()


@pytest.fixture
def user(there: ChimeSDKIdentityBackend) -> str:
    """A user of the other account."""
    instance = there.create_app_instance(name="chat")
    return there.create_app_instance_user(app_instance_arn=instance, app_instance_user_id="alice", name="Alice")


class GuardedRoles(AssumedRoles):
    """Roles that can be assumed, and used, only with the permissions of both sides."""

    def __init__(self, cloud: CloudFormation, document: dict[str, Any]) -> None:
        cloud.stage.roles.trusting[ROLE] = "chat-7"
        super().__init__(cloud.stage.roles, cloud.stage.clock.now)
        self._function, self._document = cloud.guard, document
        self.used: set[Permission] = set()

    def clients(self, role: AssumedRole, call: Call) -> Clients:
        """The clients of a role, with the role's own permissions."""
        self._function.check("AssumeRole", [Permission("sts:AssumeRole", role.arn)])
        return Guard(super().clients(role, call), [self._document], self.used)


def role(user: str, **changes: Any) -> dict[str, Any]:
    """The template of the role."""
    stack = stack_in()
    given: dict[str, Any] = {
        "trusted": iam.ArnPrincipal(OF_FUNCTION),
        "app_instances": [user.partition("/user/")[0]],
        "applications": [APPLICATION],
        "external_id": "chat-7",
    }
    CrossAccountRole(stack, "Role", **given | changes)
    return template_of(stack)


def documents(template: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The role's trust policy and what it is allowed."""
    properties = only(template, "AWS::IAM::Role")["Properties"]
    (policy,) = properties["Policies"]
    return properties["AssumeRolePolicyDocument"], policy["PolicyDocument"]


def declared(user: str, stack: Stack) -> None:
    """An endpoint in the other account, its user's tags, and tags of another user."""
    by: dict[str, Any] = {"assumed_role_arn": ROLE, "external_id": "chat-7"}
    alice(stack, app_instance_user=user, application=APPLICATION, tags={"team": "chat"}, **by)
    ChimeIdentityTags(stack, "Bob", resource_arn=user.replace("alice", "bob"), tags={"team": "chat"}, **by)


def test_the_permissions_of_both_sides_are_enough_and_no_more(
    cloud: CloudFormation, there: ChimeSDKIdentityBackend, user: str
) -> None:
    """An endpoint and its user's tags are made, changed and removed."""
    there.create_app_instance_user(app_instance_arn=user.partition("/user/")[0], app_instance_user_id="bob", name="Bob")
    allows = documents(role(user, allow_tags=True))[1]
    roles = cloud.stage.assumed = GuardedRoles(cloud, allows)
    stack = stack_in(name="Chat")
    declared(user, stack)
    template = template_of(stack)
    cloud.deploy("Chat", template)
    assert len(there.endpoints) == 1
    assert [tags for tags in there.tags.values() if tags] == [{"team": "chat"}] * 2
    cloud.deploy("Chat", renamed(template))
    cloud.delete("Chat")
    assert not there.endpoints
    assert not any(there.tags.values())
    assert cloud.guard.refused == []
    idle = {each.action for each in unused(granted([allows]), roles.used)}
    assert idle == {"chime:DescribeAppInstanceUserEndpoint", "chime:ListAppInstanceUserEndpoints"}
    own = {action for action in allowed(template) if action.startswith(("chime", "mobiletargeting", "sts"))}
    assert own == {"sts:AssumeRole"}
    assert allowed(template)["sts:AssumeRole"] == [ROLE]


def test_only_the_function_can_assume_the_role_and_only_with_the_external_id(user: str) -> None:
    """The trust policy names both."""
    (statement,) = documents(role(user))[0]["Statement"]
    assert statement == {
        "Action": "sts:AssumeRole",
        "Effect": "Allow",
        "Principal": {"AWS": OF_FUNCTION},
        "Condition": {"StringEquals": {"sts:ExternalId": "chat-7"}},
    }


def test_tagging_is_allowed_on_request(user: str) -> None:
    """Endpoints alone do not need it."""
    assert "TagResource" not in str(documents(role(user)))


def test_the_page_prints_the_policies_of_both_sides() -> None:
    """Someone without CDK can copy them."""
    page = (ROOT / "docs" / "howto" / "accounts.md").read_text(encoding="utf-8")
    on_the_page = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL)]
    instance = f"arn:aws:chime:{REGION}:{THERE}:app-instance/01234567-89ab-cdef-0123-456789abcdef"
    application = f"arn:aws:mobiletargeting:{REGION}:{THERE}:apps/0123456789abcdef0123456789abcdef"
    template = role(f"{instance}/user/kiosk-7", trusted=iam.AccountPrincipal(HERE), applications=[application])
    made = json.loads(json.dumps(documents(template)).replace(json.dumps(ROOT_OF_HERE), f'"arn:aws:iam::{HERE}:root"'))
    assumes = for_assumed_role(f"arn:aws:iam::{THERE}:role/ChimeEndpoints")
    assert on_the_page == [document([assumes]), *made]
