"""Acknowledged findings of cdk-nag and cfn-lint on this library's resources, with reasons.

Sources: cdk-nag's RULES.md; cfn-lint's docs/rules.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from aws_cdk import Acknowledgment, CfnResource, Validations
from constructs import Construct

from .lazy import validate_later
from .tree import stack_of

USERS = "The actions apply to users, and the exact ARNs of a stack's users might not fit IAM's quotas."


def of_function(function: CfnResource, asynchronous: Construct, *, traced: bool) -> None:
    """Acknowledge the findings on a provider's function and its asynchronous invocation."""
    nowhere = (
        "An event contains a pre-signed URL, which must not be stored, and has no use later. CloudFormation itself"
        " reports an event without a response."
    )
    acknowledge(function, "Serverless::Serverless-LambdaDLQ", nowhere)
    acknowledge(asynchronous, "Serverless::Serverless-LambdaAsyncFailureDestination", nowhere)
    for rule in ("AwsSolutions::AwsSolutions-L1", "Serverless::Serverless-LambdaLatestVersion"):
        acknowledge(function, rule, "CDK selects the newest Python that Lambda offers in the stack's region.")
    if not traced:
        acknowledge(
            function, "Serverless::Serverless-LambdaTracing", "Tracing is optional; set `tracing` to enable it."
        )
    of_dependencies(function)


def of_dependencies(resource: CfnResource) -> None:
    """Acknowledge that CDK's own constructs depend on their role twice (cfn-lint W3005)."""
    resource.add_metadata("cfn-lint", {"config": {"ignore_checks": ["W3005"]}})


def wildcards(policy: Construct, resources: Callable[[], Iterable[object]], reason: str) -> None:
    """Acknowledge that a policy allows actions on more than one resource.

    cdk-nag identifies a finding by the resource as written in the template, which is known only after everything else.
    """

    def write() -> list[str]:
        for resource in resources():
            written = _flat(stack_of(policy).resolve(resource))
            acknowledge(policy, f"AwsSolutions::AwsSolutions-IAM5[Resource::{written}]", reason)
        return []

    validate_later(policy, write)


def acknowledge(construct: Construct, rule: str, reason: str) -> None:
    """Acknowledge a finding on a construct."""
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))


def _flat(value: Any) -> str:
    """Return a template value as cdk-nag writes it into a finding's name."""
    match value:
        case str():
            return value
        case {"Fn::Join": [str(separator), list(parts)]}:
            return separator.join(map(_flat, parts))
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{_flat(name)}.{_flat(attribute)}>"
        case {"Fn::ImportValue": exported}:
            return _flat(exported)
        case {"Ref": name}:
            return f"<{_flat(name)}>"
        case _:
            return json.dumps(value, separators=(",", ":"))
