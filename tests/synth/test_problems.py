"""Synth reports all mistakes of a declaration in one error, which starts with the construct's path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import App, Aws, CfnParameter, Environment, Fn, Stack, Stage
from aws_cdk import aws_chime as chime
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from aws_cdk.assertions import Annotations, Match
from constructs import Construct

from chime_endpoints import (
    AppInstanceUserEndpoint,
    ChimeIdentityTags,
    DeviceToken,
    EndpointType,
    InvalidDeclarationError,
)
from synth.stage import ALICE, APP_INSTANCE, BOB, endpoint, secret_token, stack_in, template_of

ELSEWHERE = "arn:aws:mobiletargeting:eu-west-1:111122223333:apps/1"
TEXT = DeviceToken.unsafe_plain_text


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"device_token": None}, "device_token must be a DeviceToken, not None. Use DeviceToken.from_secrets_manager"),
        (
            {"device_token": "canary"},
            "device_token must be a DeviceToken, not a string. Use DeviceToken.from_secrets_manager",
        ),
        ({"voip_device_token": "canary"}, "voip_device_token must be a DeviceToken, not a string. Use"),
        ({"device_token": TEXT("")}, "device_token has 0 characters; 1 to 1600 are allowed."),
        ({"device_token": TEXT("canary" * 300)}, "device_token has 1800 characters; 1 to 1600 are allowed."),
        ({"device_token": TEXT("{{resolve:secretsmanager:canary}}")}, "device_token contains a dynamic reference"),
        (
            {"endpoint_type": "FCM"},
            "endpoint_type must be a member of EndpointType, not a string. Use EndpointType.APNS, ",
        ),
        ({"endpoint_type": None}, "endpoint_type must be a member of EndpointType, not None. Use EndpointType.APNS, "),
        (
            {"endpoint_type": EndpointType.GCM, "voip_device_token": TEXT("canary")},
            "voip_device_token: VoIP pushes are for Apple devices only; with endpoint_type GCM, remove it.",
        ),
        (
            {"allow_messages": "NONE"},
            "allow_messages must be a member of AllowMessages, not a string. Use AllowMessages",
        ),
        ({"app_instance_user": "alice"}, "app_instance_user is not the ARN of an AppInstanceUser"),
        ({"app_instance_user": APP_INSTANCE}, "app_instance_user is not the ARN of an AppInstanceUser"),
        ({"app_instance_user": f"{APP_INSTANCE}/bot/b"}, "app_instance_user is not the ARN of an AppInstanceUser"),
        ({"app_instance_user": "arn:aws:iam::111122223333:user/alice"}, "app_instance_user is not the ARN of an"),
        ({"app_instance_user": None}, "app_instance_user must be a string or a CfnAppInstanceUser, not None."),
        ({"application": "arn:aws:s3:::bucket"}, "application is not the ARN of an application"),
        ({"application": None}, "application must be a string or a Pinpoint CfnApp, not None."),
        (
            {"application": "arn:aws:mobiletargeting:eu-central-1:111122223333:apps/1"},
            "application is in another region than the AppInstanceUser",
        ),
        (
            {"application": "arn:aws:mobiletargeting:us-east-1:999999999999:apps/1"},
            "application is in another account than the AppInstanceUser",
        ),
        ({"endpoint_name": "x" * 1601}, "endpoint_name has 1601 characters; 0 to 1600 are allowed."),
        ({"endpoint_name": "a\nb"}, "endpoint_name contains a control character"),
        ({"tags": [{"Key": "team", "Value": "chat"}]}, "tags must be a mapping of keys to values, not a list."),
        (
            {"provider": "arn:aws:lambda:us-east-1:111122223333:function:f"},
            "provider must be a provider, not a string. Use",
        ),
        ({"tags": {"aws:x": "y"}}, 'tags: the key "aws:x" begins with aws:, which is reserved for AWS'),
        ({"tags": {"k" * 129: "v"}}, 'tags: the key "' + "k" * 59 + "… has 129 characters; 1 to 128 are allowed."),
        ({"tags": {"k": ""}}, 'tags: the value of "k" has 0 characters; 1 to 256 are allowed.'),
        ({"tags": {str(number): "v" for number in range(51)}}, "tags has 51 entries; at most 50 are allowed."),
    ],
)
def test_an_invalid_parameter_is_named(changes: dict[str, Any], expected: str) -> None:
    """F1, F2, F3, F4, F5, F6, F8, F9: The error has the name of the parameter and not its value."""
    with pytest.raises(InvalidDeclarationError) as raised:
        endpoint(stack_in(), **changes)
    assert str(raised.value).startswith(f"Stack/Phone: {expected}")
    assert len(raised.value.problems) == 1
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("*", "contains a wildcard. Declare a single secret or parameter. [CE-105]"),
        ("chime/*-tokens", "contains a wildcard. Declare a single secret or parameter. [CE-105]"),
        ("push:alice::", "is not the name or ARN of a secret. [CE-105]"),
        ("push tokens", "is not the name or ARN of a secret. [CE-105]"),
    ],
)
def test_an_invalid_name_of_a_secret_gets_into_no_policy(name: str, told: str) -> None:
    """A wildcard in the name would allow the function to read other secrets."""
    stack = stack_in()
    token = DeviceToken.from_secrets_manager(secretsmanager.Secret.from_secret_name_v2(stack, "S", name))
    with pytest.raises(InvalidDeclarationError) as raised:
        endpoint(stack, device_token=token)
    assert str(raised.value) == f"Stack/Phone: device_token.secret {told}"


def test_a_list_of_strings_is_no_parameter_for_a_token() -> None:
    """The function does not choose from a list."""
    stack = stack_in()
    names = ssm.StringListParameter(stack, "Names", string_list_value=["a", "b"])
    with pytest.raises(TypeError, match="parameter must be a parameter, not a StringListParameter"):
        DeviceToken.from_ssm_parameter(names)  # type: ignore[arg-type]  # what the test is about


@pytest.mark.parametrize("text", ['{"a": "canary"}', '"canary"', "canary ", "file://canary", "canary,b", "None"])
def test_a_value_that_is_no_device_token_is_refused_at_synth(text: str) -> None:
    """The rule is the function's own, and the error does not contain the value."""
    with pytest.raises(InvalidDeclarationError) as raised:
        endpoint(stack_in(), device_token=TEXT(text))
    assert len(raised.value.problems) == 1
    assert str(raised.value).startswith("Stack/Phone: device_token ")
    assert "canary" not in str(raised.value)


