"""The role's permissions match the calls and the declared resources, for as long as they are needed."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import App, CfnParameter
from aws_cdk import aws_chime as chime
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_pinpoint as pinpoint
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.assertions import Annotations, Match

from chime_endpoints import ChimeIdentityTags, DeviceToken, EndpointProvider
from chime_endpoints._iam.statements import ENDPOINT_ACTIONS, TAG_ACTIONS
from synth.stage import (
    ALICE,
    APP_INSTANCE,
    APPLICATION,
    BOB,
    ENDPOINT,
    SECRET,
    allowed,
    endpoint,
    only,
    policies,
    policy_allowing,
    resources,
    stack_in,
    template_of,
)

TEXT = DeviceToken.unsafe_plain_text
BASIC = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "cloudformation:DescribeStackResource",
}


def test_exactly_what_is_called_is_allowed() -> None:
    """For a plain-text token without tags, these are the endpoint actions, GetApp, its log and its stack."""
    stack = stack_in()
    endpoint(stack, device_token=TEXT("x"))
    granted = allowed(template_of(stack))
    assert set(granted) == {*ENDPOINT_ACTIONS, "mobiletargeting:GetApp", "cloudformation:DescribeStackEvents", *BASIC}
    for action in ENDPOINT_ACTIONS:
        assert granted[action] == [f"{APP_INSTANCE}/user/*"]
    assert granted["mobiletargeting:GetApp"] == [APPLICATION]
    assert granted["cloudformation:DescribeStackResource"] == [{"Ref": "AWS::StackId"}]
    (log,) = granted["logs:PutLogEvents"]
    assert log["Fn::GetAtt"][1] == "Arn"


def test_no_managed_policy_of_aws_is_attached() -> None:
    """The role has only what this app grants."""
    stack = stack_in()
    endpoint(stack)
    role = only(template_of(stack), "AWS::IAM::Role")["Properties"]
    assert set(role) == {"AssumeRolePolicyDocument"}


def test_each_app_instance_has_a_policy_of_its_own() -> None:
    """Endpoints depend only on the policy of their own app instance."""
    stack = stack_in()
    other = "arn:aws:chime:us-east-1:111122223333:app-instance/4567"
    endpoint(stack, "One", device_token=TEXT("1"))
    endpoint(stack, "Two", device_token=TEXT("2"), app_instance_user=BOB)
    endpoint(stack, "Three", device_token=TEXT("3"), app_instance_user=f"{other}/user/alice")
    template = template_of(stack)
    first, second = sorted(
        policy_allowing(template, ENDPOINT_ACTIONS[0]),
        key=lambda name: str(template["Resources"][name]["Properties"]["PolicyDocument"]),
    )
    depends = {
        name[:3]: [policy for policy in each["DependsOn"] if "AppInstance" in policy]
        for name, each in resources(template, ENDPOINT).items()
    }
    assert depends == {"One": [first], "Two": [first], "Thr": [second]}


def test_an_endpoint_depends_on_every_policy_it_needs() -> None:
    """F30, F64, F65: It is created after them and deleted before them."""
    stack = stack_in()
    endpoint(stack)
    template = template_of(stack)
    needed = {
        name
        for action in (*ENDPOINT_ACTIONS, "mobiletargeting:GetApp", "secretsmanager:GetSecretValue")
        for name in policy_allowing(template, action)
    }
    assert set(only(template, ENDPOINT)["DependsOn"]) == needed


def test_the_function_depends_on_its_basic_policy() -> None:
    """F65: The policy therefore outlives everything that the function deletes."""
    stack = stack_in()
    endpoint(stack)
    template = template_of(stack)
    (basics,) = policy_allowing(template, "logs:PutLogEvents")
    assert basics in only(template, "AWS::Lambda::Function")["DependsOn"]


def test_a_policys_id_depends_on_what_it_allows() -> None:
    """F64: Adding an endpoint changes no policy. Removing an app instance or application removes only its policy."""

    def made(*changes: dict[str, Any]) -> dict[str, Any]:
        stack = stack_in()
        for number, change in enumerate(changes):
            endpoint(stack, f"Phone{number}", device_token=TEXT(str(number)), **change)
        return dict(policies(template_of(stack)))

    elsewhere = {"application": APPLICATION + "f"}
    few, many = made({}), made({}, {"app_instance_user": BOB}, elsewhere)
    assert few.items() <= many.items()
    assert len(many) == len(few) + 1


def test_a_native_users_app_instance_is_known_from_it() -> None:
    """The user's app instance can be a token or an ARN."""
    stack = stack_in()
    instance = chime.CfnAppInstance(stack, "Instance", name="chat")
    user = chime.CfnAppInstanceUser(
        stack,
        "User",
        app_instance_arn=instance.attr_app_instance_arn,
        app_instance_user_id="alice",
        name="Alice",
    )
    endpoint(stack, "One", app_instance_user=user, device_token=TEXT("1"))
    endpoint(stack, "Two", app_instance_user=f"{instance.attr_app_instance_arn}/user/bob", device_token=TEXT("2"))
    granted = allowed(template_of(stack))
    arn = {"Fn::GetAtt": ["Instance", "AppInstanceArn"]}
    assert granted[ENDPOINT_ACTIONS[0]] == [{"Fn::Join": ["", [arn, "/user/*"]]}]


