"""The role that Amazon Chime SDK messaging assumes to deliver pushes, as IAM returns it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from chime_endpoints_cli.account.calls.services import Services

PUSH_ROLE = "ServiceRoleForAmazonChimePushNotification"
"""The name that the service prescribes; `PushDeliveryRole` of the constructs uses it."""
PUSH_PRINCIPAL = "messaging.chime.amazonaws.com"
PUSH_ACTION = "mobiletargeting:SendMessages"

Document = Mapping[str, Any]
Look = Callable[[str, Callable[[], dict[str, Any]]], dict[str, Any] | None]
"""Makes a call that needs the given permission; None if the permission is missing."""


@dataclass(frozen=True, kw_only=True)
class PushRole:
    """The role with the policy that says who can assume it."""

    arn: str
    trust: Document = field(repr=False)
    boundary_arn: str | None = None
    """The ARN of its permissions boundary, if it has one."""


@dataclass(frozen=True, kw_only=True)
class Permissions:
    """The policies of the role."""

    documents: tuple[Document, ...]
    boundary: Document | None
    """The permissions boundary; None if there is none, or if it is not visible."""
    is_complete: bool
    """Whether every policy was visible."""


def read_push_role(services: Services) -> PushRole | None:
    """Return the role, or None if it does not exist."""
    try:
        found = services.roles().get_role(RoleName=PUSH_ROLE)["Role"]
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "NoSuchEntity":
            return None
        raise
    boundary = found.get("PermissionsBoundary") or {}
    return PushRole(
        arn=found["Arn"],
        trust=found["AssumeRolePolicyDocument"],
        boundary_arn=boundary.get("PermissionsBoundaryArn"),
    )


def read_permissions(services: Services, role: PushRole, look: Look) -> Permissions:
    """Return the inline and managed policies of the role, as far as they are visible."""
    iam = services.roles()
    found = [*_inline(iam, look), *_managed(iam, look)]
    boundary = _document(iam, role.boundary_arn, look) if role.boundary_arn else None
    documents = tuple(document for document in found if document is not None)
    is_complete = len(documents) == len(found) and (boundary is not None or role.boundary_arn is None)
    return Permissions(documents=documents, boundary=boundary, is_complete=is_complete)


def _inline(iam: Any, look: Look) -> Iterator[Document | None]:
    names = look("iam:ListRolePolicies", lambda: {"All": _all(iam, "list_role_policies", "PolicyNames")})
    if names is None:
        yield None
        return
    for name in names["All"]:
        found = look("iam:GetRolePolicy", lambda name=name: iam.get_role_policy(RoleName=PUSH_ROLE, PolicyName=name))  # type: ignore[misc] # bound now
        yield found["PolicyDocument"] if found is not None else None


def _managed(iam: Any, look: Look) -> Iterator[Document | None]:
    attached = look(
        "iam:ListAttachedRolePolicies", lambda: {"All": _all(iam, "list_attached_role_policies", "AttachedPolicies")}
    )
    if attached is None:
        yield None
        return
    for policy in attached["All"]:
        yield _document(iam, policy["PolicyArn"], look)


def _document(iam: Any, arn: str, look: Look) -> Document | None:
    policy = look("iam:GetPolicy", lambda: iam.get_policy(PolicyArn=arn))
    if policy is None:
        return None
    version_id = policy["Policy"]["DefaultVersionId"]
    version = look("iam:GetPolicyVersion", lambda: iam.get_policy_version(PolicyArn=arn, VersionId=version_id))
    return version["PolicyVersion"]["Document"] if version is not None else None


def _all(iam: Any, operation: str, items: str) -> list[Any]:
    pages = iam.get_paginator(operation).paginate(RoleName=PUSH_ROLE)
    return [item for page in pages for item in page[items]]
