"""Inline policies of the function's role, written as the statements they hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aws_cdk import Aws, Names, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from .statements import Statement, allow

IN_ACCOUNT = f"arn:{Aws.PARTITION}:ec2:{Aws.REGION}:{Aws.ACCOUNT_ID}:*/*"
"""Everything of EC2 in the account: what Lambda asks for a function in a VPC, since its checks name no single resource
(AWS Lambda Developer Guide, "Giving Lambda functions access to resources in an Amazon VPC")."""


def name_of(scope: Construct, policy_id: str) -> str:
    """A policy's name in its role, which stacks that share a provider must not use twice."""
    return f"{Names.unique_resource_name(scope, max_length=100)}{policy_id}"


def attach(
    scope: Construct, policy_id: str, *, role: iam.IRole, statements: Sequence[Statement]
) -> iam.CfnPolicy | None:
    """Gives a role a policy.

    Returns:
        The policy; None where the role, imported as immutable, took none: then the template has none either.
    """
    policy = iam.Policy(scope, policy_id, statements=[iam.PolicyStatement.from_json(each) for each in statements])
    role.attach_inline_policy(policy)
    made = policy.node.default_child
    assert isinstance(made, iam.CfnPolicy)  # noqa: S101 - for the type checker
    return made if Stack.of(scope).resolve(made.roles) else None


def stack_statement() -> Statement:
    """Allows the function to ask CloudFormation about resources of the policy's own stack.

    It asks whether an event is still current, and when the Create began that nobody answered.
    """
    return allow(["cloudformation:DescribeStackEvents", "cloudformation:DescribeStackResource"], [Aws.STACK_ID])


def basic_statements(log_group_arn: str, *, in_vpc: bool) -> Iterator[Statement]:
    """What every provider's function does, whatever it serves."""
    yield allow(["logs:CreateLogStream", "logs:PutLogEvents"], [log_group_arn])
    yield stack_statement()
    if in_vpc:
        yield allow(["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"], ["*"])
        yield allow(
            [
                "ec2:AssignPrivateIpAddresses",
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:UnassignPrivateIpAddresses",
            ],
            [IN_ACCOUNT],
        )


def tracing_statement() -> Statement:
    """Allows to send traces, as CDK allows it a role of this app by itself; X-Ray knows no resource for that."""
    return allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"])
