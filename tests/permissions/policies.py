"""What policy documents allow, according to MiniStack's evaluator of IAM policies."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.core.iam_evaluator import (
    EvalContext,
    evaluate,
    parse_policy_document,
)

from support.stage import ACCOUNT, REGION

Document = Mapping[str, Any]


@dataclass(frozen=True, order=True)
class Permission:
    """An action on a resource: as a call needs it, or as a statement grants it, possibly with wildcards."""

    action: str
    resource: str


def permits(documents: Iterable[Document], needed: Permission) -> bool:
    """Whether the documents of one role together allow what a call needs."""
    context = EvalContext(
        principal_arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/function/function",
        principal_type="AssumedRole",
        principal_account=ACCOUNT,
        action=needed.action,
        resource_arn=needed.resource,
        region=REGION,
    )
    return bool(evaluate(context, [parse_policy_document(dict(each)) for each in documents]).decision == "Allow")


def granted(documents: Iterable[Document]) -> set[Permission]:
    """Every action with every resource that the documents name."""
    return {
        Permission(action, resource)
        for document in documents
        for statement in document["Statement"]
        for action in _list(statement["Action"])
        for resource in _list(statement["Resource"])
    }


def unused(grants: Iterable[Permission], needed: Collection[Permission]) -> set[Permission]:
    """Permissions that no needed permission uses."""
    return {grant for grant in grants if not any(permits([_document(grant)], each) for each in needed)}


def _document(grant: Permission) -> Document:
    return {"Statement": [{"Effect": "Allow", "Action": grant.action, "Resource": grant.resource}]}


def _list(value: str | list[str]) -> Iterator[str]:
    yield from [value] if isinstance(value, str) else value
