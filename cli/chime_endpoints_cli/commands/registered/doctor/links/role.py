"""The role that Amazon Chime SDK messaging assumes: whether it exists, whom it trusts, and what it may send."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.roles.policies import Decision, decide
from chime_endpoints_cli.account.roles.push_role import (
    PUSH_ACTION,
    PUSH_PRINCIPAL,
    PUSH_ROLE,
    Permissions,
    PushRole,
    read_permissions,
    read_push_role,
)

from .link import Link, Place, broken, ok
from .looking import Record, Unseen, look, not_visible

_MAKE = "`PushDeliveryRole` creates it in a stack: https://cdk-chime-endpoints.github.io/cdk-chime-endpoints/reference/python.html"
_CONDITIONS = Unseen(
    reason="the policy has conditions that only AWS can evaluate",
    remedy="Check the conditions of the policy in the IAM console.",
)


def role_links(services: Services, *, account: str, applications: Iterable[str]) -> Iterator[Link]:
    """Yield the links of the role.

    Args:
        services: the account.
        account: the account of the user, for which the service assumes the role.
        applications: the applications that the role must be allowed to send through.
    """
    role = look("iam:GetRole", lambda: read_push_role(services))
    if isinstance(role, Unseen):
        yield not_visible(Place.ROLE, PUSH_ROLE, role)
        return
    if role is None:
        yield broken(
            Place.ROLE,
            PUSH_ROLE,
            "the role does not exist, so Amazon Chime SDK messaging drops every push silently",
            "Create the role with this name: `PushDeliveryRole` creates it in a stack.",
        )
        return
    of_role = role.arn.split(":")[4]
    if of_role != account:
        yield not_visible(
            Place.ROLE,
            role.arn,
            Unseen(
                reason=f"your credentials belong to account {of_role}, the user to account {account}",
                remedy=f"Use a profile of account {account} (AWS_PROFILE).",
            ),
        )
        return
    yield ok(Place.ROLE, role.arn, "the role exists")
    yield _trust(role, account)
    seen = Record()
    permissions = read_permissions(services, role, seen)
    for application in applications:
        yield _permission(role, permissions, seen, application)


def _trust(role: PushRole, account: str) -> Link:
    decision = decide([role.trust], action="sts:AssumeRole", service=PUSH_PRINCIPAL, account=account)
    if decision is Decision.ALLOWED:
        return ok(Place.TRUST, role.arn, f"the role trusts {PUSH_PRINCIPAL}")
    if decision is Decision.CONDITIONAL:
        return not_visible(Place.TRUST, role.arn, _CONDITIONS)
    return broken(
        Place.TRUST,
        role.arn,
        f"the role does not let {PUSH_PRINCIPAL} assume it",
        f'Allow sts:AssumeRole for the principal {{"Service": "{PUSH_PRINCIPAL}"}} in its trust policy.',
    )


def _permission(role: PushRole, permissions: Permissions, seen: Record, application: str) -> Link:
    resource = f"{application}/messages"
    own = decide(permissions.documents, action=PUSH_ACTION, resource=resource)
    boundary = (
        Decision.ALLOWED
        if permissions.boundary is None
        else decide([permissions.boundary], action=PUSH_ACTION, resource=resource)
    )
    allow = f"Allow {PUSH_ACTION} on {resource} in its policies."
    if own is Decision.DENIED:
        detail = f"a policy of the role denies {PUSH_ACTION} on {resource}"
        return broken(Place.PERMISSIONS, role.arn, detail, "Remove the denial from its policies.")
    if boundary in (Decision.DENIED, Decision.NOT_ALLOWED):
        detail = f"the permissions boundary of the role does not allow {PUSH_ACTION} on {resource}"
        return broken(Place.PERMISSIONS, role.arn, detail, f"Allow {PUSH_ACTION} in {role.boundary_arn}.")
    if not permissions.is_complete:
        return not_visible(Place.PERMISSIONS, role.arn, seen.unseen)
    if own is Decision.NOT_ALLOWED:
        detail = f"no policy of the role allows {PUSH_ACTION} on {resource}"
        return broken(Place.PERMISSIONS, role.arn, detail, allow)
    if Decision.CONDITIONAL in (own, boundary):
        return not_visible(Place.PERMISSIONS, role.arn, _CONDITIONS)
    return ok(Place.PERMISSIONS, role.arn, f"the role is allowed to send through {application}")
