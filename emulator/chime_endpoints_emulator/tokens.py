"""ClientRequestTokens: which request was sent with which, and what it was answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from .exceptions import IdentityError

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Remembered(Generic[T]):
    """A request that was sent with a token: its parameters, and its result or error."""

    parameters: Mapping[str, Any]
    result: T | IdentityError


class RequestTokens:
    """The memory of an account; an operation's tokens have nothing to do with another's."""

    def __init__(self) -> None:
        self._requests: dict[tuple[str, ...], Remembered[Any]] = {}

    def recall(self, *key: str) -> Remembered[Any] | None:
        """The request of this operation and token, if there was one."""
        return self._requests.get(key)

    def remember(self, *key: str, parameters: Mapping[str, Any], result: object) -> None:
        """Keep a request under its operation and token."""
        self._requests[key] = Remembered(parameters=parameters, result=result)

    def clear(self) -> None:
        """Forget all tokens, as a service does after a while."""
        self._requests.clear()
