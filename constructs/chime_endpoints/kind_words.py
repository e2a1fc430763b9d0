"""What each kind of option is called in an error, and how one gets a value of it."""

from __future__ import annotations

from enum import Enum
from functools import cache
from typing import Any

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from aws_cdk.interfaces.aws_chime import IAppInstanceUserRef
from aws_cdk.interfaces.aws_pinpoint import IAppRef
from constructs import Construct, IConstruct

from chime_endpoints_handler.declaration import AllowMessages, EndpointType

_MOST_NAMES = 6  # of an enum in a sentence


def _choices(enum: type[Enum]) -> tuple[str, str]:
    names = [f"{enum.__name__}.{each.name}" for each in enum]
    listed = f"{', '.join(names[:-1])} or {names[-1]}" if len(names) <= _MOST_NAMES else f"{names[0]}, {names[1]}, …"
    return f"a member of {enum.__name__}", f"Use {listed}."


KINDS: dict[Any, tuple[str, str]] = {
    str: ("a string", ""),
    bool: ("True or False", 'Text is never read as one: give VALUE == "true".'),
    int: ("an integer", ""),
    Construct: ("a construct", "Use a stack, or a construct in one."),
    IConstruct: ("a construct", "Use a stack, or a construct in one."),
    Duration: ("a Duration", "Use Duration.seconds or Duration.minutes."),
    AllowMessages: _choices(AllowMessages),
    EndpointType: _choices(EndpointType),
    RemovalPolicy: _choices(RemovalPolicy),
    cloudwatch.Unit: _choices(cloudwatch.Unit),
    lambda_.ApplicationLogLevel: _choices(lambda_.ApplicationLogLevel),
    lambda_.Architecture: ("an Architecture", "Use Architecture.ARM_64 or Architecture.X86_64."),
    lambda_.Tracing: _choices(lambda_.Tracing),
    logs.RetentionDays: ("a member of RetentionDays", "Use RetentionDays.ONE_MONTH or another of them."),
    IAppInstanceUserRef: ("a CfnAppInstanceUser", ""),
    IAppRef: ("a Pinpoint CfnApp", ""),
    ec2.ISecurityGroup: ("a security group", "Use aws_ec2.SecurityGroup.from_security_group_id."),
    ec2.IVpc: ("a VPC", "Use aws_ec2.Vpc.from_lookup or Vpc.from_vpc_attributes."),
    ec2.SubnetSelection: ("a SubnetSelection", "Use aws_ec2.SubnetSelection(subnet_type=…) or (subnets=[…])."),
    events.EventPattern: ("an EventPattern", "Use aws_events.EventPattern(detail={…})."),
    events.IRuleTarget: ("a target of a rule", "Use a class of aws_events_targets, such as SnsTopic(topic)."),
    iam.IManagedPolicy: ("a managed policy", "Use aws_iam.ManagedPolicy.from_managed_policy_arn."),
    iam.IRole: ("a role", "Use aws_iam.Role.from_role_arn."),
    kms.IKey: ("a KMS key", "Use aws_kms.Key.from_key_arn."),
    secretsmanager.ISecret: ("a secret", "Use aws_secretsmanager.Secret.from_secret_complete_arn."),
    ssm.IStringParameter: (
        "a parameter",
        "Use aws_ssm.StringParameter.from_secure_string_parameter_attributes.",
    ),
}
"""For each annotation of an option: the words, and the remedy where it is not plain from them.

This package's own kinds are added where they are defined.
"""

_PLAIN = {
    bool: "a boolean",
    int: "an integer",
    float: "a number",
    str: "a string",
    bytes: "bytes",
    list: "a list",
    tuple: "a tuple",
    set: "a set",
    dict: "a mapping",
    type: "a class",
}


def given_as(value: object) -> str:
    """What a value is, without saying it."""
    if value is None:
        return "None"
    for kind, words in _PLAIN.items():
        if type(value) is kind:
            return words
    name = type(getattr(value, "_delegates", [value])[0]).__name__.strip("_").removesuffix("Proxy")
    return f"{'an' if name[:1].lower() in 'aeio' else 'a'} {name}"


@cache
def members(interface: type) -> tuple[str, ...]:
    """The public members that an interface asks for."""
    return tuple(name for name in dir(interface) if not name.startswith("_"))
