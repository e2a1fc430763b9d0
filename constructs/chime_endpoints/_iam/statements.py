"""Policy statements and their size against IAM's quotas, without CDK so that `validate` can use them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Statement = Mapping[str, Any]

VERSION = "2012-10-17"
"""The version of IAM's policy language."""
INLINE_QUOTA = 10_240
"""The maximum total size of a role's inline policies, in characters (IAM's quota; white space does not count)."""
MANAGED_QUOTA = 6_144
"""The maximum size of a managed policy, in characters."""
MANAGED_POLICIES_QUOTA = 10
"""The maximum number of managed policies on a role (IAM's default quota; AWS raises it to 20 on request)."""
BASICS = 800
"""The size of the provider's own policy without a VPC, in characters."""
ENDPOINT_ACTIONS = (
    "chime:DeregisterAppInstanceUserEndpoint",
    "chime:DescribeAppInstanceUserEndpoint",
    "chime:ListAppInstanceUserEndpoints",
    "chime:RegisterAppInstanceUserEndpoint",
    "chime:UpdateAppInstanceUserEndpoint",
)
TAG_ACTIONS = ("chime:ListTagsForResource", "chime:TagResource", "chime:UntagResource")
PARAMETER_PATH = re.compile(r"(?:/[A-Za-z0-9_.\-]+){1,15}")
"""A path of parameters, everything under which is allowed to be read: `/chime/devices`."""
TAGGING_ROOM = 2_500
"""The share of the inline quota, in characters, for the statement that lists the tagged identities."""

_TOKEN = re.compile(r"\$\{Token\[(?P<name>[^\]]*?)\.?\d*\]\}")
_LENGTHS = {"AWS.Partition": 10, "AWS.Region": 14, "AWS.AccountId": 12, "AWS.StackId": 230}
"""The maximum length of CloudFormation's pseudo parameters at deployment."""
_LENGTH = 160  # the assumed length of any other token: a long ARN


def allow(actions: Sequence[str], resources: Sequence[str]) -> Statement:
    """Return a statement that allows actions on resources."""
    return {
        "Action": list(actions) if len(actions) > 1 else actions[0],
        "Effect": "Allow",
        "Resource": list(resources) if len(resources) > 1 else resources[0],
    }


def actions_of(statement: Statement) -> list[str]:
    """Return the actions that a statement allows."""
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else list(actions)


def for_app_instance(arn: str) -> Statement:
    """Allow managing the endpoints of an app instance's users."""
    return allow(ENDPOINT_ACTIONS, [f"{arn}/user/*"])


def for_application(arn: str) -> Statement:
    """Allow looking up the application that sends pushes, which Chime requires of the caller that registers."""
    return allow(["mobiletargeting:GetApp"], [arn])


def for_assumed_role(arn: str) -> Statement:
    """Allow assuming a role in the account of an app instance, which then allows everything else there."""
    return allow(["sts:AssumeRole"], [arn])


def for_tags(exact: Iterable[str], wide: Iterable[str]) -> list[Statement]:
    """Allow tagging exactly these identities, or the wider set if the list would be too long."""
    exactly = [allow(TAG_ACTIONS, sorted(set(exact)))]
    return exactly if characters(exactly) <= TAGGING_ROOM else [allow(TAG_ACTIONS, sorted(set(wide)))]


def rollback_statement(stack_id: str) -> Statement:
    """Allow the function to ask CloudFormation whether a stack is being rolled back, and to what.

    `DescribeStackEvents` is in the provider's own policy too. CloudFormation may take it out of there before it deletes
    a stack's last endpoint. This statement's policy outlives the endpoint.
    """
    return allow(["cloudformation:DescribeStackEvents", "cloudformation:DescribeStacks"], [stack_id])


def document(statements: Sequence[Statement]) -> dict[str, Any]:
    """Return a policy document of statements."""
    return {"Statement": list(statements), "Version": VERSION}


def characters(statements: Sequence[Statement]) -> int:
    """Return the size of a policy document as IAM counts it, with tokens at their maximum length."""
    return length(json.dumps(document(statements), separators=(",", ":")))


def length(text: str) -> int:
    """Return the maximum length of a text after its tokens are resolved."""
    if "${Token[" not in text:
        return len(text)
    tokens = list(_TOKEN.finditer(text))
    return len(text) + sum(_LENGTHS.get(token["name"], _LENGTH) - len(token[0]) for token in tokens)


def quota_problems(*, inline: int, managed: int) -> Iterator[str]:
    """Yield the IAM quotas that one role would exceed.

    Args:
        inline: the total size of the role's inline policies, in characters.
        managed: the number of the role's managed policies.
    """
    if managed > MANAGED_POLICIES_QUOTA:
        yield (
            f"The declared secrets and parameters need {managed} managed policies, but IAM allows a role only"
            f" {MANAGED_POLICIES_QUOTA}. Spread the endpoints over several stacks that each have their own provider,"
            " store several device tokens as fields of one secret, or allow a whole path of parameters."
        )
    if inline > INLINE_QUOTA:
        yield (
            f"The provider's role would have about {inline} characters of inline policies, but IAM allows a role only"
            f" {INLINE_QUOTA}. Spread the endpoints over several stacks that each have their own provider."
        )