def test_a_reference_that_cloudformation_resolves_is_judged_when_the_event_arrives() -> None:
    """An example is a parameter of type String in plain text."""
    endpoint(stack_in(), device_token=TEXT("{{resolve:ssm:/push/alice}}"))


@pytest.mark.parametrize("given", ["canary", None, 5])
def test_a_token_source_must_be_a_construct(given: Any) -> None:
    """F1: A name or an ARN is not a token source. The error says how to create one, and does not repeat the value."""
    with pytest.raises(
        TypeError, match=r"secret must be a secret, not .*\. Use aws_secretsmanager\.Secret\.from_secret_complete_arn"
    ) as found:
        DeviceToken.from_secrets_manager(given)
    assert "canary" not in str(found.value)
    with pytest.raises(
        TypeError,
        match=r"parameter must be a parameter, not .*\. Use aws_ssm\.StringParameter\.from_secure_string_parameter",
    ):
        DeviceToken.from_ssm_parameter(given)


def test_a_reference_to_an_endpoint_is_checked() -> None:
    """F5: An empty ID would refer to all endpoints of a user."""
    with pytest.raises(InvalidDeclarationError) as raised:
        AppInstanceUserEndpoint.from_endpoint_attributes(
            stack_in(), "Phone", app_instance_user_arn=APP_INSTANCE, endpoint_id=""
        )
    assert str(raised.value).startswith("Stack/Phone: ")
    user, endpoint_id = raised.value.problems
    assert user.startswith("app_instance_user_arn is not the ARN of an AppInstanceUser")
    assert endpoint_id.startswith("endpoint_id has 0 characters; 1 to 64 are allowed.")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"tags": ["team"]}, "tags must be a mapping of keys to values, not a list."),
        ({"provider": 5}, "provider must be a provider, not an integer. Use an EndpointProvider, or "),
    ],
)
def test_tags_of_other_identities_are_checked(changes: dict[str, Any], expected: str) -> None:
    """F9: The rules are those for the tags of endpoints."""
    given: dict[str, Any] = {"resource_arn": APP_INSTANCE, "tags": {"team": "chat"}} | changes
    with pytest.raises(InvalidDeclarationError) as raised:
        ChimeIdentityTags(stack_in(), "Tags", **given)
    assert str(raised.value).startswith(f"Stack/Tags: {expected}")


