"""If the app cannot change a role, synth prints the policy that the role needs, ready to paste."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import Annotations, App, Environment, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from aws_cdk.assertions import Annotations as Found
from aws_cdk.assertions import Match

from chime_endpoints import ChimeIdentityTags, DeviceToken, EndpointProvider, IEndpointProvider
from chime_endpoints._iam.role_warning import WARNING
from synth.stage import ALICE, APP_INSTANCE, APPLICATION, SECRET, allowed, endpoint, policies, template_of

SERVICE_TOKEN = "arn:aws:lambda:us-east-1:111122223333:function:provider"
HERE = Environment(account="111122223333", region="us-east-1")
FOREIGN = "arn:aws:iam::444455556666:role/theirs"
_POLICY = re.compile(r'\{"Version".*?\n\]\}', re.DOTALL)

Role = Callable[[Stack], iam.IRole]


def immutable(stack: Stack) -> iam.IRole:
    """A role that was imported as immutable."""
    return iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::111122223333:role/mine", mutable=False)


def of_another_account(stack: Stack) -> iam.IRole:
    """A role in another account, to which CDK never attaches anything."""
    return iam.Role.from_role_arn(stack, "Role", FOREIGN)


def of_this_app(stack: Stack) -> iam.IRole:
    """A role that this app creates."""
    return iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))


def declare(stack: Stack, provider: IEndpointProvider) -> None:
    """Declare everything that needs a permission."""
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:111122223333:key/0123")
    secret = secretsmanager.Secret.from_secret_attributes(
        stack, "Secret", secret_complete_arn=SECRET, encryption_key=key
    )
    parameter = ssm.StringParameter.from_secure_string_parameter_attributes(
        stack,
        "Parameter",
        parameter_name="/alice",
        encryption_key=kms.Key.from_key_arn(stack, "Other", "arn:aws:kms:us-east-1:111122223333:key/4567"),
    )
    endpoint(
        stack,
        device_token=DeviceToken.from_secrets_manager(secret, "apns"),
        voip_device_token=DeviceToken.from_ssm_parameter(parameter),
        tags={"team": "chat"},
        provider=provider,
    )
    ChimeIdentityTags(stack, "Tags", resource_arn=APP_INSTANCE, tags={"team": "chat"}, provider=provider)


def pasted(stack: Stack) -> dict[str, list[Any]]:
    """The resources of each action in the policies of a stack's warnings."""
    found: dict[str, list[Any]] = {}
    for warning in Found.from_stack(stack).find_warning("*", Match.any_value()):
        for text in _POLICY.findall(str(warning.entry.data)):
            policy = json.loads(text)
            assert policy["Version"] == "2012-10-17"
            for statement in policy["Statement"]:
                assert statement["Effect"] == "Allow"
                actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                for action in actions:
                    found.setdefault(action, []).append(statement["Resource"])
    return found


def with_everything(role: Role) -> Stack:
    """A stack whose provider uses every option that needs a permission."""
    stack = Stack(App(), "Stack", env=HERE)
    vpc = ec2.Vpc(stack, "Vpc", max_azs=1)
    key = kms.Key(stack, "LogKey")
    provider = EndpointProvider(
        stack, "P", role=role(stack), vpc=vpc, tracing=lambda_.Tracing.ACTIVE, encryption_key=key
    )
    declare(stack, provider)
    return stack


@pytest.mark.parametrize("role", [immutable, of_another_account])
def test_the_policy_contains_what_a_role_of_this_app_gets(role: Role) -> None:
    """F12: It has every action of every construct and library, and nothing else."""
    stack = with_everything(role)
    assert policies(template_of(stack)) == {}
    assert set(pasted(stack)) == set(allowed(template_of(with_everything(of_this_app))))


def test_the_policy_can_be_pasted_as_it_is() -> None:
    """F12: If account and region are known, the policy contains no CloudFormation references."""
    found = pasted(with_everything(immutable))
    assert "${" not in json.dumps(found)
    assert found["logs:PutLogEvents"][0].startswith("arn:aws:logs:us-east-1:111122223333:log-group:Stack-PLog")
    assert found["cloudformation:DescribeStackResource"] == [
        "arn:aws:cloudformation:us-east-1:111122223333:stack/Stack/*"
    ]
    assert found["ec2:CreateNetworkInterface"] == ["arn:aws:ec2:us-east-1:111122223333:*/*"]
    assert found["mobiletargeting:GetApp"] == [APPLICATION]
    assert found["secretsmanager:GetSecretValue"] == [SECRET]
    assert found["ssm:GetParameter"] == ["arn:aws:ssm:us-east-1:111122223333:parameter/alice"]
    assert sorted(found["kms:Decrypt"]) == [f"arn:aws:kms:us-east-1:111122223333:key/{key}" for key in ("0123", "4567")]
    assert sorted(found["chime:TagResource"]) == sorted([ALICE, APP_INSTANCE])


def test_a_value_that_only_cloudformation_knows_is_marked() -> None:
    """F12: A sentence explains the placeholder."""
    stack = Stack(App(), "Stack")
    endpoint(stack, provider=EndpointProvider(stack, "P", role=immutable(stack)))
    found = pasted(stack)
    assert found["cloudformation:DescribeStackResource"] == [
        "arn:${AWS::Partition}:cloudformation:${AWS::Region}:${AWS::AccountId}:stack/Stack/*"
    ]
    Found.from_stack(stack).has_warning("*", Match.string_like_regexp("Replace each .* with its value at depl"))


def test_a_provider_known_by_its_token_needs_what_this_stack_adds() -> None:
    """F12: This includes decrypting a parameter.

    The provider's own permissions are named, because its stack grants them.
    """
    stack = Stack(App(), "Stack", env=HERE)
    declare(stack, EndpointProvider.from_service_token(stack, "P", SERVICE_TOKEN))
    own = allowed(template_of(with_everything(of_this_app)))
    basics = {action for action in own if action.startswith(("logs:", "ec2:", "xray:"))}
    assert set(pasted(stack)) == set(own) - basics
    (warning,) = Found.from_stack(stack).find_warning("*", Match.any_value())
    assert all(action in str(warning.entry.data) for action in basics)


def test_a_shared_providers_role_needs_each_stacks_own() -> None:
    """F12, F65: The warnings of the provider's stack are not repeated."""
    app = App()
    shared, stack = (Stack(app, name, env=HERE) for name in ("Shared", "Stack"))
    provider = EndpointProvider(shared, "P", role=immutable(shared))
    declare(stack, provider)
    own = Stack(App(), "Own", env=HERE)
    EndpointProvider(own, "P")
    assert set(pasted(shared)) == set(allowed(template_of(own)))
    assert (
        "arn:aws:cloudformation:us-east-1:111122223333:stack/Stack/*"
        in pasted(stack)["cloudformation:DescribeStackResource"]
    )
    assert not any(action.startswith("logs:") for action in pasted(stack))


def test_the_warning_can_be_acknowledged() -> None:
    """F12: After the role has the policy, `cdk synth --strict` passes."""
    stack = Stack(App(), "Stack", env=HERE)
    Annotations.of(stack).acknowledge_warning(WARNING, "the role has it")
    endpoint(stack, provider=EndpointProvider(stack, "P", role=immutable(stack)))
    assert Found.from_stack(stack).find_warning("*", Match.any_value()) == []
