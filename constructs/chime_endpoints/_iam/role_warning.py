"""A warning with the policy that a role needs if this app cannot change the role."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from aws_cdk import Annotations, Stack
from aws_cdk.region_info import RegionInfo
from constructs import IConstruct

from chime_endpoints._cdk.lazy import validate_later
from chime_endpoints._cdk.tree import region_of_stack, stack_of
from chime_endpoints._cdk.unresolved import is_unresolved

from .statements import VERSION, Statement

WARNING = "chime-endpoints:role"
"""The warning's id. Pass it to `Annotations.of(…).acknowledge_warning` after you attach the policy."""


def warn_of_role(construct: IConstruct, statements: Callable[[], Iterable[Statement]], *, more: str = "") -> None:
    """Warn that a role needs a policy, after all statements are known.

    Args:
        construct: the construct that gets the warning.
        statements: returns the statements that the role must allow.
        more: further text for the end of the warning.
    """

    def warn() -> list[str]:
        policy = policy_to_attach(statements(), stack_of(construct))
        unknown = " Replace each ${…} with its value at deployment." if "${" in policy else ""
        Annotations.of(construct).add_warning_v2(
            WARNING,
            f"This app cannot change the provider's role. Attach this policy to the role:\n{policy}{unknown}{more}",
        )
        return []

    validate_later(construct, warn)


def policy_to_attach(statements: Iterable[Statement], stack: Stack) -> str:
    """Return statements as a policy document in JSON, one statement a line, with the known values of a stack."""
    lines = []
    for statement in statements:
        resolved = stack.resolve(statement)
        if (line := json.dumps(as_iam_accepts(resolved, stack))) not in lines:
            lines.append(line)
    listed = ",\n  ".join(lines)
    return f'{{"Version": "{VERSION}", "Statement": [\n  {listed}\n]}}'


def as_iam_accepts(value: Any, stack: Stack) -> Any:
    """Return a template value as IAM accepts it. A value known only to CloudFormation becomes `${…}`."""
    match value:
        case list():
            return [as_iam_accepts(each, stack) for each in value]
        case {"Fn::Join": [str(separator), list(parts)]}:
            return separator.join(as_iam_accepts(part, stack) for part in parts)
        case {"Ref": "AWS::StackId"}:
            arn = stack.format_arn(service="cloudformation", resource="stack", resource_name=f"{stack.stack_name}/*")
            return as_iam_accepts(stack.resolve(arn), stack)
        case {"Ref": str(name)}:
            return _known(name, stack) or f"${{{name}}}"
        case {"Fn::GetAtt": [str(name), str(attribute)]}:
            return f"${{{name}.{attribute}}}"
        case {"Fn::ImportValue": str(name)}:
            return f"${{{name}}}"
        case dict() if not any(key.startswith("Fn::") for key in value):
            return {key: as_iam_accepts(each, stack) for key, each in value.items()}
        case dict():
            return f"${{{json.dumps(value)}}}"
        case _:
            return value


def _known(name: str, stack: Stack) -> str | None:
    region = region_of_stack(stack)
    if name == "AWS::Partition" and region is not None:
        return RegionInfo.get(region).partition
    if name == "AWS::AccountId" and not is_unresolved(stack.account):
        return str(stack.account)
    return region if name == "AWS::Region" else None
