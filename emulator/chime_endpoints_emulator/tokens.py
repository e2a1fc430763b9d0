"""The memory of ClientRequestTokens, with the request and result of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from .exceptions import IdentityError

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class RememberedRequest(Generic[T]):
    """The parameters of a request with a token, and its result or error."""

    parameters: Mapping[str, Any]
    result: T | IdentityError


class RequestTokens:
    """The request tokens of an account, separate for each operation."""

    def __init__(self) -> None:
        self._requests: dict[tuple[str, ...], RememberedRequest[Any]] = {}

    def recall(self, *key: str) -> RememberedRequest[Any] | None:
        """Return the earlier request with this operation and token, or None."""
        return self._requests.get(key)

    def remember(self, *key: str, parameters: Mapping[str, Any], result: object) -> None:
        """Store a request under its operation and token."""
        self._requests[key] = RememberedRequest(parameters=parameters, result=result)

    def clear(self) -> None:
        """Forget all tokens, as a service does after some time."""
        self._requests.clear()