def test_a_source_of_a_token_is_checked() -> None:
    """F1: The name of a field also has its limits."""
    stack = stack_in()
    token = secret_token(stack, "")
    with pytest.raises(InvalidDeclarationError, match=r"device_token\.field has 0 characters"):
        endpoint(stack, device_token=token)


def test_all_problems_are_in_one_error() -> None:
    """One synth reports everything to correct, under the construct's path."""
    stack = stack_in()
    home = Construct(stack, "Home")
    with pytest.raises(InvalidDeclarationError) as raised:
        endpoint(home, "Phone", endpoint_type="FCM", device_token="x", application="y", tags={"k": ""})
    assert str(raised.value).splitlines()[0] == "Stack/Home/Phone: "
    assert raised.value.path == "Stack/Home/Phone"
    assert len(raised.value.problems) == len(str(raised.value).splitlines()) - 1 == 4


def test_a_refused_endpoint_leaves_nothing_behind() -> None:
    """The template has no part of it, and its token is free for another endpoint."""
    stack = stack_in()
    token = secret_token(stack, "apns")
    with pytest.raises(InvalidDeclarationError):
        endpoint(stack, device_token=token, endpoint_type="FCM")
    endpoint(stack, device_token=token)
    template_of(stack)


def test_the_same_token_twice_for_a_user_is_refused() -> None:
    """F10: The service registers a token once. The error names both constructs."""
    app = App()
    one, two = stack_in(app, "One"), stack_in(app, "Two")
    endpoint(one, "Phone", device_token=secret_token(one, "apns"))
    with pytest.raises(
        InvalidDeclarationError, match=r"Two/Tablet: device_token: One/Phone declares the same token for the same user"
    ):
        endpoint(two, "Tablet", device_token=secret_token(two, "apns"))


def test_the_same_token_for_another_user_or_version_is_accepted() -> None:
    """F10: Only the whole combination is compared."""
    stack = stack_in()
    endpoint(stack, "One", device_token=secret_token(stack, "apns"))
    endpoint(stack, "Two", device_token=secret_token(stack, "apns"), app_instance_user=BOB)
    endpoint(stack, "Three", device_token=secret_token(stack, "fcm"))
    template_of(stack)


def test_two_stages_may_declare_the_same_for_their_own_users() -> None:
    """F10, F13: A user of one stack is a different user from that of another stack."""
    app = App()
    for name in ("Beta", "Prod"):
        stack = Stack(Stage(app, name), "Stack")
        user = chime.CfnAppInstanceUser(
            stack, "User", app_instance_arn=APP_INSTANCE, app_instance_user_id="alice", name="Alice"
        )
        endpoint(stack, app_instance_user=user.attr_app_instance_user_arn, device_token=TEXT("same"))


def test_the_same_id_twice_is_cdks_own_error() -> None:
    """F13: This is the same as for any construct."""
    stack = stack_in()
    endpoint(stack, "Phone")
    with pytest.raises(RuntimeError, match="already a Construct with name 'Phone'"):
        endpoint(stack, "Phone", app_instance_user=BOB)


