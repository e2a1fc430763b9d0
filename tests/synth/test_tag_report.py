"""If tags cannot be applied to a user, synth reports one error with the key, values, constructs and remedy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jsii
import pytest
from aws_cdk import App, Aspects, CfnParameter, Fn, IAspect, Stack, Stage, TagManager, Tags
from aws_cdk import aws_chime as chime
from constructs import Construct, IConstruct

from chime_endpoints import AppInstanceUserEndpoint, ChimeIdentityTags, InvalidDeclarationError
from synth.stage import (
    ALICE,
    APP_INSTANCE,
    BOB,
    TAGS,
    endpoint,
    properties,
    resources,
    secret_token,
    stack_in,
    template_of,
)

NATIVE = "AWS::Chime::AppInstanceUser"
ENDPOINT_TYPE = "Custom::ChimeAppInstanceUserEndpoint"


def phone_in(scope: Construct, construct_id: str = "Phone", **changes: Any) -> AppInstanceUserEndpoint:
    """An endpoint with a unique token."""
    return endpoint(
        scope, construct_id, device_token=secret_token(scope, f"{scope.node.path}/{construct_id}"), **changes
    )


def user_in(stack: Stack) -> chime.CfnAppInstanceUser:
    """A user that the app creates."""
    return chime.CfnAppInstanceUser(
        stack, "Alice", app_instance_arn=APP_INSTANCE, app_instance_user_id="alice", name="Alice"
    )


def error_of(app: App) -> list[str]:
    """The lines of synth's error, without CDK's own first line."""
    with pytest.raises(RuntimeError) as raised:
        app.synth(force=True)
    return str(raised.value).splitlines()[1:]


def modules(app: App, *, excluded: Sequence[str] = ()) -> Stack:
    """A stack with two modules of one user, which tag their content except for the excluded types."""
    stack = stack_in(app, "Push")
    for name in ("Phone", "Tablet"):
        module = Construct(stack, name)
        phone_in(module, "Endpoint")
        Tags.of(module).add("module", name, exclude_resource_types=list(excluded))
    return stack


def tags_in(stack: Stack) -> list[Any]:
    """The user tags of each custom resource in a stack."""
    return [each["Properties"]["Tags"] for each in resources(template_of(stack), TAGS).values()]


def test_a_contradiction_names_key_values_constructs_and_the_way_out() -> None:
    """The error has everything that is needed to correct it."""
    app = App()
    modules(app)
    contradiction, way_out = error_of(app)
    assert '"module" is "Phone" on Push/Phone/Endpoint and "Tablet" on Push/Tablet/Endpoint' in contradiction
    assert 'Tags.of(endpoint).remove("module")' in way_out
    assert f'exclude_resource_types=["{ENDPOINT_TYPE}"]' in way_out


def test_removing_the_key_from_the_endpoints_is_a_way_out_of_a_contradiction() -> None:
    """The modules' other resources keep the key."""
    stack = modules(App())
    for name in ("Phone", "Tablet"):
        Tags.of(stack.node.find_child(name).node.find_child("Endpoint")).remove("module")
    assert tags_in(stack) == []


def test_excluding_endpoints_is_a_way_out_of_a_contradiction() -> None:
    """The exclusion is set where the tags are."""
    assert tags_in(modules(App(), excluded=[ENDPOINT_TYPE])) == []


def test_a_value_of_higher_priority_is_a_way_out_of_a_contradiction() -> None:
    """Priorities work as everywhere in CDK."""
    stack = modules(App())
    Tags.of(stack).add("module", "push", priority=300)
    assert tags_in(stack) == [[{"Key": "module", "Value": "push"}]]


def test_excluding_endpoints_keeps_the_key_on_everything_else() -> None:
    """For a user of the same app, the error suggests this first, because the user's own tags stay."""
    app = App()
    identity, push = stack_in(app, "Identity"), stack_in(app, "Push")
    endpoint(push, app_instance_user=user_in(identity))
    Tags.of(identity).add("component", "identity")
    Tags.of(push).add("component", "push", exclude_resource_types=[ENDPOINT_TYPE])
    assert properties(template_of(identity), NATIVE)["Tags"] == [{"Key": "component", "Value": "identity"}]


def test_an_empty_value_is_reported_once_for_all_constructs() -> None:
    """CDK and other services accept an empty value, so it is often set on the whole app."""
    app = App()
    stacks = [stack_in(app, name) for name in ("One", "Two")]
    for stack in stacks:
        for number in range(3):
            phone_in(stack, f"Phone{number}", app_instance_user=f"{ALICE}{number}")
    for key in ("env", "owner"):
        Tags.of(app).add(key, key)
    Tags.of(app).add("cost-center", "")
    problem, way_out = error_of(app)
    assert 'the value of "cost-center" has 0 characters; 1 to 256 are allowed. [CE-106]' in problem
    assert problem.endswith("It is set on One/Phone0, One/Phone1, One/Phone2, Two/Phone0 and 2 more.")
    assert 'Tags.of(scope).add("cost-center", …)' in way_out


def test_an_empty_value_may_be_kept_off_endpoints() -> None:
    """The error suggests this."""
    app = App()
    stack = stack_in(app)
    endpoint(stack)
    Tags.of(app).add("cost-center", "", exclude_resource_types=[ENDPOINT_TYPE])
    assert resources(template_of(stack), TAGS) == {}


