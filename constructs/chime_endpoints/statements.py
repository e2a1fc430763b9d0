"""Policies as the statements they hold, and how much of IAM's quotas they take; known without CDK, for `validate`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Statement = Mapping[str, Any]

VERSION = "2012-10-17"
"""Of IAM's policy language."""
INLINE_QUOTA = 10_240
"""Characters that all inline policies of one role may have together (IAM's quotas; white space does not count)."""
MANAGED_QUOTA = 6_144
"""Characters that one managed policy may have."""
MANAGED_POLICIES_QUOTA = 10
"""Managed policies that one role may have (IAM's quotas; AWS raises it to 20 on request)."""
BASICS = 800
"""Characters of the provider's own policy, without a VPC."""
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
"""Characters of the inline quota for the statement that names what is tagged."""

_TOKEN = re.compile(r"\$\{Token\[(?P<name>[^\]]*?)\.?\d*\]\}")
_LENGTHS = {"AWS.Partition": 10, "AWS.Region": 14, "AWS.AccountId": 12, "AWS.StackId": 230}
"""The most characters that CloudFormation's pseudo parameters have when the policy is made."""
_LENGTH = 160  # what another value that is not known yet is reckoned to have: a long ARN


def allow(actions: Sequence[str], resources: Sequence[str]) -> Statement:
    """A statement that allows actions on resources."""
    return {
        "Action": list(actions) if len(actions) > 1 else actions[0],
        "Effect": "Allow",
        "Resource": list(resources) if len(resources) > 1 else resources[0],
    }


def actions_of(statement: Statement) -> list[str]:
    """The actions that a statement allows."""
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else list(actions)


def for_app_instance(arn: str) -> Statement:
    """Allows to keep the endpoints of an app instance's users."""
    return allow(ENDPOINT_ACTIONS, [f"{arn}/user/*"])


def for_application(arn: str) -> Statement:
    """Allows the service to find the application that pushes, as whoever registers an endpoint has to."""
    return allow(["mobiletargeting:GetApp"], [arn])


def for_tags(exact: Iterable[str], wide: Iterable[str]) -> list[Statement]:
    """Allows to tag identities: exactly these, or, where they are too many to be named, all users beside them."""
    exactly = [allow(TAG_ACTIONS, sorted(set(exact)))]
    return exactly if characters(exactly) <= TAGGING_ROOM else [allow(TAG_ACTIONS, sorted(set(wide)))]


def rollback_statement(stack_id: str) -> Statement:
    """Allow the function to ask CloudFormation whether a stack is being rolled back, and to what.

    `DescribeStackEvents` is in the provider's own policy too. CloudFormation may take it out of there before it deletes
    a stack's last endpoint. This statement's policy outlives the endpoint.
    """
    return allow(["cloudformation:DescribeStackEvents", "cloudformation:DescribeStacks"], [stack_id])


def document(statements: Sequence[Statement]) -> dict[str, Any]:
    """A policy document of statements."""
    return {"Statement": list(statements), "Version": VERSION}


def characters(statements: Sequence[Statement]) -> int:
    """What a document of statements has of characters as IAM counts them, what is not known yet at its longest."""
    return length(json.dumps(document(statements), separators=(",", ":")))


def length(text: str) -> int:
    """What a text has of characters when its tokens have their values."""
    if "${Token[" not in text:
        return len(text)
    tokens = list(_TOKEN.finditer(text))
    return len(text) + sum(_LENGTHS.get(token["name"], _LENGTH) - len(token[0]) for token in tokens)


def quota_problems(*, inline: int, managed: int) -> Iterator[str]:
    """What is beyond IAM's quotas for one role.

    Args:
        inline: the characters of its inline policies together.
        managed: the number of its managed policies.
    """
    if managed > MANAGED_POLICIES_QUOTA:
        yield (
            f"The declared secrets and parameters need {managed} managed policies, and IAM allows a role"
            f" {MANAGED_POLICIES_QUOTA}. Spread the endpoints over stacks with providers of their own, put several"
            " device tokens into the fields of one secret, or allow a path of parameters instead of each."
        )
    if inline > INLINE_QUOTA:
        yield (
            f"The provider's role would have about {inline} characters of inline policies, and IAM allows a role"
            f" {INLINE_QUOTA}. Spread the endpoints over stacks with providers of their own."
        )
