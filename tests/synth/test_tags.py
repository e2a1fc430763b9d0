"""Tags of endpoints are applied to their users."""

from __future__ import annotations

import jsii
import pytest
from aws_cdk import App, Aspects, CfnResource, IAspect, Stack, Tags
from aws_cdk import aws_chime as chime
from constructs import IConstruct

from chime_endpoints import ChimeIdentityTags, EndpointProvider, InvalidDeclarationError
from chime_endpoints_handler.model.declaration import TAGS_TYPE
from chime_endpoints_handler.model.rules.violations import violations
from synth.stage import (
    ALICE,
    APP_INSTANCE,
    BOB,
    TAGS,
    allowed,
    endpoint,
    only,
    policy_allowing,
    properties,
    resources,
    stack_in,
    template_of,
)


def tags_of(template: dict[str, object], arn: str = ALICE) -> dict[str, str]:
    """The tags that a template sets on a user."""
    (resource,) = (each for each in resources(template, TAGS).values() if each["Properties"]["ResourceARN"] == arn)
    return {tag["Key"]: tag["Value"] for tag in resource["Properties"]["Tags"]}


def test_without_tags_there_is_no_resource_and_no_permission() -> None:
    """The role gets no unused permission."""
    stack = stack_in()
    endpoint(stack)
    template = template_of(stack)
    assert resources(template, TAGS) == {}
    assert not [action for action in allowed(template) if "Tag" in action]


@pytest.mark.parametrize("level", ["app", "stack", "construct", "parameter"])
def test_tags_reach_the_user_from_every_level(level: str) -> None:
    """They work as for any CDK resource."""
    app = App()
    stack = stack_in(app)
    phone = endpoint(stack, tags={"team": "chat"} if level == "parameter" else None)
    if level != "parameter":
        Tags.of({"app": app, "stack": stack, "construct": phone}[level]).add("team", "chat")
    assert tags_of(template_of(stack)) == {"team": "chat"}


def test_the_tags_resource_is_valid_for_the_handler() -> None:
    """It has the provider of the endpoints."""
    stack = stack_in()
    endpoint(stack, tags={"b": "2", "a": "1"})
    written = properties(template_of(stack), TAGS)
    assert violations(TAGS_TYPE, written) == []
    assert [tag["Key"] for tag in written["Tags"]] == ["a", "b"]
    assert written["ServiceTimeout"] == 600


def test_the_endpoints_of_a_user_share_one_resource() -> None:
    """It has the union of their tags."""
    stack = stack_in()
    endpoint(stack, "One", tags={"a": "1", "shared": "x"})
    endpoint(stack, "Two", tags={"b": "2", "shared": "x"})
    endpoint(stack, "Three", app_instance_user=BOB, tags={"c": "3"})
    template = template_of(stack)
    assert tags_of(template) == {"a": "1", "b": "2", "shared": "x"}
    assert tags_of(template, BOB) == {"c": "3"}


def test_tags_of_overrides_the_parameter_as_in_cdk() -> None:
    """`Tags.of` has the higher priority."""
    stack = stack_in()
    Tags.of(endpoint(stack, tags={"team": "chat"})).add("team", "voice")
    assert tags_of(template_of(stack)) == {"team": "voice"}


def test_removed_tags_leave_no_resource() -> None:
    """This includes `Tags.of(...).remove`."""
    stack = stack_in()
    Tags.of(endpoint(stack, tags={"team": "chat"})).remove("team")
    assert resources(template_of(stack), TAGS) == {}


def test_tags_of_may_name_the_resource_type() -> None:
    """Endpoints can be excluded like any other type."""
    stack = stack_in()
    endpoint(stack)
    Tags.of(stack).add("team", "chat", exclude_resource_types=["Custom::ChimeAppInstanceUserEndpoint"])
    assert resources(template_of(stack), TAGS) == {}


def test_the_resources_id_follows_from_the_user_alone() -> None:
    """Adding and removing endpoints does not replace it."""
    ids = []
    for names in (["One"], ["Two", "One"], ["Three"]):
        stack = stack_in()
        for name in names:
            endpoint(stack, name, tags={"team": "chat"})
        ids.append(list(resources(template_of(stack), TAGS)))
    assert ids[0] == ids[1] == ids[2]


def test_contradicting_tags_are_an_error_that_names_both() -> None:
    """The source of the tags does not matter."""
    stack = stack_in()
    endpoint(stack, "One", tags={"team": "chat"})
    Tags.of(endpoint(stack, "Two")).add("team", "voice")
    with pytest.raises(RuntimeError, match=r'"team" is "chat" on Stack/One and "voice" on Stack/Two'):
        template_of(stack)