def test_what_a_user_of_the_app_carries_itself_is_excluded_as_well() -> None:
    """The suggestion names every type with the key, and it works."""
    types = [NATIVE, ENDPOINT_TYPE]

    def identity_in(app: App, excluded: Sequence[str]) -> Stack:
        identity = stack_in(app, "Identity")
        endpoint(stack_in(app, "Push"), app_instance_user=user_in(identity))
        Tags.of(app).add("cost-center", "", exclude_resource_types=list(excluded))
        return identity

    app = App()
    identity_in(app, [])
    *_, way_out = error_of(app)
    assert f'exclude_resource_types=["{types[0]}", "{types[1]}"]' in way_out
    assert "Tags" not in properties(template_of(identity_in(App(), types)), NATIVE)


def test_every_problem_of_every_user_is_in_one_error() -> None:
    """Each problem is reported once, for any number of users and endpoints. The remedies are at the end."""
    app = App()
    stack = stack_in(app)
    for number in range(20):
        for name in ("A", "B"):
            Tags.of(endpoint(stack, f"{name}{number}", app_instance_user=f"{ALICE}{number}")).add("module", name)
    Tags.of(app).add("aws:owner", "me")
    Tags.of(app).add("long", "v" * 257)
    reserved, long, contradiction, way_out = error_of(app)
    assert 'the key "aws:owner" begins with aws:' in reserved
    assert 'the value of "long" has 257 characters' in long
    assert contradiction.endswith(
        "The same applies to the AppInstanceUsers of Stack/A1, Stack/A2, Stack/A3, Stack/A4 and 15 more."
    )
    assert "Give each key one valid value" in way_out


def test_more_tags_than_a_user_can_have_are_counted_together() -> None:
    """Each endpoint may have fewer than 50 tags."""
    app = App()
    stack = stack_in(app)
    for name in ("A", "B"):
        phone = endpoint(stack, name, tags={f"{name}{number}": "x" for number in range(20)})
        for number in range(10):
            Tags.of(phone).add(f"more-{name}{number}", "x")
    problem, _ = error_of(app)
    assert "the AppInstanceUser of Stack/A and Stack/B would have 60 tags; at most 50 are allowed. [CE-106]" in problem


def test_a_corrected_app_can_be_synthesized_again() -> None:
    """Earlier errors are not remembered."""
    app = App()
    first, second = stack_in(app, "First"), stack_in(app, "Second")
    phones = [phone_in(first), phone_in(second)]
    for phone in phones:
        Tags.of(phone).add("a", "")
    assert len(error_of(app)) == 2
    Tags.of(phones[0]).remove("a")
    problem, _ = error_of(app)
    assert problem.endswith("It is set on Second/Phone.")
    Tags.of(phones[1]).remove("a")
    app.synth(force=True)


def test_tags_of_stages_are_checked_stage_by_stage() -> None:
    """CDK synthesizes stages separately."""
    app = App()
    for name in ("Dev", "Prod"):
        stage = Stage(app, name)
        phone_in(Stack(stage, "Push"))
        Tags.of(stage).add("env", "" if name == "Prod" else name)
    problem, _ = error_of(app)
    assert problem.startswith("  [Prod/Push/")
    assert problem.endswith("It is set on Prod/Push/Phone.")


def test_values_that_say_the_same_do_not_contradict() -> None:
    """Examples are two tokens for one parameter, and a pseudo parameter and its value."""
    app = App()
    stack = stack_in(app)
    CfnParameter(stack, "Team", default="chat")
    for name in ("A", "B"):
        Tags.of(endpoint(stack, name)).add("team", Fn.ref("Team"))
    Tags.of(stack.node.find_child("A")).add("stack", Fn.ref("AWS::StackName"))
    Tags.of(stack.node.find_child("B")).add("stack", "Stack")
    found = properties(template_of(stack), TAGS)["Tags"]
    assert found[1] == {"Key": "team", "Value": {"Ref": "Team"}}


def test_an_aspect_that_sets_tags_reaches_endpoints() -> None:
    """It also reaches every other construct with a tag manager."""

    @jsii.implements(IAspect)
    class Owner:
        def visit(self, node: IConstruct) -> None:
            manager = TagManager.of(node)
            if manager is not None:
                manager.set_tag("owner", "chat")

    app = App()
    stack = stack_in(app)
    endpoint(stack)
    Aspects.of(app).add(Owner())
    assert properties(template_of(stack), TAGS)["Tags"] == [{"Key": "owner", "Value": "chat"}]


@pytest.mark.parametrize("declare", [endpoint, ChimeIdentityTags])
def test_declared_tags_are_named_by_their_keys(declare: Callable[..., object]) -> None:
    """The error lists all of them as they are written."""
    stack = stack_in()
    more = {"resource_arn": BOB} if declare is ChimeIdentityTags else {}
    with pytest.raises(InvalidDeclarationError) as raised:
        declare(stack, "It", tags={"good": "x", "empty": "", "aws:x": "y", "number": 5}, **more)
    assert raised.value.problems == (
        'tags: the value of "empty" has 0 characters; 1 to 256 are allowed. [CE-106]',
        'tags: the key "aws:x" begins with aws:, which is reserved for AWS; choose another key. [CE-112]',
        'tags: the value of "number" must be a string. [CE-104]',
    )
