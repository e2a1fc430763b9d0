"""The state that every emulated service shares: faults, received calls, clock and lock."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from threading import RLock
from typing import Any, ClassVar, Concatenate, ParamSpec, TypeVar

from moto.core.base_backend import BaseBackend

from .authorization import Permission
from .exceptions import ServiceError
from .faults import Fault
from .records import Call
from .switches import SwitchSet

_P = ParamSpec("_P")
_R = TypeVar("_R")
_S = TypeVar("_S", bound="EmulatedService")
_lock = RLock()


def exclusive(
    method: Callable[Concatenate[_S, _P], _R],
) -> Callable[Concatenate[_S, _P], _R]:
    """Serialize access to the state of all backends across threads."""

    @wraps(method)
    def locked(self: _S, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        with _lock:
            return method(self, *args, **kwargs)

    return locked


class EmulatedService(BaseBackend):
    """A service in one account and region. Tests can read and set all of its state."""

    error: ClassVar[type[ServiceError]]
    """The class of the service's errors."""
    iam_prefix: ClassVar[str]
    """The prefix of the service's actions in IAM policies."""
    switches: SwitchSet

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.faults: list[Fault] = []
        self.calls: list[Call] = []
        self.now: Callable[[], float] = time.time
        self.sleep: Callable[[float], None] = time.sleep

    @exclusive
    def reset(self) -> None:
        """Reset all state, including switches, faults and calls."""
        # moto's own reset has a moment in which a server's threads find no attributes; this has none.
        self.__init__(self.region_name, self.account_id)  # type: ignore[misc]

    @exclusive
    def record(self, operation: str, parameters: Mapping[str, Any]) -> None:
        """Record a call that reached the service."""
        self.calls.append(Call(operation=operation, parameters=parameters, at=self.now()))

    def admit(self) -> None:
        """Admit a call, or raise ServiceError if the service's rate limit does not admit one now."""

    def token_of_first_page(self) -> str | None:
        """Return a NextToken that returns the first page of a list again, or None if the service has no lists."""
        return None

    def permissions_for(self, operation: str, parameters: Mapping[str, Any]) -> Sequence[Permission]:
        """Return the permissions that a call needs. The first one is for the operation itself."""
        return [Permission(f"{self.iam_prefix}:{operation}", self._resource_of(operation, parameters))]

    def _resource_of(self, operation: str, parameters: Mapping[str, Any]) -> str:  # noqa: ARG002 - for subclasses
        """Return the ARN that IAM compares with policies."""
        return "*"