def test_an_app_instance_is_cut_out_of_an_unknown_users_arn() -> None:
    """CloudFormation does this at deployment."""
    stack = stack_in()
    endpoint(stack, app_instance_user=CfnParameter(stack, "User").value_as_string, device_token=TEXT("1"))
    (resource,) = allowed(template_of(stack))[ENDPOINT_ACTIONS[0]]
    cut = {"Fn::Select": [0, {"Fn::Split": ["/user/", {"Ref": "User"}]}]}
    assert resource == {"Fn::Join": ["", [cut, "/user/*"]]}


def test_only_endpoints_need_the_stacks_events() -> None:
    """A stack with tags and no endpoint is not allowed to read them."""
    tagged = stack_in()
    ChimeIdentityTags(tagged, "Tags", resource_arn=APP_INSTANCE, tags={"team": "chat"})
    assert set(allowed(template_of(tagged))) == {*TAG_ACTIONS, *BASIC}


def test_the_stacks_events_stay_readable_until_the_last_endpoint_is_deleted() -> None:
    """The tags may remain. CloudFormation deletes the endpoint before the provider's policy loses the action."""
    stack = stack_in()
    endpoint(stack)
    ChimeIdentityTags(stack, "Tags", resource_arn=APP_INSTANCE, tags={"team": "chat"})
    template = template_of(stack)
    (basics,) = policy_allowing(template, "logs:PutLogEvents")
    lasting = set(policy_allowing(template, "cloudformation:DescribeStackEvents")) - {basics}
    assert lasting
    assert lasting <= set(only(template, ENDPOINT)["DependsOn"])


