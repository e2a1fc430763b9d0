"""Injected faults that affect calls before or after they take effect."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field, fields
from enum import StrEnum
from threading import Lock
from typing import Any, Literal, Self, get_args

from moto.core.utils import get_service_model

from .exceptions import PUSH_SERVICE, SERVICE

When = Literal["before", "after"]
EVERY_OPERATION = "*"

_lock = Lock()


class Spoiled(StrEnum):
    """The ways in which a response can be damaged."""

    HANG = "hang"
    """No response is sent. Over HTTP, the connection stays open; `mock_aws` raises a ReadTimeoutError."""
    RESET = "reset"
    """The connection is reset. `mock_aws` raises a ConnectionClosedError."""
    TRUNCATED = "truncated"
    """The second half of the JSON is missing."""
    EMPTY = "empty"
    """The status reports success, but the body is empty."""
    WITHOUT_ENDPOINT_ID = "without_endpoint_id"
    """EndpointId is missing."""
    HTML = "html"
    """The body is an HTML page, as from a proxy, with the fault's status (default: 200)."""
    REPEATED_NEXT_TOKEN = "repeated_next_token"  # noqa: S105 - not a password
    """The NextToken of a list is the same as in the request."""


@dataclass(eq=False)
class Fault:
    """A fault that affects calls to one operation or to all operations.

    Set at most one of `error`, `answer` and `call`. `delay` can be combined with each of them or used alone. After a
    fault has affected `times` calls, it is removed from the backend's list.
    """

    operation: str = EVERY_OPERATION
    """The name of the operation, or * for all operations."""
    _: KW_ONLY
    when: When = "before"
    """`before` or `after` the call's effect. If a fault with `before` returns a response, the call has no effect."""
    error: str | None = None
    """The error code to return. It does not have to be in the service's API model."""
    status: int | None = None
    """The HTTP status, if it differs from the default for the error."""
    message: str | None = None
    """The error's message."""
    answer: Spoiled | None = None
    """The way in which the response is damaged."""
    call: Callable[[], object] | None = None
    """A function to run in the same thread. Its exceptions, including BaseException, pass through boto3 to the caller.
    Exception: botocore treats its own HTTP exceptions as connection errors and retries the call."""
    delay: float = 0
    """Seconds to wait first. For `hang`, how long the connection stays open (0 means one hour)."""
    times: int | None = 1
    """The number of calls to affect; None affects all calls."""
    nth: int = 1
    """The first call to affect, counted from when the fault was added."""
    seen: int = field(default=0, init=False)
    """The number of matching calls so far."""

    def __post_init__(self) -> None:
        problems = []
        if self.operation != EVERY_OPERATION and not any(
            self.operation in get_service_model(service).operation_names for service in (SERVICE, PUSH_SERVICE)
        ):
            problems.append(f"operation: the service has no operation {self.operation!r}")
        if self.when not in get_args(When):
            problems.append(f"when: {self.when!r} is not before or after")
        effects = sum(effect is not None for effect in (self.error, self.answer, self.call))
        if effects > 1 or not (effects or self.delay):
            problems.append("set only one of error, answer and call, or a delay")
        if self.answer is not None:
            try:
                self.answer = Spoiled(self.answer)
            except ValueError:
                problems.append(f"answer: {self.answer!r} is not one of {', '.join(Spoiled)}")
        if self.nth < 1 or (self.times is not None and self.times < 1) or self.delay < 0:
            problems.append("nth and times must be at least 1, and delay at least 0")
        if problems:
            raise ValueError("; ".join(problems))

    @classmethod
    def deny(cls, operation: str, *, times: int | None = None) -> Self:
        """Return a fault with which IAM denies the operation, by default for all calls."""
        return cls(operation, error="AccessDeniedException", times=times)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Create a fault from the control API's JSON, which can contain every member except `call`.

        Raises:
            ValueError: a member is unknown or has an invalid value.
        """
        known = {f.name for f in fields(cls) if f.init} - {"call"}
        if unknown := set(values) - known:
            raise ValueError(f"{', '.join(sorted(unknown))}: not one of {', '.join(sorted(known))}")
        try:
            return cls(**values)
        except TypeError as error:
            raise ValueError(str(error)) from error

    def as_dict(self) -> dict[str, Any]:
        """Return the fault and its count of calls for the control API. A `call` appears as its repr."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return values | ({"call": repr(self.call)} if self.call is not None else {})

    def _strikes(self, operation: str, when: When) -> bool:
        if self.when != when or self.operation not in (operation, EVERY_OPERATION):
            return False
        self.seen += 1
        return self.seen >= self.nth

    @property
    def _is_spent(self) -> bool:
        return self.times is not None and self.seen >= self.nth + self.times - 1


def striking(faults: list[Fault], *, operation: str, when: When) -> Iterator[Fault]:
    """Yield the faults that affect this call, in the order in which they were added.

    The caller can stop iterating early. Faults that were not reached do not count as used.
    """
    for fault in [*faults]:
        with _lock:
            strikes = fault in faults and fault._strikes(operation, when)  # noqa: SLF001 - this module's own
            if strikes and fault._is_spent:  # noqa: SLF001
                faults.remove(fault)
        if strikes:
            yield fault
