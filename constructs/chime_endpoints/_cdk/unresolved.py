"""CDK tokens: values that are known only at deployment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, cast

from aws_cdk import Token

_Value = TypeVar("_Value")


def is_unresolved(value: object) -> bool:
    """Whether a value is or contains a token. A mapping never counts as one, because its members are checked."""
    if isinstance(value, str):
        return "Token[" in value and bool(Token.is_unresolved(value))
    if value is None or isinstance(value, bool | Mapping | list | tuple):
        return False
    return bool(Token.is_unresolved(value))


def is_token(value: object) -> bool:
    """Whether a value of any type is a token. CDK's own check accepts a stack and fails for foreign objects."""
    if isinstance(value, str | int | float):
        return is_unresolved(value)
    return hasattr(value, "resolve") and hasattr(value, "type_hint")


def as_text(value: _Value) -> _Value:
    """Return a value, with any token converted to a string so that every rule can read it."""
    if isinstance(value, str) or not is_token(value):
        return value
    return cast(_Value, Token.as_string(value))
