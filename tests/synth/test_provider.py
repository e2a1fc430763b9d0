"""The provider: one function with its role and log group, for one stack or several."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_cdk import App, Duration, Environment, NestedStack, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk.assertions import Annotations, Match

from chime_endpoints import ChimeIdentityTags, EndpointProvider, InvalidDeclarationError
from chime_endpoints._function.seconds import RETRIES
from chime_endpoints._function.timing import service_timeout
from synth.stage import BOB, ENDPOINT, allowed, endpoint, only, properties, resources, stack_in, template_of

FUNCTION = "AWS::Lambda::Function"


def test_a_stacks_endpoints_share_a_provider_that_they_make() -> None:
    """There is one function, one role and one log group."""
    stack = stack_in()
    for number in range(3):
        endpoint(stack, f"Phone{number}")
    template = template_of(stack)
    for resource_type in (FUNCTION, "AWS::IAM::Role", "AWS::Logs::LogGroup"):
        assert len(resources(template, resource_type)) == 1
    (function,) = resources(template, FUNCTION)
    for each in resources(template, ENDPOINT).values():
        assert each["Properties"]["ServiceToken"] == {"Fn::GetAtt": [function, "Arn"]}


def test_a_provider_made_in_the_stack_is_found() -> None:
    """Its options apply to endpoints that name no provider."""
    stack = stack_in()
    EndpointProvider(stack, "Mine", memory_size=512)
    endpoint(stack)
    assert properties(template_of(stack), FUNCTION)["MemorySize"] == 512


def test_of_two_providers_one_must_be_named() -> None:
    """The error lists them together with all other problems, and no partial endpoint is created."""
    stack = stack_in()
    EndpointProvider(stack, "One")
    two = EndpointProvider(stack, "Two")
    with pytest.raises(InvalidDeclarationError) as raised:
        endpoint(stack, "Phone", endpoint_name="")
    assert str(raised.value).startswith(
        "Stack/Phone: provider is missing, and the stack has several providers (Stack/One, "
    )
    with pytest.raises(InvalidDeclarationError, match=r"^Stack/Tags: provider is missing"):
        ChimeIdentityTags(stack, "Tags", resource_arn=BOB, tags={"team": "chat"})
    with pytest.raises(InvalidDeclarationError, match=r"^Stack: provider is missing"):
        EndpointProvider.of(stack)
    endpoint(stack, "Phone", provider=two)


def test_a_provider_of_another_region_is_refused() -> None:
    """CloudFormation would refuse it. If a region is unknown at synth, only CloudFormation checks it."""
    app = App()
    here, there = (Stack(app, region, env=Environment(region=region)) for region in ("us-east-1", "eu-central-1"))
    provider = EndpointProvider(there, "P")
    with pytest.raises(InvalidDeclarationError) as raised:
        endpoint(here, provider=provider)
    assert str(raised.value).startswith("us-east-1/Phone: provider is in eu-central-1, but the stack is in us-east-1; ")
    endpoint(Stack(app, "Anywhere"), provider=provider)


def test_the_function_is_what_it_should_be() -> None:
    """All defaults are set explicitly."""
    stack = stack_in()
    EndpointProvider(stack, "P")
    template = template_of(stack)
    function = dict(properties(template, FUNCTION))
    (log_group,) = resources(template, "AWS::Logs::LogGroup")
    assert function.pop("Code")
    assert function.pop("Role")
    assert function == {
        "Architectures": ["arm64"],
        "Description": "Amazon Chime SDK push endpoints and identity tags, for CloudFormation",
        "Environment": {"Variables": {"LOG_LEVEL": "INFO"}},
        "Handler": "chime_endpoints_handler.index.handler",
        "LoggingConfig": {
            "ApplicationLogLevel": "INFO",
            "LogFormat": "JSON",
            "LogGroup": {"Ref": log_group},
            "SystemLogLevel": "WARN",
        },
        "MemorySize": 256,
        "Runtime": lambda_.Runtime.determine_latest_python_runtime(stack).name,
        "Timeout": 120,
    }
    assert properties(template, "AWS::Logs::LogGroup") == {"RetentionInDays": 30}
    asynchronous = properties(template, "AWS::Lambda::EventInvokeConfig")
    assert (asynchronous["MaximumRetryAttempts"], asynchronous["MaximumEventAgeInSeconds"]) == (2, 600)


@pytest.mark.parametrize("region", [None, "us-east-1", "eu-central-1", "us-gov-west-1"])
def test_the_runtime_is_the_newest_python_that_the_region_has(region: str | None) -> None:
    """CDK determines it. It is never older than the handler needs."""
    stack = Stack(App(), "Stack", env=Environment(region=region))
    EndpointProvider(stack, "P")
    runtime = properties(template_of(stack), FUNCTION)["Runtime"]
    assert runtime == lambda_.Runtime.determine_latest_python_runtime(stack).name
    assert int(runtime.removeprefix("python3.")) >= 11


@pytest.mark.parametrize("seconds", [30, 120, 900])
def test_cloudformation_waits_for_every_delivery(seconds: int) -> None:
    """F11: The timeout covers three deliveries and the pauses between them, within CloudFormation's hour."""
    waits = service_timeout(Duration.seconds(seconds)).to_seconds()
    assert waits > (1 + RETRIES) * seconds + 60 + 120
    assert waits <= 3600


