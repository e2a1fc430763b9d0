"""The synthesized policies allow what the handler calls, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from permissions.cloudformation import CloudFormation, FailedError, stack_id
from permissions.lambdas_own import LAMBDAS_OWN
from permissions.policies import Document, Permission, granted, permits, unused
from permissions.stacks import (
    FIRST,
    KEY,
    PARAMETER,
    SECOND,
    SECRET,
    Templates,
    alice,
    all_in_one_stack,
    chat,
    every_source,
    in_a_vpc,
    only_tags,
    renamed,
    replaced,
    retagged,
    shared_provider,
)
from support.stage import ACCOUNT, APPLICATION, REGION
from synth.stage import allowed

_IDLE = {Permission("cloudformation:DescribeStackResource", stack_id("Provider"))}
"""What a role is allowed on its provider's stack, even if the provider serves nothing in that stack."""


def live(cloud: CloudFormation, templates: Templates) -> None:
    """Create stacks, roll them back, change them in every way, and delete them."""
    for name, template in templates.items():
        cloud.deploy(name, template)
    for name, template in templates.items():
        cloud.lose(name)
        cloud.rotate()
        cloud.deploy(name, replaced(template), fails=True)
        for change in (renamed, replaced, retagged):
            cloud.deploy(name, change(template))
    for name in reversed(list(templates)):
        cloud.delete(name)


@pytest.mark.parametrize("synthesize", [every_source, shared_provider, in_a_vpc, all_in_one_stack])
def test_what_is_called_is_what_is_granted(cloud: CloudFormation, synthesize: Callable[[], Templates]) -> None:
    """No call is denied, so no endpoint or tag is left registered. No granted permission is unused."""
    live(cloud, synthesize())
    assert cloud.guard.refused == []
    assert cloud.stage.registered == []
    assert cloud.tags == {}
    idle = unused(cloud.granted, cloud.guard.used) - _IDLE
    assert {each for each in idle if each.action not in LAMBDAS_OWN} == set()


def test_a_stack_with_only_tags_is_granted_only_what_tags_need(cloud: CloudFormation) -> None:
    """Only endpoints need the stack's events. A late event of tags calls only DescribeStackResource."""
    live(cloud, only_tags())
    assert cloud.guard.refused == []
    assert cloud.tags == {}
    idle = {each.action for each in unused(cloud.granted, cloud.guard.used)} - LAMBDAS_OWN.keys()
    assert idle == {"cloudformation:DescribeStackResource"}


def test_adopting_and_registering_again_need_nothing_more(cloud: CloudFormation) -> None:
    """An endpoint of someone else is adopted. Then it disappears, and its stack is updated."""
    template = chat(partial(alice, adopt_existing=True))
    theirs = cloud.stage.stranger("a", app_instance_user_arn=f"{FIRST}/user/alice")
    cloud.deploy("Chat", template)
    assert [each.endpoint_id for each in cloud.stage.registered] == [theirs.endpoint_id]
    cloud.stage.backend.endpoints.clear()
    cloud.deploy("Chat", renamed(template))
    assert [each.name for each in cloud.stage.registered] == ["canary tablet"]
    assert cloud.guard.refused == []


def test_requiring_an_active_endpoint_needs_nothing_more(cloud: CloudFormation) -> None:
    """An endpoint became INACTIVE. Its next update asks whether it is a rollback, and fails because it is not."""
    template = chat(partial(alice, require_active=True))
    cloud.deploy("Chat", template)
    (endpoint,) = cloud.stage.registered
    endpoint.status = "INACTIVE"
    with pytest.raises(FailedError, match="CE-417"):
        cloud.deploy("Chat", renamed(template))
    assert cloud.guard.refused == []


def test_what_is_granted_for_lambda_is_nothing_more() -> None:
    """A traced function in a VPC needs each of these permissions."""
    assert LAMBDAS_OWN.keys() <= allowed(in_a_vpc()["Chat"]).keys()


OUTSIDE = {
    Permission("chime:RegisterAppInstanceUserEndpoint", f"{FIRST}0/user/alice"),
    Permission("chime:ListAppInstanceUserEndpoints", FIRST),
    Permission("chime:DeleteAppInstanceUser", f"{FIRST}/user/alice"),
    Permission("chime:TagResource", f"{FIRST}/user/bob"),
    Permission("chime:UntagResource", f"{SECOND}/user/carol"),
    Permission("mobiletargeting:GetApp", f"{APPLICATION}0"),
    Permission("mobiletargeting:SendMessages", APPLICATION),
    Permission(
        "secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{SECRET}-other-AbCdEf"
    ),
    Permission("secretsmanager:PutSecretValue", f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{SECRET}-AbCdEf"),
    Permission("ssm:GetParameter", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter{PARAMETER}s"),
    Permission("kms:Decrypt", f"{KEY}0"),
    Permission("kms:Encrypt", KEY),
    Permission("cloudformation:DescribeStackResource", stack_id("Another")),
    Permission("cloudformation:DescribeStackEvents", stack_id("Another")),
    Permission("cloudformation:DescribeStacks", stack_id("Another")),
    Permission("cloudformation:DescribeStackResources", stack_id("Chat")),
}


@pytest.fixture
def documents(cloud: CloudFormation) -> list[Document]:
    """The policies of the app that uses every kind of source."""
    for name, template in every_source().items():
        cloud.deploy(name, template)
    return cloud.documents()


def test_what_is_not_declared_is_not_allowed(documents: list[Document]) -> None:
    """This includes other resources of the declared kinds, and other actions on the declared resources."""
    assert {each for each in OUTSIDE if permits(documents, each)} == set()


def test_only_users_and_the_suffix_of_a_secret_are_wildcards(documents: list[Document]) -> None:
    """The wildcards are the users of the app instances in use, and the suffix of a secret that is known by its name."""
    wildcards = {each.resource for each in granted(documents) if set(each.resource + each.action) & set("*?")}
    named = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{SECRET}-??????"
    assert wildcards == {f"{FIRST}/user/*", f"{SECOND}/user/*", named}
