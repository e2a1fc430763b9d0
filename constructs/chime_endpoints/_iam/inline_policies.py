"""Inline policies of the function's role, and the statements that every provider needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from weakref import WeakKeyDictionary, WeakSet

from aws_cdk import Aws, Names, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from chime_endpoints._cdk.lazy import lazy_any
from chime_endpoints._cdk.tree import stack_of

from .statements import Statement, allow, document

IN_ACCOUNT = f"arn:{Aws.PARTITION}:ec2:{Aws.REGION}:{Aws.ACCOUNT_ID}:*/*"
"""All EC2 resources of the account. Lambda's checks for a function in a VPC name no single resource
(AWS Lambda Developer Guide, "Giving Lambda functions access to resources in an Amazon VPC")."""


def name_of(scope: Construct, policy_id: str) -> str:
    """Return a policy name that is unique in the role, even if several stacks share the provider."""
    return f"{Names.unique_resource_name(scope, max_length=100)}{policy_id}"


def attach(
    scope: Construct, policy_id: str, *, role: iam.IRole, statements: Callable[[], Sequence[Statement]]
) -> iam.CfnPolicy | None:
    """Attach an inline policy to a role.

    Args:
        scope: the construct to create the policy in.
        policy_id: the policy's id in the scope.
        role: the role.
        statements: returns the statements; called again when the template is written.

    Returns:
        The policy, or None if the role was imported as immutable. The template then has no policy.
    """
    policy = iam.Policy(scope, policy_id, statements=[iam.PolicyStatement.from_json(each) for each in statements()])
    role.attach_inline_policy(policy)
    made = policy.node.default_child
    assert isinstance(made, iam.CfnPolicy)  # noqa: S101 - for the type checker
    made.policy_document = lazy_any(lambda: document(statements()))
    return made if Stack.of(scope).resolve(made.roles) else None


_with_endpoints: WeakKeyDictionary[IConstruct, WeakSet[Stack]] = WeakKeyDictionary()


def note_endpoint(provider: IConstruct, stack: Stack) -> None:
    """Record that a stack has an endpoint that the provider registers."""
    _with_endpoints.setdefault(provider, WeakSet()).add(stack)


def stack_statement(provider: IConstruct, scope: IConstruct) -> Statement:
    """Allow a provider's function to ask CloudFormation about resources of a policy's stack.

    The function asks whether an event is still current. For an endpoint whose Create was never answered, it also reads
    the stack's events to find out when that Create began.

    Args:
        provider: the provider.
        scope: the policy, or any construct in its stack.
    """
    has_endpoints = stack_of(scope) in _with_endpoints.get(provider, ())
    events = ["cloudformation:DescribeStackEvents"] if has_endpoints else []
    return allow([*events, "cloudformation:DescribeStackResource"], [Aws.STACK_ID])


def basic_statements(log_group_arn: str, *, in_vpc: bool, of_stack: Iterable[Statement] = ()) -> Iterator[Statement]:
    """Yield what every provider's function needs, with or without endpoints.

    Args:
        log_group_arn: the ARN of the function's log group.
        in_vpc: whether the function runs in a VPC.
        of_stack: the `stack_statement` of the provider's own stack.
    """
    yield allow(["logs:CreateLogStream", "logs:PutLogEvents"], [log_group_arn])
    yield from of_stack
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
    """Allow sending traces, for a role that CDK cannot grant it to. X-Ray has no resource-level permission for it."""
    return allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"])