def test_service_timeout_follows_the_functions_timeout() -> None:
    """F11: This applies to every resource, and to the maximum age of events."""
    stack = stack_in()
    provider = EndpointProvider(stack, "P", timeout=Duration.minutes(5))
    endpoint(stack, tags={"a": "b"})
    template = template_of(stack)
    assert provider.service_timeout.to_seconds() == 1140
    for resource_type in (ENDPOINT, "Custom::ChimeIdentityTags"):
        assert properties(template, resource_type)["ServiceTimeout"] == 1140
    assert properties(template, "AWS::Lambda::EventInvokeConfig")["MaximumEventAgeInSeconds"] == 1140


def test_every_option_ends_in_the_template() -> None:
    """The test sets all options that can be combined."""
    stack = stack_in()
    boundary = iam.ManagedPolicy.from_managed_policy_arn(stack, "B", "arn:aws:iam::111122223333:policy/boundary")
    EndpointProvider(
        stack,
        "P",
        memory_size=512,
        architecture=lambda_.Architecture.X86_64,
        log_retention=logs.RetentionDays.ONE_WEEK,
        log_level=lambda_.ApplicationLogLevel.WARN,
        tracing=lambda_.Tracing.ACTIVE,
        permissions_boundary=boundary,
        reserved_concurrent_executions=5,
        export_name="ChimeEndpoints",
    )
    template = template_of(stack)
    function = properties(template, FUNCTION)
    assert (function["MemorySize"], function["Architectures"]) == (512, ["x86_64"])
    assert function["Environment"]["Variables"] == {"LOG_LEVEL": "WARNING"}
    assert function["LoggingConfig"]["ApplicationLogLevel"] == "WARN"
    assert function["TracingConfig"] == {"Mode": "Active"}
    assert function["ReservedConcurrentExecutions"] == 5
    assert properties(template, "AWS::Logs::LogGroup")["RetentionInDays"] == 7
    assert properties(template, "AWS::IAM::Role")["PermissionsBoundary"] == "arn:aws:iam::111122223333:policy/boundary"
    (output,) = template["Outputs"].values()
    (name,) = resources(template, FUNCTION)
    assert output == {"Value": {"Fn::GetAtt": [name, "Arn"]}, "Export": {"Name": "ChimeEndpoints"}}


def test_in_a_vpc_the_role_may_make_its_interfaces() -> None:
    """No AWS managed policy is attached."""
    stack = stack_in()
    vpc = ec2.Vpc(stack, "Vpc", max_azs=1)
    EndpointProvider(stack, "P", vpc=vpc)
    template = template_of(stack)
    assert properties(template, FUNCTION)["VpcConfig"]["SubnetIds"]
    (created,) = allowed(template)["ec2:CreateNetworkInterface"]
    assert created["Fn::Join"][1][-1] == ":*/*"  # in this account and region
    assert allowed(template)["ec2:DescribeNetworkInterfaces"] == ["*"]
    roles = resources(template, "AWS::IAM::Role").values()
    assert not any("ManagedPolicyArns" in role["Properties"] for role in roles)


def test_a_key_encrypts_log_and_environment() -> None:
    """CloudWatch Logs may use it for this account's log groups, by the names in its requests."""
    stack = Stack(App(), "Stack", env=Environment(account="111122223333", region="us-east-1"))
    EndpointProvider(stack, "P", encryption_key=kms.Key(stack, "Key"))
    template = template_of(stack)
    (key,) = resources(template, "AWS::KMS::Key")
    arn = {"Fn::GetAtt": [key, "Arn"]}
    assert properties(template, FUNCTION)["KmsKeyArn"] == arn
    assert properties(template, "AWS::Logs::LogGroup")["KmsKeyId"] == arn
    statement = properties(template, "AWS::KMS::Key")["KeyPolicy"]["Statement"][-1]
    assert statement["Principal"] == {"Service": "logs.us-east-1.amazonaws.com"}
    (context,) = statement["Condition"]["ArnLike"].values()
    assert context["Fn::Join"][1][-1] == ":logs:us-east-1:111122223333:log-group:*"
    assert Annotations.from_stack(stack).find_warning("*", Match.any_value()) == []


def test_the_policy_for_an_imported_key_is_reported() -> None:
    """The app cannot change that policy. A warning contains the statement that a key of this app gets."""
    stack = Stack(App(), "Stack", env=Environment(account="111122223333", region="us-east-1"))
    key = kms.Key.from_key_arn(stack, "Key", "arn:aws:kms:us-east-1:111122223333:key/0123")
    EndpointProvider(stack, "P", encryption_key=key)
    (warning,) = Annotations.from_stack(stack).find_warning("*", Match.any_value())
    said = str(warning.entry.data)
    statement = json.loads(said[said.index("{") : said.rindex("}") + 1])
    assert statement == {
        "Action": ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
        "Condition": {
            "ArnLike": {"kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:us-east-1:111122223333:log-group:*"}
        },
        "Effect": "Allow",
        "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
        "Resource": "*",
    }


