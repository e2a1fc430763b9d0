"""The translation of a tag for the template of another stack, where intrinsic functions can resolve differently."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from aws_cdk import Reference, Stack, Token, Tokenization

from chime_endpoints._cdk.tree import stack_of
from chime_endpoints._cdk.unresolved import is_unresolved

_PURE = ("Fn::Base64", "Fn::Join", "Fn::Length", "Fn::Select", "Fn::Split", "Fn::ToJsonString")
"""Intrinsic functions whose result depends only on their arguments."""
_VARIABLE = re.compile(r"\$\{([^!}][^}]*)\}")


@dataclass(frozen=True, kw_only=True)
class ResolvedValue:
    """A tag's value as a stack resolves it. Equal for all tokens that resolve to the same value."""

    resolved: str
    literal: str | None
    """The value itself, or None if it is known only at deployment."""


def resolved_value(text: str, stack: Stack) -> ResolvedValue:
    """Return how a stack resolves a text."""
    if not is_unresolved(text):
        return ResolvedValue(resolved=text, literal=text)
    resolved = stack.resolve(text)
    with suppress(_StacksOwnError):  # within its own stack, such a value can be compared unchanged
        resolved = _moved(resolved, _pseudo_parameters(stack, stack))
    if isinstance(resolved, str):
        return ResolvedValue(resolved=resolved, literal=resolved)
    return ResolvedValue(resolved=json.dumps(resolved, sort_keys=True, default=str), literal=None)


class _StacksOwnError(Exception):
    """A value can be resolved only in its own stack."""


def translate_for_stack(text: str, *, of: Stack, to: Stack) -> str | None:
    """Translate a tag's key or value for the template of another stack.

    Args:
        text: a literal, or a string with CDK tokens.
        of: the stack that the text was written for.
        to: the stack whose template will contain the text.

    Returns:
        The text, with the pseudo parameters of its own stack replaced if they are known at synthesis. None if only the
        text's own stack can resolve it.
    """
    if of is to or not is_unresolved(text) or _refers_into(to, text):
        return text
    try:
        moved = _moved(of.resolve(text), _pseudo_parameters(of, to))
    except _StacksOwnError:
        return None
    return moved if isinstance(moved, str) else Token.as_string(moved)


def is_reference(text: str) -> bool:
    """Whether a text consists only of CDK references, which identify the same resource in every stack."""
    tokens = Tokenization.reverse_string(text).tokens if is_unresolved(text) else []
    return bool(tokens) and all(Reference.is_reference(token) for token in tokens)


def _refers_into(stack: Stack, text: str) -> bool:
    if not is_reference(text):
        return False
    tokens = Tokenization.reverse_string(text).tokens
    return all(stack_of(cast(Reference, token).target) is stack for token in tokens)


def _pseudo_parameters(of: Stack, to: Stack) -> Mapping[str, str | None]:
    """Return each pseudo parameter's replacement in another stack, or None if its value is the same there."""
    known: dict[str, str | None] = {"AWS::Partition": None, "AWS::URLSuffix": None}
    for name, ours, theirs in (("Region", of.region, to.region), ("AccountId", of.account, to.account)):
        if not is_unresolved(ours):
            known[f"AWS::{name}"] = ours
        elif ours == theirs:  # CDK allows references between stacks without an environment only
            known[f"AWS::{name}"] = None
    if not is_unresolved(of.stack_name):  # the name of a nested stack is unresolved
        known["AWS::StackName"] = of.stack_name
    return known


def _moved(value: Any, known: Mapping[str, str | None]) -> Any:
    """Return an intrinsic function with its pseudo parameters replaced, or the text that results."""
    if isinstance(value, list):
        return [_moved(each, known) for each in value]
    if not isinstance(value, Mapping):
        return value
    ((name, argument),) = value.items() if len(value) == 1 else (("", None),)
    if name == "Ref":
        replacement = _pseudo_parameter(argument, known)
        return value if replacement is None else replacement
    if name == "Fn::Sub" and isinstance(argument, str):
        return _substituted(argument, known)
    if name not in _PURE:
        raise _StacksOwnError
    inner = _moved(argument, known)
    if name == "Fn::Join" and isinstance(inner[1], list) and all(isinstance(each, str) for each in inner[1]):
        return inner[0].join(inner[1])
    return {name: inner}


def _substituted(template: str, known: Mapping[str, str | None]) -> Any:
    def replaced(variable: re.Match[str]) -> str:
        replacement = _pseudo_parameter(variable[1], known)
        return variable[0] if replacement is None else replacement

    text = _VARIABLE.sub(replaced, template)
    return {"Fn::Sub": text} if "${" in text else text


def _pseudo_parameter(name: object, known: Mapping[str, str | None]) -> str | None:
    if name not in known:
        raise _StacksOwnError
    return known[str(name)]