def test_tags_from_tags_of_are_checked() -> None:
    """F9: The service's limits also apply to `Tags.of`."""
    stack = stack_in()
    endpoint(stack)
    Tags.of(stack).add("k", "v" * 257)
    with pytest.raises(RuntimeError, match=r'the value of "k" has 257 characters'):
        template_of(stack)


def test_a_user_of_the_same_app_gets_its_own_native_tags() -> None:
    """CloudFormation and the function therefore never write the same tags."""
    app = App()
    users = stack_in(app, "Users")
    stack = stack_in(app, "Endpoints")
    user = chime.CfnAppInstanceUser(
        users, "User", app_instance_arn=APP_INSTANCE, app_instance_user_id="alice", name="Alice"
    )
    endpoint(stack, "One", app_instance_user=user, tags={"a": "1"})
    Tags.of(endpoint(stack, "Two", app_instance_user=user.attr_app_instance_user_arn)).add("b", "2")
    Tags.of(user).add("c", "3")
    native = properties(template_of(users), "AWS::Chime::AppInstanceUser")
    assert native["Tags"] == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}, {"Key": "c", "Value": "3"}]
    template = template_of(stack)
    assert resources(template, TAGS) == {}
    assert not [action for action in allowed(template) if "Tag" in action]


def test_a_native_user_without_tags_has_none() -> None:
    """Its template stays the same."""
    stack = stack_in()
    user = chime.CfnAppInstanceUser(
        stack, "User", app_instance_arn=APP_INSTANCE, app_instance_user_id="alice", name="Alice"
    )
    endpoint(stack, app_instance_user=user)
    assert "Tags" not in properties(template_of(stack), "AWS::Chime::AppInstanceUser")


def test_a_native_users_own_tags_may_not_contradict() -> None:
    """The error names the user and the endpoint."""
    stack = stack_in()
    user = chime.CfnAppInstanceUser(
        stack, "User", app_instance_arn=APP_INSTANCE, app_instance_user_id="alice", name="Alice"
    )
    Tags.of(user).add("team", "chat")
    endpoint(stack, app_instance_user=user, tags={"team": "voice"})
    with pytest.raises(RuntimeError, match=r'"team" is "chat" on Stack/User and "voice" on Stack/Phone'):
        template_of(stack)


def test_tags_are_allowed_for_exactly_the_tagged_users() -> None:
    """The resource depends on the policy that allows its calls."""
    stack = stack_in()
    endpoint(stack, "One", tags={"a": "1"})
    endpoint(stack, "Two", app_instance_user=BOB)
    template = template_of(stack)
    granted = allowed(template)
    for action in ("chime:TagResource", "chime:UntagResource", "chime:ListTagsForResource"):
        assert granted[action] == [ALICE]
    (policy,) = policy_allowing(template, "chime:UntagResource")
    assert policy in only(template, TAGS)["DependsOn"]


def test_another_list_of_tagged_users_is_another_policy() -> None:
    """F64: CloudFormation keeps the old policy until the tags that need it are removed."""
    names = []
    for users in ([ALICE], [ALICE, BOB], [BOB, ALICE]):
        stack = stack_in()
        for number, user in enumerate(users):
            endpoint(stack, f"Phone{number}", app_instance_user=user, tags={"a": "1"})
        template = template_of(stack)
        (name,) = policy_allowing(template, "chime:UntagResource")
        names.append((name, template["Resources"][name]["Properties"]["PolicyName"]))
    assert names[0] != names[1] == names[2]
    assert len({policy_name for _, policy_name in names}) == 2


def test_a_long_list_of_tagged_users_becomes_the_app_instances_users() -> None:
    """IAM's quota has no room for both lists of users during a change."""
    stack = stack_in()
    for number in range(60):
        endpoint(stack, f"Phone{number}", app_instance_user=f"{ALICE}-{number}", tags={"a": "1"})
    assert allowed(template_of(stack))["chime:TagResource"] == [f"{APP_INSTANCE}/user/*"]


