"""Assertions for users' own tests about the endpoints in a template."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Any

import pytest
from aws_cdk import App, RemovalPolicy, Stack
from aws_cdk import aws_chime as chime
from aws_cdk import aws_pinpoint as pinpoint
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from aws_cdk.assertions import Match

from chime_endpoints import AllowMessages, AppInstanceUserEndpoint, DeviceToken, EndpointProvider, EndpointType
from chime_endpoints.assertions import EndpointTemplate
from chime_endpoints.assertions.expected import NAMES
from chime_endpoints.assertions.values import READERS
from chime_endpoints_handler.model.declaration import ENDPOINT_TYPE
from support.deployment import ROOT
from synth.stage import ALICE, APP_INSTANCE, APPLICATION, BOB, SECRET, secret_token

pytestmark = pytest.mark.cdk

TOKEN = "a-device-token-that-no-message-may-contain"


class _Declared:
    """A stack with three endpoints, and what they refer to."""

    def __init__(self) -> None:
        self.app = App()
        self.stack = stack = Stack(self.app, "Chat")
        self.carol = chime.CfnAppInstanceUser(
            stack, "Carol", app_instance_arn=APP_INSTANCE, app_instance_user_id="carol", name="Carol"
        )
        self.application = pinpoint.CfnApp(stack, "Push", name="push")
        self.parameter = ssm.StringParameter.from_secure_string_parameter_attributes(
            stack, "Token", parameter_name="/push/carol"
        )
        self.secret = secretsmanager.Secret.from_secret_complete_arn(stack, f"Secret{SECRET}", SECRET)
        self.provider = EndpointProvider(stack, "Provider")
        AppInstanceUserEndpoint(
            stack,
            "Phone",
            app_instance_user=ALICE,
            endpoint_type=EndpointType.APNS,
            application=APPLICATION,
            device_token=secret_token(stack, "phone"),
            voip_device_token=secret_token(stack, "voip"),
            endpoint_name="Alice's phone",
            adopt_existing=True,
            tags={"team": "chat"},
            removal_policy=RemovalPolicy.RETAIN,
            update_replace_policy=RemovalPolicy.DESTROY,
        )
        AppInstanceUserEndpoint(
            stack,
            "Tablet",
            app_instance_user=self.carol,
            endpoint_type=EndpointType.GCM,
            application=self.application,
            device_token=DeviceToken.from_ssm_parameter(self.parameter, version=3),
            allow_messages=AllowMessages.NONE,
            tags={"plan": "free"},
        )
        AppInstanceUserEndpoint(
            stack,
            "Watch",
            app_instance_user=BOB,
            endpoint_type=EndpointType.APNS,
            application=APPLICATION,
            device_token=DeviceToken.unsafe_plain_text(TOKEN),
        )
        self.template = EndpointTemplate.from_stack(stack)


@pytest.fixture(scope="module")
def declared() -> _Declared:
    """One stack for all tests, which only read it."""
    return _Declared()


def _refusal(assertion: Any, *args: Any, **expected: Any) -> str:
    with pytest.raises(AssertionError) as refused:
        assertion(*args, **expected)
    assert TOKEN not in str(refused.value)
    return str(refused.value)


def test_every_option_of_the_construct_can_be_expected() -> None:
    """Tags have an assertion of their own, because endpoints have none."""
    options = set(inspect.signature(AppInstanceUserEndpoint.__init__).parameters) - {"self", "scope", "id", "tags"}
    assert set(NAMES) == set(READERS) == options


def test_an_endpoint_is_found_by_its_options(declared: _Declared) -> None:
    """The values are those of the construct: strings, enums, constructs and CDK tokens."""
    template = declared.template
    template.has_endpoint(
        app_instance_user=ALICE,
        endpoint_type=EndpointType.APNS,
        application=APPLICATION,
        device_token=secret_token(declared.stack, "phone"),
        voip_device_token=secret_token(declared.stack, "voip"),
        endpoint_name="Alice's phone",
        allow_messages=AllowMessages.ALL,
        adopt_existing=True,
        require_active=False,
        assumed_role_arn=None,
        removal_policy=RemovalPolicy.RETAIN,
        update_replace_policy=RemovalPolicy.DESTROY,
        provider=declared.provider,
    )
    template.has_endpoint(
        app_instance_user=declared.carol,
        application=declared.application,
        device_token=DeviceToken.from_ssm_parameter(declared.parameter, version="3"),
        voip_device_token=None,
        endpoint_name=None,
        allow_messages=AllowMessages.NONE,
        removal_policy=RemovalPolicy.DESTROY,
    )
    template.has_endpoint(app_instance_user=declared.carol.attr_app_instance_user_arn)
    template.has_endpoint(app_instance_user=BOB, device_token=DeviceToken.unsafe_plain_text(TOKEN))


def test_a_value_can_be_a_matcher(declared: _Declared) -> None:
    """It is one of aws_cdk.assertions."""
    template = declared.template
    template.endpoint_count_is(2, app_instance_user=Match.string_like_regexp("/user/(alice|bob)$"))
    template.has_no_endpoint(endpoint_type=Match.string_like_regexp("SANDBOX"))
    told = _refusal(template.has_endpoint, endpoint_name=Match.string_like_regexp("^Bob"))
    assert "has endpoint_name matching stringLikeRegexp" in told


def test_endpoints_are_counted_and_found(declared: _Declared) -> None:
    """Without options, all are."""
    template = declared.template
    template.endpoint_count_is(3)
    template.endpoint_count_is(1, removal_policy=RemovalPolicy.RETAIN)
    [phone] = template.find_endpoints(app_instance_user=ALICE)
    assert phone.startswith("Phone")
    told = _refusal(template.endpoint_count_is, 2, endpoint_type=EndpointType.GCM)
    assert told.startswith("Expected 2 endpoints in stack Chat with endpoint_type GCM, but found 1: Tablet")


def test_a_missing_endpoint_is_compared_with_the_closest(declared: _Declared) -> None:
    """The message shows what differs, and never a token."""
    told = _refusal(
        declared.template.has_endpoint,
        app_instance_user=BOB,
        endpoint_type=EndpointType.APNS,
        device_token=secret_token(declared.stack, "phone"),
    ).splitlines()
    assert told[0] == (
        f"No endpoint in stack Chat has app_instance_user {BOB} and endpoint_type APNS and device_token"
        f" field phone of secret {SECRET}."
    )
    assert told[1].startswith("  - Phone")
    assert told[1].endswith(f": app_instance_user is {ALICE}")
    assert told[2].startswith("  - Watch")
    assert told[2].endswith(": device_token is a token in plain text")
    assert "device_token is parameter /push/carol, version 3" in told[3]


def test_an_expected_token_is_not_shown_either(declared: _Declared) -> None:
    """This is a token in plain text, which the template does not have."""
    told = _refusal(
        declared.template.has_endpoint, app_instance_user=ALICE, device_token=DeviceToken.unsafe_plain_text(f"{TOKEN}2")
    )
    assert "device_token a token in plain text" in told


def test_all_endpoints_have_an_option(declared: _Declared) -> None:
    """Those that do not are named; a template without endpoints fulfils nothing."""
    declared.template.all_endpoints(provider=declared.provider)
    told = _refusal(declared.template.all_endpoints, application=APPLICATION)
    assert told.count("\n") == 1
    assert "Tablet" in told
    empty = EndpointTemplate.from_stack(Stack(App(), "Empty"))
    assert _refusal(empty.all_endpoints, application=APPLICATION).endswith("It has no endpoints.")
    assert _refusal(empty.has_endpoint).endswith("has any options. It has no endpoints.")


def test_an_unwanted_endpoint_is_named(declared: _Declared) -> None:
    """The message has its logical ID."""
    declared.template.has_no_endpoint(app_instance_user=f"{APP_INSTANCE}/user/dave")
    told = _refusal(declared.template.has_no_endpoint, app_instance_user=ALICE)
    assert told.startswith(f"Stack Chat has an endpoint with app_instance_user {ALICE}: Phone")


def test_sources_of_tokens(declared: _Declared) -> None:
    """A secret in any or in one field; a parameter in any version."""
    template = declared.template
    template.reads_secret(declared.secret)
    template.reads_secret(declared.secret, field="voip")
    template.reads_parameter(declared.parameter)
    told = _refusal(template.reads_secret, declared.secret, field="tablet")
    assert f"reads field tablet of secret {SECRET}. The endpoints read: a token in plain text, field phone of" in told


def test_tokens_in_plain_text_are_found(declared: _Declared) -> None:
    """The message names the endpoint and the remedy."""
    told = _refusal(declared.template.has_no_plain_text_token)
    assert "Watch" in told
    assert "Use DeviceToken.from_secrets_manager" in told
    EndpointTemplate.from_json({"Resources": {}}).has_no_plain_text_token()


def test_tags_are_those_of_the_user(declared: _Declared) -> None:
    """They are on the resource that tags a user, or on the user's own resource in the app."""
    template = declared.template
    template.has_user_tags(ALICE, {"team": "chat"})
    template.has_user_tags(declared.carol, {"plan": "free"})
    told = _refusal(template.has_user_tags, ALICE, {"team": "support"})
    assert told.endswith("has the tags {'team': 'chat'}, not {'team': 'support'}.")
    assert "has the tags {}, not" in _refusal(template.has_user_tags, BOB, {"team": "chat"})


