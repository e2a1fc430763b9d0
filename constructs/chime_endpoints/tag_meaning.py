"""What a tag of one stack is in the template of another, where its intrinsic functions would mean something else."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from aws_cdk import Reference, Stack, Token, Tokenization

from .tree import stack_of
from .unresolved import is_unresolved

_PURE = ("Fn::Base64", "Fn::Join", "Fn::Length", "Fn::Select", "Fn::Split", "Fn::ToJsonString")
"""Functions whose result depends on their arguments alone."""
_VARIABLE = re.compile(r"\$\{([^!}][^}]*)\}")


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What a tag's value is in the template of a stack: the same for every token that says the same."""

    resolved: str
    literal: str | None
    """The value itself; None where only the deployment knows it."""


def meaning_of(text: str, stack: Stack) -> Meaning:
    """What a text means in its stack."""
    if not is_unresolved(text):
        return Meaning(resolved=text, literal=text)
    resolved = stack.resolve(text)
    with suppress(_StacksOwnError):  # such a value can be compared as it is, within its stack
        resolved = _moved(resolved, _pseudo_parameters(stack, stack))
    if isinstance(resolved, str):
        return Meaning(resolved=resolved, literal=resolved)
    return Meaning(resolved=json.dumps(resolved, sort_keys=True, default=str), literal=None)


class _StacksOwnError(Exception):
    """A value that only its own stack can resolve."""


def in_stack(text: str, *, of: Stack, to: Stack) -> str | None:
    """A tag's key or value as another stack's template has to say it.

    Args:
        text: a literal, or a string with CDK tokens.
        of: the stack that it was written for.
        to: the stack whose template is to hold it.

    Returns:
        The text, with the pseudo parameters of its own stack replaced where synth knows them; None where only its own
        stack can resolve it.
    """
    if of is to or not is_unresolved(text) or _refers_into(to, text):
        return text
    try:
        moved = _moved(of.resolve(text), _pseudo_parameters(of, to))
    except _StacksOwnError:
        return None
    return moved if isinstance(moved, str) else Token.as_string(moved)


def is_reference(text: str) -> bool:
    """Whether a text consists of CDK's references: these mean the same resource in every stack."""
    tokens = Tokenization.reverse_string(text).tokens if is_unresolved(text) else []
    return bool(tokens) and all(Reference.is_reference(token) for token in tokens)


def _refers_into(stack: Stack, text: str) -> bool:
    if not is_reference(text):
        return False
    tokens = Tokenization.reverse_string(text).tokens
    return all(stack_of(cast(Reference, token).target) is stack for token in tokens)


def _pseudo_parameters(of: Stack, to: Stack) -> Mapping[str, str | None]:
    """What each pseudo parameter of a stack is in another; None where it means the same there."""
    known: dict[str, str | None] = {"AWS::Partition": None, "AWS::URLSuffix": None}
    for name, ours, theirs in (("Region", of.region, to.region), ("AccountId", of.account, to.account)):
        if not is_unresolved(ours):
            known[f"AWS::{name}"] = ours
        elif ours == theirs:  # CDK lets a stack without an environment refer only to others without one
            known[f"AWS::{name}"] = None
    if not is_unresolved(of.stack_name):  # a nested stack's is
        known["AWS::StackName"] = of.stack_name
    return known


def _moved(value: Any, known: Mapping[str, str | None]) -> Any:
    """An intrinsic function with other pseudo parameters, or the text that it then is."""
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
