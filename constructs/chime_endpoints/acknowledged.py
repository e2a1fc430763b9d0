"""What cdk-nag and cfn-lint say of this library's resources and is meant to be so, each with its reason.

Sources: cdk-nag's RULES.md; cfn-lint's docs/rules.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from aws_cdk import Acknowledgment, CfnResource, Validations
from constructs import Construct

from .later import validate_later
from .tree import stack_of

USERS = "What is done is done to users, and the exact ARNs of a stack's users may not fit IAM's quotas."


def of_function(function: CfnResource, asynchronous: Construct, *, traced: bool) -> None:
    """What is said of a provider's function and of its asynchronous invocation."""
    nowhere = (
        "An event holds a pre-signed URL, which must not be kept, and is worth nothing later: CloudFormation itself"
        " reports an event that nobody answered."
    )
    _acknowledge(function, "Serverless::Serverless-LambdaDLQ", nowhere)
    _acknowledge(asynchronous, "Serverless::Serverless-LambdaAsyncFailureDestination", nowhere)
    for rule in ("AwsSolutions::AwsSolutions-L1", "Serverless::Serverless-LambdaLatestVersion"):
        _acknowledge(function, rule, "CDK determines the newest Python that Lambda offers in the stack's region.")
    if not traced:
        _acknowledge(function, "Serverless::Serverless-LambdaTracing", "Traces are made where `tracing` asks for them.")
    # CDK's own Function depends on its role twice (cfn-lint's W3005).
    function.add_metadata("cfn-lint", {"config": {"ignore_checks": ["W3005"]}})


def wildcards(policy: Construct, resources: Callable[[], Iterable[object]], reason: str) -> None:
    """Why a policy allows something on more than one resource.

    cdk-nag names a finding by the resource as it stands in the template, so that is known when all else is.
    """

    def acknowledge() -> list[str]:
        for resource in resources():
            written = _flat(stack_of(policy).resolve(resource))
            _acknowledge(policy, f"AwsSolutions::AwsSolutions-IAM5[Resource::{written}]", reason)
        return []

    validate_later(policy, acknowledge)


def _acknowledge(construct: Construct, rule: str, reason: str) -> None:
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))


def _flat(value: Any) -> str:
    """A value of a template as cdk-nag writes it into a finding's name."""
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
