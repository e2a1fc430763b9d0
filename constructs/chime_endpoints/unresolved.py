"""Values that are known only when the template is deployed: CDK's tokens."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Token


def is_unresolved(value: object) -> bool:
    """Whether a value is, or holds, a token. A map is judged by its members, so it never is one itself."""
    if isinstance(value, str):
        return "Token[" in value and bool(Token.is_unresolved(value))
    if value is None or isinstance(value, bool | Mapping | list | tuple):
        return False
    return bool(Token.is_unresolved(value))
