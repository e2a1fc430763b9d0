"""The name of each option type in an error message, and advice on how to get a value of the type."""

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

from chime_endpoints_handler.model.declaration import AllowMessages, EndpointType

_MOST_NAMES = 6  # the most members of an enum that a sentence lists


def _choices(enum: type[Enum]) -> tuple[str, str]:
    names = [f"{enum.__name__}.{each.name}" for each in enum]
    listed = f"{', '.join(names[:-1])} or {names[-1]}" if len(names) <= _MOST_NAMES else f"{names[0]}, {names[1]}, …"
    return f"a member of {enum.__name__}", f"Use {listed}."


OPTION_TYPES: dict[Any, tuple[str, str]] = {
    str: ("a string", ""),
    bool: ("True or False", 'Strings are not converted; to convert one, pass VALUE == "true".'),
    int: ("an integer", ""),
    Construct: ("a construct", "Use a stack or a construct in a stack."),
    IConstruct: ("a construct", "Use a stack or a construct in a stack."),
    Duration: ("a Duration", "Use Duration.seconds or Duration.minutes."),
    AllowMessages: _choices(AllowMessages),
    EndpointType: _choices(EndpointType),
    RemovalPolicy: _choices(RemovalPolicy),
    cloudwatch.IAlarmAction: ("an alarm action", "Use a class of aws_cloudwatch_actions, such as SnsAction(topic)."),
    cloudwatch.Unit: _choices(cloudwatch.Unit),
    lambda_.ApplicationLogLevel: _choices(lambda_.ApplicationLogLevel),
    lambda_.Architecture: ("an Architecture", "Use Architecture.ARM_64 or Architecture.X86_64."),
    lambda_.Tracing: _choices(lambda_.Tracing),
    logs.RetentionDays: ("a member of RetentionDays", "Use a member such as RetentionDays.ONE_MONTH."),
    IAppInstanceUserRef: ("a CfnAppInstanceUser", ""),
    IAppRef: ("a Pinpoint CfnApp", ""),
    ec2.ISecurityGroup: ("a security group", "Use aws_ec2.SecurityGroup.from_security_group_id."),
    ec2.IVpc: ("a VPC", "Use aws_ec2.Vpc.from_lookup or Vpc.from_vpc_attributes."),
    ec2.SubnetSelection: ("a SubnetSelection", "Use aws_ec2.SubnetSelection(subnet_type=…) or (subnets=[…])."),
    events.EventPattern: ("an EventPattern", "Use aws_events.EventPattern(detail={…})."),
    events.IRuleTarget: ("a target of a rule", "Use a class of aws_events_targets, such as SnsTopic(topic)."),
    iam.IManagedPolicy: ("a managed policy", "Use aws_iam.ManagedPolicy.from_managed_policy_arn."),
    iam.IPrincipal: ("a principal", "Use aws_iam.ArnPrincipal or aws_iam.AccountPrincipal."),
    iam.IRole: ("a role", "Use aws_iam.Role.from_role_arn."),
    kms.IKey: ("a KMS key", "Use aws_kms.Key.from_key_arn."),
    secretsmanager.ISecret: ("a secret", "Use aws_secretsmanager.Secret.from_secret_complete_arn."),
    ssm.IStringParameter: (
        "a parameter",
        "Use aws_ssm.StringParameter.from_secure_string_parameter_attributes.",
    ),
}
"""The name and the remedy for each annotation of an option. The remedy is empty if the name says enough.

The modules that define this package's own types add them here.
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
    """Describe the type of a value without revealing the value."""
    if value is None:
        return "None"
    for kind, words in _PLAIN.items():
        if type(value) is kind:
            return words
    name = type(getattr(value, "_delegates", [value])[0]).__name__.strip("_").removesuffix("Proxy")
    return f"{'an' if name[:1].lower() in 'aeio' else 'a'} {name}"


@cache
def members(interface: type) -> tuple[str, ...]:
    """Return the public members that an interface requires."""
    return tuple(name for name in dir(interface) if not name.startswith("_"))