@pytest.mark.parametrize(
    ("user", "environment"),
    [
        ("arn:aws:chime:eu-west-1:111122223333:app-instance/0123/user/alice", None),
        ("${Token}", Environment(region="eu-west-1")),
    ],
)
def test_a_region_without_the_service_is_a_warning(user: str, environment: Environment | None) -> None:
    """F7: The check uses the user's region if it is known, otherwise the stack's region."""
    stack = Stack(App(), "Stack", env=environment)
    if user == "${Token}":
        native = chime.CfnAppInstanceUser(
            stack, "User", app_instance_arn=APP_INSTANCE, app_instance_user_id="alice", name="Alice"
        )
        endpoint(stack, app_instance_user=native)
    else:
        endpoint(stack, app_instance_user=user, application=ELSEWHERE)
    Annotations.from_stack(stack).has_warning(
        "/Stack/Phone", Match.string_like_regexp("not available in eu-west-1.* in us-east-1 or eu-central-1")
    )


def warnings_of(stack: Stack) -> list[object]:
    """The warnings in a stack."""
    return list(Annotations.from_stack(stack).find_warning("*", Match.any_value()))


def test_a_region_with_the_service_is_no_warning() -> None:
    """F7: A stack in another region is fine if its user is in a region with the service."""
    stack = Stack(App(), "Stack", env=Environment(region="eu-west-1"))
    endpoint(stack, app_instance_user=ALICE)
    assert warnings_of(stack) == []


@pytest.mark.parametrize("by_attribute", [False, True])
def test_a_user_of_another_stack_is_in_that_stacks_region(by_attribute: bool) -> None:  # noqa: FBT001 - a parametrized case
    """F7: The stack of the endpoint does not matter."""
    app = App()
    here, there, nowhere = (
        Stack(app, region, env=Environment(account="111122223333", region=region), cross_region_references=True)
        for region in ("eu-west-1", "us-east-1", "eu-west-2")
    )
    for home, warned in ((there, False), (nowhere, True)):
        user = chime.CfnAppInstanceUser(
            home, "User", app_instance_arn=APP_INSTANCE, app_instance_user_id="alice", name="Alice"
        )
        phone = endpoint(
            here,
            f"In{home.region}",
            app_instance_user=user.attr_app_instance_user_arn if by_attribute else user,
            device_token=TEXT("x"),
        )
        found = Annotations.from_stack(here).find_warning(f"/{phone.node.path}", Match.any_value())
        assert bool(found) is warned
        with pytest.raises(InvalidDeclarationError, match=f"but Amazon Chime SDK sends the events in {home.region}"):
            phone.on_delivery_failure("Failures")


@pytest.mark.parametrize(
    ("user", "warned"),
    [
        (lambda stack: CfnParameter(stack, "User").value_as_string, False),
        (lambda _: Fn.import_value("User"), False),
        (lambda _: Fn.select(0, Fn.split(",", Fn.import_value("Users"))), False),
        (lambda _: f"arn:aws:chime:us-east-1:{Aws.ACCOUNT_ID}:app-instance/0123/user/alice", False),
        (lambda stack: f"arn:aws:chime:{CfnParameter(stack, 'R').value_as_string}:1:app-instance/0/user/a", False),
        (lambda _: f"arn:aws:chime:{Aws.REGION}:{Aws.ACCOUNT_ID}:app-instance/0123/user/alice", True),
        (lambda _: f"arn:aws:chime:eu-west-1:{Aws.ACCOUNT_ID}:app-instance/0123/user/alice", True),
    ],
)
def test_a_region_that_is_not_known_is_no_warning(user: Callable[[Stack], str], warned: bool) -> None:  # noqa: FBT001 - a parametrized case
    """F7: A warning would fail `cdk synth --strict` for a declaration that may be correct."""
    stack = Stack(App(), "Stack", env=Environment(region="eu-west-1"))
    endpoint(stack, app_instance_user=user(stack), device_token=TEXT("x"))
    assert bool(warnings_of(stack)) is warned
