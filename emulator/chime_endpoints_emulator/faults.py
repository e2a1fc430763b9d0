"""Faults that strike calls before or after their effect."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field, fields
from enum import StrEnum
from threading import Lock
from typing import Any, Literal, Self, get_args

from moto.core.utils import get_service_model

from .exceptions import SERVICE

When = Literal["before", "after"]
EVERY_OPERATION = "*"

_lock = Lock()


class Spoiled(StrEnum):
    """What becomes of the answer."""

    HANG = "hang"
    """None comes: over HTTP the connection is open and silent, in `mock_aws` a ReadTimeoutError is raised."""
    RESET = "reset"
    """The connection is reset; in `mock_aws` a ConnectionClosedError is raised."""
    TRUNCATED = "truncated"
    """The second half of the JSON is missing."""
    EMPTY = "empty"
    """The status is that of success, the body is empty."""
    WITHOUT_ENDPOINT_ID = "without_endpoint_id"
    """EndpointId is missing."""
    HTML = "html"
    """A page of a proxy in between, with the fault's status (200 if it has none)."""
    REPEATED_NEXT_TOKEN = "repeated_next_token"  # noqa: S105 - not a password
    """A list's NextToken is the one that was sent."""


@dataclass(eq=False)
class Fault:
    """One thing that goes wrong with calls of an operation.

    Of `error`, `answer` and `call` one at most; `delay` goes with any of them, or alone.
    A fault that has struck `times` times removes itself from the backend's list.
    """

    operation: str = EVERY_OPERATION
    """The operation's name, or * for every one."""
    _: KW_ONLY
    when: When = "before"
    """Before the effect (which then does not happen, if the fault gives an answer), or after it."""
    error: str | None = None
    """The code of an error to answer, in the service's model or not."""
    status: int | None = None
    """The HTTP status, where it is not the usual one."""
    message: str | None = None
    """The error's message."""
    answer: Spoiled | None = None
    """Another kind of bad answer."""
    call: Callable[[], object] | None = None
    """Something to run in the same thread. What it raises, BaseException included, goes through boto3 to
    the caller, except that botocore treats its own HTTP exceptions as those of a connection, and retries."""
    delay: float = 0
    """Seconds to wait first; for `hang` how long the connection stays open (0: an hour)."""
    times: int | None = 1
    """How many calls it strikes; None is every one."""
    nth: int = 1
    """The first call to strike, counted from when the fault was put."""
    seen: int = field(default=0, init=False)
    """The calls that it could have struck so far."""

    def __post_init__(self) -> None:
        problems = []
        operations = get_service_model(SERVICE).operation_names
        if self.operation not in (*operations, EVERY_OPERATION):
            problems.append(f"operation: {self.operation!r} is not one of the service")
        if self.when not in get_args(When):
            problems.append(f"when: {self.when!r} is not before or after")
        effects = sum(effect is not None for effect in (self.error, self.answer, self.call))
        if effects > 1 or not (effects or self.delay):
            problems.append("one of error, answer and call, or a delay")
        if self.answer is not None:
            try:
                self.answer = Spoiled(self.answer)
            except ValueError:
                problems.append(f"answer: {self.answer!r} is not one of {', '.join(Spoiled)}")
        if self.nth < 1 or (self.times is not None and self.times < 1) or self.delay < 0:
            problems.append("nth and times count from 1, delay from 0")
        if problems:
            raise ValueError("; ".join(problems))

    @classmethod
    def deny(cls, operation: str, *, times: int | None = None) -> Self:
        """IAM refuses the operation, for ever unless told otherwise."""
        return cls(operation, error="AccessDeniedException", times=times)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """A fault put over HTTP, which can be everything but a `call`.

        Raises:
            ValueError: A member is unknown or has a wrong value.
        """
        known = {f.name for f in fields(cls) if f.init} - {"call"}
        if unknown := set(values) - known:
            raise ValueError(f"{', '.join(sorted(unknown))}: not one of {', '.join(sorted(known))}")
        try:
            return cls(**values)
        except TypeError as error:
            raise ValueError(str(error)) from error

    def as_dict(self) -> dict[str, Any]:
        """What the fault is and how often it was seen, for the control API; a `call` only as its repr."""
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
    """The faults that strike this call, in the order in which they were put.

    The iteration may be given up: what was not reached has not struck.
    """
    for fault in [*faults]:
        with _lock:
            strikes = fault in faults and fault._strikes(operation, when)  # noqa: SLF001 - this module's own
            if strikes and fault._is_spent:  # noqa: SLF001
                faults.remove(fault)
        if strikes:
            yield fault