ISOLATED = ec2.SubnetConfiguration(name="inner", subnet_type=ec2.SubnetType.PRIVATE_ISOLATED)


@pytest.mark.parametrize(
    ("vpc_options", "selection", "warned"),
    [
        ({}, None, False),
        ({"subnet_configuration": [ISOLATED]}, None, True),
        ({"subnet_configuration": [ISOLATED]}, ec2.SubnetSelection(subnet_type=ISOLATED.subnet_type), True),
        ({"subnet_configuration": [ISOLATED]}, {"subnet_group_name": "inner"}, True),
    ],
)
def test_an_isolated_subnet_is_a_warning(vpc_options: Any, selection: Any, warned: bool) -> None:  # noqa: FBT001 - a parametrized case
    """No VPC endpoint leads to the service, so the function would wait in vain."""
    stack = stack_in()
    EndpointProvider(stack, "P", vpc=ec2.Vpc(stack, "Vpc", max_azs=1, **vpc_options), vpc_subnets=selection)
    found = Annotations.from_stack(stack).find_warning("/Stack/P", Match.string_like_regexp("isolated subnet"))
    assert bool(found) is warned


def test_the_subnets_of_an_imported_vpc_are_what_it_says() -> None:
    """Subnets that are looked up later are not checked."""
    stack = Stack(App(), "Stack", env=Environment(account="111122223333", region="us-east-1"))
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        "Vpc",
        vpc_id="vpc-0123",
        availability_zones=["us-east-1a"],
        isolated_subnet_ids=["subnet-0123"],
        isolated_subnet_route_table_ids=["rtb-0123"],
    )
    EndpointProvider(stack, "Isolated", vpc=vpc)
    EndpointProvider(stack, "Later", vpc=ec2.Vpc.from_lookup(stack, "Lookup", is_default=False, vpc_id="vpc-4567"))
    (warning,) = Annotations.from_stack(stack).find_warning("*", Match.any_value())
    assert warning.id == "/Stack/Isolated"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"timeout": Duration.seconds(29)}, "timeout is 29 s; it must be 30 s to 15 minutes."),
        ({"timeout": Duration.minutes(16)}, "timeout is 960 s; it must be 30 s to 15 minutes."),
        (
            {"timeout": 120},
            "timeout must be a Duration, not an integer. Use Duration.seconds or Duration.minutes. [CE-104]",
        ),
        ({"timeout": Duration.millis(30_500)}, "timeout is 30.5 s; it must be a whole number of seconds."),
        ({"memory_size": 64}, "memory_size is 64 MB; it must be 128 to 10,240 MB."),
        (
            {"reserved_concurrent_executions": 0},
            "reserved_concurrent_executions is 0, so the function could never run; set it to 1 or more.",
        ),
        ({"export_name": ""}, "export_name is empty; set a name or remove the option."),
        ({"security_groups": []}, "security_groups is set without vpc; set vpc to the VPC that it belongs to."),
    ],
)
def test_an_option_outside_its_limits_is_refused(options: dict[str, Any], expected: str) -> None:
    """F11: The error starts with the construct's path."""
    with pytest.raises(InvalidDeclarationError) as raised:
        EndpointProvider(stack_in(), "P", **options)
    assert str(raised.value) == f"Stack/P: {expected}"


def test_a_role_and_a_boundary_cannot_be_combined() -> None:
    """The boundary would be ignored silently."""
    stack = stack_in()
    role = iam.Role.from_role_name(stack, "Role", "mine")
    boundary = iam.ManagedPolicy.from_managed_policy_name(stack, "B", "boundary")
    with pytest.raises(InvalidDeclarationError, match="role and permissions_boundary cannot be combined"):
        EndpointProvider(stack, "P", role=role, permissions_boundary=boundary)


@pytest.mark.parametrize("seconds", [0, 3601])
def test_an_imported_providers_service_timeout_has_limits(seconds: int) -> None:
    """F11: The limits are those of CloudFormation."""
    with pytest.raises(InvalidDeclarationError, match="it must be 1 s to 1 hour"):
        EndpointProvider.from_service_token(
            stack_in(), "P", "arn:aws:lambda:x", service_timeout=Duration.seconds(seconds)
        )


def test_a_nested_stack_has_a_provider_of_its_own() -> None:
    """F13: It works like any other stack."""
    stack = stack_in(App())
    nested = NestedStack(stack, "Nested")
    endpoint(stack)
    endpoint(nested, "Phone", app_instance_user="arn:aws:chime:us-east-1:111122223333:app-instance/0123/user/bob")
    assert len(resources(template_of(stack), FUNCTION)) == 1
    assert len(resources(template_of(nested), FUNCTION)) == 1


def test_a_log_group_is_deleted_with_its_stack() -> None:
    """Nothing is left behind."""
    stack = stack_in()
    endpoint(stack)
    assert only(template_of(stack), "AWS::Logs::LogGroup")["DeletionPolicy"] == "Delete"
