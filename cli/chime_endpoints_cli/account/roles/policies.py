"""What IAM policies allow: effect, principal, action, resource, and the one condition that is common here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum, auto
from typing import Any

_SOURCE_ACCOUNT = "aws:sourceaccount"


class Decision(Enum):
    """What policies say about a request."""

    ALLOWED = auto()
    DENIED = auto()
    """A statement denies it explicitly."""
    NOT_ALLOWED = auto()
    """No statement allows it."""
    CONDITIONAL = auto()
    """It depends on conditions that only AWS can evaluate."""


class Applies(Enum):
    """Whether a statement applies to a request."""

    YES = auto()
    NO = auto()
    PERHAPS = auto()


def decide(
    documents: Iterable[Mapping[str, Any]],
    *,
    action: str,
    resource: str | None = None,
    service: str | None = None,
    account: str = "",
) -> Decision:
    """Return what the policies say about an action.

    Args:
        documents: the policies.
        action: the action, such as `sts:AssumeRole`.
        resource: the ARN; None in a trust policy, which has no resources.
        service: the service that makes the request, for a trust policy; None in other policies.
        account: the account for which the service makes the request, for conditions on aws:SourceAccount.
    """
    applied = [
        (statement.get("Effect"), _applies(statement, action, resource, service, account))
        for document in documents
        for statement in _listed(document.get("Statement"))
    ]
    if ("Deny", Applies.YES) in applied:
        return Decision.DENIED
    if ("Deny", Applies.PERHAPS) in applied:
        return Decision.CONDITIONAL
    if ("Allow", Applies.YES) in applied:
        return Decision.ALLOWED
    return Decision.CONDITIONAL if ("Allow", Applies.PERHAPS) in applied else Decision.NOT_ALLOWED


def _applies(
    statement: Mapping[str, Any], action: str, resource: str | None, service: str | None, account: str
) -> Applies:
    matches = [_includes(statement, "Action", action, flags=re.IGNORECASE)]
    if resource is not None:
        matches.append(_includes(statement, "Resource", resource))
    if service is not None:
        matches.append(_names(statement, service))
    if not all(matches):
        return Applies.NO
    return _conditions(statement.get("Condition") or {}, account)


def _includes(statement: Mapping[str, Any], member: str, value: str, *, flags: int = 0) -> bool:
    if f"Not{member}" in statement:
        return not _any(statement[f"Not{member}"], value, flags)
    return _any(statement.get(member), value, flags)


def _names(statement: Mapping[str, Any], service: str) -> bool:
    if "NotPrincipal" in statement:
        return not _is_principal(statement["NotPrincipal"], service)
    return _is_principal(statement.get("Principal"), service)


def _is_principal(principal: Any, service: str) -> bool:
    if isinstance(principal, Mapping):
        return service in _listed(principal.get("Service")) or "*" in _listed(principal.get("AWS"))
    return bool(principal == "*")


def _conditions(conditions: Mapping[str, Any], account: str) -> Applies:
    result = Applies.YES
    for operator, keys in conditions.items():
        for key, values in keys.items():
            if operator not in ("StringEquals", "StringLike") or key.lower() != _SOURCE_ACCOUNT:
                result = Applies.PERHAPS
            elif not _any(values, account, 0):
                return Applies.NO
    return result


def _any(patterns: Any, value: str, flags: int) -> bool:
    return any(_pattern(str(pattern), flags).fullmatch(value) for pattern in _listed(patterns))


def _pattern(text: str, flags: int) -> re.Pattern[str]:
    """Return a pattern of IAM, in which only `*` and `?` are special."""
    return re.compile(re.escape(text).replace(r"\*", ".*").replace(r"\?", "."), flags | re.DOTALL)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