def test_a_user_of_another_stack_is_found() -> None:
    """The template imports the user's ARN."""
    app = App()
    users, devices = Stack(app, "Users"), Stack(app, "Devices")
    carol = chime.CfnAppInstanceUser(
        users, "Carol", app_instance_arn=APP_INSTANCE, app_instance_user_id="carol", name="Carol"
    )
    AppInstanceUserEndpoint(
        devices,
        "Phone",
        app_instance_user=carol,
        endpoint_type=EndpointType.APNS,
        application=APPLICATION,
        device_token=secret_token(devices, "phone"),
    )
    EndpointTemplate.from_stack(devices).has_endpoint(app_instance_user=carol)


def test_a_template_without_cdk_is_read(declared: _Declared) -> None:
    """A number is the same as its string, as CloudFormation sends it. A construct needs the stack."""
    source = {"ParameterName": "/push/bob", "Version": 2}
    properties = {"AppInstanceUserArn": BOB, "AdoptExisting": True, "EndpointAttributes": {"DeviceTokenSource": source}}
    template = EndpointTemplate.from_json({"Resources": {"A": {"Type": ENDPOINT_TYPE, "Properties": properties}}})
    parameter = ssm.StringParameter.from_secure_string_parameter_attributes(
        Stack(), "P", parameter_name="/push/bob", version=2
    )
    template.has_endpoint(
        app_instance_user=BOB, adopt_existing=True, device_token=DeviceToken.from_ssm_parameter(parameter, version=2)
    )
    with pytest.raises(ValueError, match=r"use EndpointTemplate\.from_stack"):
        template.has_endpoint(app_instance_user=declared.carol)


