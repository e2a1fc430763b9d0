"""The state that all operations of a backend share: records, clock, ARN checks and pagination."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from threading import RLock
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import uuid4

from moto.core.base_backend import BaseBackend

from .arns import Arn, ResourceType
from .exceptions import BadRequestException, ForbiddenException, IdentityError, NotFoundException
from .faults import Fault
from .ratelimit import TokenBucket
from .records import AppInstance, AppInstanceUser, Call, Endpoint
from .switches import Switches
from .tokens import RequestTokens

PAGE_SIZE = 50

_REFUSALS: Mapping[str, Callable[[], IdentityError]] = {
    "forbidden": ForbiddenException,
    "not_found": NotFoundException,
    "bad_request": lambda: BadRequestException("Invalid resource"),
}

_P = ParamSpec("_P")
_R = TypeVar("_R")
_S = TypeVar("_S", bound="IdentityState")
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


class IdentityState(BaseBackend):
    """The state of the service in one account and region. Tests can read and set all of it."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.switches = Switches()
        self.faults: list[Fault] = []
        self.calls: list[Call] = []
        self.now: Callable[[], float] = time.time
        self.sleep: Callable[[float], None] = time.sleep
        self.app_instances: dict[str, AppInstance] = {}
        self.users: dict[str, AppInstanceUser] = {}
        self.bots: set[str] = set()
        self.endpoints: dict[str, Endpoint] = {}
        self.deregistered: dict[str, Endpoint] = {}
        """Endpoints that List may still show; `updated` is the time at which each was deregistered."""
        self.tags: dict[str, dict[str, str]] = {}
        self.request_tokens = RequestTokens()
        self._bucket = TokenBucket()
        self._pages: dict[str, tuple[str, ...]] = {}

    @exclusive
    def reset(self) -> None:
        """Reset all state, including switches, faults and calls."""
        # moto's own reset has a moment in which a server's threads find no attributes; this has none.
        self.__init__(self.region_name, self.account_id)  # type: ignore[misc]

    @exclusive
    def record(self, operation: str, parameters: Mapping[str, Any]) -> None:
        """Record a call that reached the service."""
        self.calls.append(Call(operation=operation, parameters=parameters, at=self.now()))

    @exclusive
    def admits(self) -> bool:
        """Whether the account's rate limit admits another call now."""
        return self._bucket.take(rate=self.switches.requests_per_second, now=self.now())

    def _checked(self, arn: str, kind: ResourceType) -> Arn:
        """Parse an ARN, and reject one of another kind or from another account or region."""
        parsed = Arn.parse(arn)
        if parsed.kind is not kind:
            raise BadRequestException(f"{arn} is not the ARN of an {kind}")
        if not parsed.is_of(partition=self.partition, region=self.region_name, account=self.account_id):
            raise ForbiddenException
        return parsed

    def _missing_user(self) -> IdentityError:
        return _REFUSALS[self.switches.missing_user]()

    def _missing_tagged(self) -> IdentityError:
        return _REFUSALS[self.switches.missing_tagged]()

    def _page(
        self, keys: Iterable[str], *, max_results: int | None, next_token: str | None
    ) -> tuple[tuple[str, ...], str | None]:
        """Return one page of a list. Later pages follow the state at the first page, even if the records change."""
        if next_token is not None:
            try:
                left = self._pages[next_token]
            except KeyError:
                raise BadRequestException(f"Invalid NextToken {next_token}") from None
        else:
            left = tuple(keys)
        size = PAGE_SIZE if max_results is None else max_results
        return left[:size], self.page_token(left[size:]) if len(left) > size else None

    def page_token(self, keys: Iterable[str]) -> str:
        """Return a NextToken for a page of these keys. It can be used repeatedly."""
        token = uuid4().hex
        self._pages[token] = tuple(keys)
        return token
