"""An endpoint's tag is resolved in the endpoint's stack, even if another stack tags the user."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jsii
import pytest
from aws_cdk import App, Aws, CfnParameter, Environment, Fn, IStableStringProducer, Lazy, NestedStack, Stack, Tags
from aws_cdk import aws_chime as chime
from aws_cdk import aws_ec2 as ec2

from synth.stage import APP_INSTANCE, endpoint, properties, template_of

NATIVE = "AWS::Chime::AppInstanceUser"
PLACE = {"env": Environment(account="111122223333", region="us-east-1")}


@jsii.implements(IStableStringProducer)
class Late:
    """A value that is produced when the template is written."""

    def produce(self) -> str:
        """The value is known only then."""
        return "late"


def two_stacks(app: App | None = None, **options: Any) -> tuple[Stack, Stack]:
    """A stack with a user, and a stack with one of the user's endpoints."""
    app = app or App()
    identity, push = Stack(app, "Identity", **options), Stack(app, "Push", **options)
    user = chime.CfnAppInstanceUser(
        identity, "Alice", app_instance_arn=APP_INSTANCE, app_instance_user_id="alice", name="Alice"
    )
    endpoint(push, app_instance_user=user)
    return identity, push


MOVED: dict[str, tuple[str, dict[str, Any], Any]] = {
    "a literal": ("chat", {}, "chat"),
    "the stack's name": (Aws.STACK_NAME, {}, "Push"),
    "the name in a text": (f"at-{Aws.STACK_NAME}", {}, "at-Push"),
    "the name in a Sub": (Fn.sub("at-${AWS::StackName}"), {}, "at-Push"),
    "a Sub with more in it": (Fn.sub("${AWS::StackName}-${!x}"), {}, {"Fn::Sub": "Push-${!x}"}),
    "a Join": (Fn.join("-", ["at", Aws.STACK_NAME, Aws.REGION]), PLACE, "at-Push-us-east-1"),
    "a part of the name": (
        Fn.select(0, Fn.split("-", Aws.STACK_NAME)),
        {},
        {"Fn::Select": [0, {"Fn::Split": ["-", "Push"]}]},
    ),
    "a known region": (Aws.REGION, PLACE, "us-east-1"),
    "the region of both": (Aws.REGION, {}, {"Ref": "AWS::Region"}),
    "the partition": (Aws.PARTITION, PLACE, {"Ref": "AWS::Partition"}),
    "a lazy value": (Lazy.string(Late()), {}, "late"),
}


@pytest.mark.parametrize("what", MOVED)
def test_pseudo_parameters_are_those_of_the_endpoints_stack(what: str) -> None:
    """In the user's stack, `AWS::StackName` would be another name."""
    value, options, written = MOVED[what]
    identity, push = two_stacks(**options)
    Tags.of(push).add("at", value)
    assert properties(template_of(identity), NATIVE)["Tags"] == [{"Key": "at", "Value": written}]


OWN: dict[str, Callable[[Stack], str]] = {
    "its id": lambda stack: stack.stack_id,
    "the pseudo parameter of its id": lambda _: Aws.STACK_ID,
    "a parameter": lambda stack: CfnParameter(stack, "Team").value_as_string,
    "a part of a parameter": lambda stack: f"team-{CfnParameter(stack, 'Team').value_as_string}",
    "a Ref by name": lambda _: Fn.ref("Team"),
    "a Sub of a parameter": lambda _: Fn.sub("${Team}-x"),
    "a resource": lambda stack: ec2.CfnVPC(stack, "Vpc", cidr_block="10.0.0.0/16").ref,
    "a mapping": lambda _: Fn.find_in_map("Map", "a", "b"),
    "an export": lambda _: Fn.import_value("Team"),
}


@pytest.mark.parametrize("what", OWN)
def test_what_only_the_endpoints_stack_can_resolve_is_refused(what: str) -> None:
    """In the user's stack, it would have another value, or create a circular dependency."""
    _, push = two_stacks()
    Tags.of(push).add("team", OWN[what](push))
    with pytest.raises(RuntimeError, match=r'The value of "team" can be resolved only in stack Push') as raised:
        template_of(push)
    assert "tagged in stack Identity. It is set on Push/Phone." in str(raised.value)
    assert 'Tags.of(endpoint).remove("team")' in str(raised.value)


def test_a_nested_stacks_name_is_known_only_to_itself() -> None:
    """CloudFormation generates the name."""
    app = App()
    identity = Stack(app, "Identity")
    user = chime.CfnAppInstanceUser(
        identity, "Alice", app_instance_arn=APP_INSTANCE, app_instance_user_id="alice", name="Alice"
    )
    phone = endpoint(NestedStack(identity, "Nested"), app_instance_user=user)
    Tags.of(phone).add("at", Aws.STACK_NAME)
    with pytest.raises(RuntimeError, match=r"can be resolved only in stack Identity/Nested"):
        template_of(identity)


def test_a_name_that_differs_between_the_stacks_is_a_contradiction() -> None:
    """If the whole app has such a tag, the user and the endpoint get different names."""
    identity, push = two_stacks()
    Tags.of(identity.node.root).add("at", Aws.STACK_NAME)
    with pytest.raises(RuntimeError, match=r'"at" is "Identity" on Identity/Alice and "Push" on Push/Phone'):
        template_of(push)


def test_a_reference_that_the_user_has_as_well_is_the_same_in_both_stacks() -> None:
    """CDK writes it for the user's stack."""
    app = App()
    vpc = ec2.CfnVPC(Stack(app, "Network"), "Vpc", cidr_block="10.0.0.0/16")
    identity, _ = two_stacks(app)
    Tags.of(app).add("vpc", vpc.ref)
    (tag,) = properties(template_of(identity), NATIVE)["Tags"]
    assert "Fn::ImportValue" in tag["Value"]


def test_a_reference_into_the_users_stack_stays_one() -> None:
    """It creates no dependency between stacks."""
    identity, push = two_stacks()
    team = CfnParameter(identity, "Team")
    Tags.of(push).add("team", team.value_as_string)
    assert properties(template_of(identity), NATIVE)["Tags"] == [{"Key": "team", "Value": {"Ref": "Team"}}]


def test_a_value_for_a_custom_resource_stays_in_its_stack() -> None:
    """It needs no resolution beforehand."""
    stack = Stack(App(), "Push")
    Tags.of(endpoint(stack)).add("at", Aws.STACK_NAME)
    assert properties(template_of(stack), "Custom::ChimeIdentityTags")["Tags"] == [
        {"Key": "at", "Value": {"Ref": "AWS::StackName"}}
    ]