def test_an_option_that_does_not_exist_is_refused(declared: _Declared) -> None:
    """Otherwise, a typing error would make a test pass."""
    with pytest.raises(TypeError, match="did you mean endpoint_type"):
        declared.template.has_no_endpoint(endpoint_typ="GCM")  # type: ignore[call-arg] # on purpose
    with pytest.raises(TypeError, match="the options are app_instance_user, "):
        declared.template.find_endpoints(zzz="GCM")  # type: ignore[call-arg] # on purpose


def test_the_documented_message_is_the_real_one() -> None:
    """It is what the page's own stack gives."""
    page = (ROOT / "docs" / "howto" / "assertions.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    exec(compile(page.partition("```python\n")[2].partition("```")[0], "assertions.md", "exec"), names)  # noqa: S102 - our own page
    devices = names["Devices"](App(), "Devices")
    told = _refusal(
        EndpointTemplate.from_stack(devices).has_endpoint,
        endpoint_type=EndpointType.GCM,
        device_token=DeviceToken.from_secrets_manager(devices.tokens, field="tablet"),
    )
    assert page.partition("```text\n")[2].partition("\n```")[0] == told


@pytest.mark.slow
def test_the_package_does_not_import_them() -> None:
    """Apps do not wait for what only tests need."""
    code = "import sys, chime_endpoints as c; c.AppInstanceUserEndpoint; print('aws_cdk.assertions' in sys.modules)"
    run = subprocess.run(  # noqa: S603 - this Python
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"CDK_VALIDATION": "false"}
    )
    assert run.stdout == "False\n"
