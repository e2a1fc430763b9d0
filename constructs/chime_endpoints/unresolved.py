"""Values that are known only when the template is deployed: CDK's tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar, cast

from aws_cdk import Token

_Value = TypeVar("_Value")


def is_unresolved(value: object) -> bool:
    """Whether a value is, or holds, a token. A map is judged by its members, so it never is one itself."""
    if isinstance(value, str):
        return "Token[" in value and bool(Token.is_unresolved(value))
    if value is None or isinstance(value, bool | Mapping | list | tuple):
        return False
    return bool(Token.is_unresolved(value))


def is_token(value: object) -> bool:
    """Whether a value of any kind is a token. CDK takes a stack for one, and fails for what is not its own."""
    if isinstance(value, str | int | float):
        return is_unresolved(value)
    return hasattr(value, "resolve") and hasattr(value, "type_hint")


def as_text(value: _Value) -> _Value:
    """A value, as text where it is a token of another form; so that every rule can read it."""
    if isinstance(value, str) or not is_token(value):
        return value
    return cast(_Value, Token.as_string(value))