class TestByHand:
    """`ChimeIdentityTags`, for identities that are not users or have no endpoint in the stack."""

    def test_it_is_one_resource(self) -> None:
        """It has the provider of the stack, which is created if necessary."""
        stack = stack_in()
        tags = ChimeIdentityTags(stack, "Tags", resource_arn=APP_INSTANCE, tags={"team": "chat"})
        template = template_of(stack)
        (logical_id,) = resources(template, TAGS)
        assert tags_of(template, APP_INSTANCE) == {"team": "chat"}
        assert (tags.resource_arn, stack.resolve(tags.tags_ref)) == (APP_INSTANCE, {"Ref": logical_id})
        assert allowed(template)["chime:TagResource"] == [APP_INSTANCE]

    @pytest.mark.parametrize("identity", [APP_INSTANCE, f"{APP_INSTANCE}/bot/b", BOB])
    def test_it_is_for_everything_that_has_tags(self, identity: str) -> None:
        """App instances, bots and users each have a permission for their own ARN."""
        stack = stack_in()
        ChimeIdentityTags(stack, "Tags", resource_arn=identity, tags={"team": "chat"})
        template = template_of(stack)
        assert properties(template, TAGS)["ResourceARN"] == identity
        assert allowed(template)["chime:TagResource"] == [identity]

    def test_tags_of_reaches_it(self) -> None:
        """It works like any resource with tags."""
        stack = stack_in()
        ChimeIdentityTags(stack, "Tags", resource_arn=APP_INSTANCE, tags={"team": "chat"})
        Tags.of(stack).add("cost", "low")
        assert tags_of(template_of(stack), APP_INSTANCE) == {"cost": "low", "team": "chat"}

    @pytest.mark.parametrize("first", ["tags", "endpoint"])
    def test_it_takes_the_tags_of_the_users_endpoints(self, first: str) -> None:
        """There is one resource for each user, whichever construct comes first."""
        stack = stack_in()

        def by_hand() -> None:
            ChimeIdentityTags(stack, "Tags", resource_arn=ALICE, tags={"a": "1"})

        if first == "tags":
            by_hand()
        endpoint(stack, tags={"b": "2"})
        if first == "endpoint":
            by_hand()
        assert tags_of(template_of(stack)) == {"a": "1", "b": "2"}

    def test_contradictions_are_reported(self) -> None:
        """They are reported as between endpoints."""
        stack = stack_in()
        ChimeIdentityTags(stack, "Tags", resource_arn=ALICE, tags={"team": "chat"})
        endpoint(stack, tags={"team": "voice"})
        with pytest.raises(RuntimeError, match=r'"team" is "chat" on Stack/Tags and "voice" on Stack/Phone'):
            template_of(stack)

    def test_the_same_identity_twice_is_refused(self) -> None:
        """The two resources would remove each other's keys."""
        stack = stack_in()
        ChimeIdentityTags(stack, "One", resource_arn=ALICE, tags={"a": "1"})
        with pytest.raises(InvalidDeclarationError, match=r"Stack/Two: resource_arn: Stack/One already tags this"):
            ChimeIdentityTags(stack, "Two", resource_arn=ALICE, tags={"b": "1"})

    def test_an_identity_with_tags_of_its_own_is_refused(self) -> None:
        """CloudFormation tags its own resources."""
        stack = stack_in()
        instance = chime.CfnAppInstance(stack, "Instance", name="chat")
        with pytest.raises(InvalidDeclarationError, match=r"Stack/Instance, which supports tags itself"):
            ChimeIdentityTags(stack, "Tags", resource_arn=instance.attr_app_instance_arn, tags={"a": "1"})

    def test_its_problems_are_reported_at_once(self) -> None:
        """F9: They have the names of the parameters."""
        with pytest.raises(InvalidDeclarationError) as raised:
            ChimeIdentityTags(stack_in(), "Tags", resource_arn="x", tags={"aws:x": ""})
        assert len(raised.value.problems) == 3
        assert raised.value.problems[0].startswith("resource_arn is not the ARN of an app instance")


def test_tags_of_two_stacks_on_one_user_are_two_resources() -> None:
    """F71: Each stack owns the keys that it declares."""
    app = App()
    stacks = {name: stack_in(app, name) for name in ("One", "Two")}
    for name, stack in stacks.items():
        endpoint(stack, name, tags={name: "x"})
    for name, stack in stacks.items():
        assert tags_of(template_of(stack)) == {name: "x"}


def test_endpoints_with_two_providers_keep_one_resource_for_a_user() -> None:
    """The provider of the first endpoint sets the tags."""
    stack = stack_in()
    providers = [EndpointProvider(stack, "P1"), EndpointProvider(stack, "P2")]
    for number, provider in enumerate(providers):
        endpoint(stack, f"Phone{number}", tags={str(number): "x"}, provider=provider)
    assert tags_of(template_of(stack)) == {"0": "x", "1": "x"}


def test_an_aspect_of_the_users_own_sees_endpoints_and_tags() -> None:
    """Checkers see every resource."""
    seen: list[str] = []

    @jsii.implements(IAspect)
    class Look:
        def visit(self, node: IConstruct) -> None:
            if isinstance(node, CfnResource):
                seen.append(node.cfn_resource_type)

    app = App()
    stack = Stack(app, "Stack")
    endpoint(stack, tags={"a": "1"})
    Aspects.of(app).add(Look())
    template_of(stack)
    assert "Custom::ChimeAppInstanceUserEndpoint" in seen
    assert TAGS in seen