class TestForeignRoles:
    """Roles and providers from elsewhere."""

    def test_an_imported_role_gets_the_policies(self) -> None:
        """CDK does this for every role that it can change."""
        stack = stack_in()
        role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::111122223333:role/mine")
        endpoint(stack, provider=EndpointProvider(stack, "P", role=role))
        template = template_of(stack)
        assert all(policy["Properties"]["Roles"] == ["mine"] for policy in policies(template).values())
        assert "mobiletargeting:GetApp" in allowed(template)

    def test_an_immutable_role_is_left_alone_and_reported(self) -> None:
        """F12: A warning lists everything that the role must allow."""
        stack = stack_in()
        role = iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::111122223333:role/mine", mutable=False)
        endpoint(stack, provider=EndpointProvider(stack, "P", role=role), tags={"a": "b"})
        template = template_of(stack)
        assert policies(template) == {}
        assert "DependsOn" not in only(template, ENDPOINT)
        told = " ".join(
            str(each.entry.data) for each in Annotations.from_stack(stack).find_warning("*", Match.any_value())
        )
        for action in (
            *ENDPOINT_ACTIONS,
            "mobiletargeting:GetApp",
            "secretsmanager:GetSecretValue",
            "cloudformation:DescribeStacks",
            "chime:TagResource",
        ):
            assert action in told
        for resource in (f"{APP_INSTANCE}/user/*", APPLICATION, SECRET, ALICE):
            assert resource in told

    def test_a_provider_known_by_its_token_is_reported(self) -> None:
        """F12: There is no warning if its role is given."""
        stack = stack_in()
        token = "arn:aws:lambda:us-east-1:111122223333:function:provider"
        endpoint(stack, provider=EndpointProvider.from_service_token(stack, "P", token))
        template = template_of(stack)
        assert only(template, ENDPOINT)["Properties"]["ServiceToken"] == token
        assert set(resources(template, ENDPOINT)) == set(template["Resources"])
        Annotations.from_stack(stack).has_warning("*", Match.string_like_regexp("mobiletargeting:GetApp"))

    def test_a_providers_role_is_given_what_its_endpoints_need(self) -> None:
        """This includes what every provider needs for the stack."""
        stack = stack_in()
        role = iam.Role.from_role_name(stack, "Role", "theirs")
        provider = EndpointProvider.from_service_token(
            stack, "P", "arn:aws:lambda:us-east-1:111122223333:function:provider", role=role
        )
        endpoint(stack, provider=provider)
        granted = allowed(template_of(stack))
        assert {"cloudformation:DescribeStackResource", *ENDPOINT_ACTIONS} <= set(granted)
        assert Annotations.from_stack(stack).find_warning("*", Match.any_value()) == []

    def test_a_shared_providers_permissions_are_in_the_stack_that_needs_them(self) -> None:
        """F13, F65: They are deleted with the endpoints, and the provider's stack does not know them."""
        app = App()
        shared, one, two = (stack_in(app, name) for name in ("Shared", "One", "Two"))
        provider = EndpointProvider(shared, "Provider")
        endpoint(one, "Phone", provider=provider)
        endpoint(two, "Phone", provider=provider, app_instance_user=BOB, tags={"a": "b"})
        assert set(allowed(template_of(shared))) == BASIC
        for stack in (one, two):
            template = template_of(stack)
            granted = allowed(template)
            assert granted["cloudformation:DescribeStackResource"] == [{"Ref": "AWS::StackId"}]
            assert set(ENDPOINT_ACTIONS) <= set(granted)
            (of_stack,) = policy_allowing(template, "cloudformation:DescribeStackResource")
            assert of_stack in only(template, ENDPOINT)["DependsOn"]
            assert resources(template, "AWS::Lambda::Function") == {}
        names = [
            policy["Properties"]["PolicyName"]
            for stack in (shared, one, two)
            for policy in policies(template_of(stack)).values()
        ]
        assert len(names) == len(set(names))

    def test_more_policies_than_a_role_may_have_are_refused(self) -> None:
        """IAM would refuse them halfway through a deployment."""
        stack = stack_in()
        for number in range(30):
            endpoint(
                stack,
                f"Phone{number}",
                app_instance_user=f"{APP_INSTANCE}-{number}/user/alice",
                device_token=TEXT("x"),
            )
        with pytest.raises(RuntimeError, match=r"IAM allows a role only 10240"):
            template_of(stack)


def test_a_whole_set_up_in_one_stack_has_no_circle() -> None:
    """The stack has an app instance, a user, an application, a secret, a key and an endpoint with tags."""
    stack = stack_in()
    instance = chime.CfnAppInstance(stack, "Instance", name="chat")
    user = chime.CfnAppInstanceUser(
        stack, "User", app_instance_arn=instance.attr_app_instance_arn, app_instance_user_id="alice", name="A"
    )
    secret = secretsmanager.Secret(stack, "Secret", encryption_key=kms.Key(stack, "Key"))
    endpoint(
        stack,
        app_instance_user=user,
        application=pinpoint.CfnApp(stack, "App", name="chat"),
        device_token=DeviceToken.from_secrets_manager(secret, "apns"),
        tags={"team": "chat"},
    )
    template_of(stack)  # CDK's own check for circles raises
