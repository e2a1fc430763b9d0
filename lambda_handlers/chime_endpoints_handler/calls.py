"""One call to a service: made once, and again with full jitter for as long as that makes sense."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

from .advice import INCOMPLETE, PAGE, UNKNOWN_CALLERS, Kind
from .deadline import Deadline
from .errors import OutOfTimeError, ServiceError, translate

_FIRST_WAIT = 0.1
_LONGEST_WAIT = 1.0
_FORBIDDEN_FOR = 15.0  # seconds to retry a refusal by the service, which may stand for a missing permission
_DENIED_FOR = 60.0  # seconds to retry a denial by IAM: a policy that was just attached may take that long
_FIRST_WAIT_IF_DENIED = 0.5
_LONGEST_WAIT_IF_DENIED = 8.0  # hundreds of resources may wait for one policy, and share 50 requests a second
_KEPT_AFTER_DENIAL = 3.0  # seconds for the calls that find out what a denial means

Call = Callable[..., dict[str, Any]]
"""A `Caller`, or one with some of its parameters set."""


@dataclass
class Attempts:
    """What happened on the way of one call."""

    failed: int = 0
    may_have_happened: bool = False


@dataclass
class Caller:
    """Makes calls until they succeed, are refused, or the deadline is near.

    The waits are "full jitter" (AWS Architecture Blog, Exponential Backoff And Jitter): uniform between
    nothing and a bound that doubles. The account's rate of 50 requests a second makes 429 the normal case.
    """

    deadline: Deadline
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[float, float], float] = random.uniform
    count: int = 0
    met_trouble: bool = False
    lacks_permission: bool = False
    """Whether IAM denied a call for as long as denials are retried: the next one counts at once."""

    def __call__(
        self,
        operation: str,
        request: Callable[[], dict[str, Any]],
        *,
        attempts: Attempts | None = None,
        is_complete: Callable[[dict[str, Any]], bool] = lambda _: True,
        propagates: bool = False,
        waits_for_permission: bool = True,
        patience: float = inf,
        subject: str = "",
    ) -> dict[str, Any]:
        """The service's answer.

        Args:
            operation: the API's name of the operation.
            request: makes the call.
            attempts: filled with what happened, also when the call fails.
            is_complete: tells an answer that can be used from a mangled one.
            propagates: whether the service's own 403 may be a role that is only just taking effect.
            waits_for_permission: whether a denial by IAM may be one, too; otherwise it is an answer.
            patience: seconds after which the call is not tried again, even where the deadline is far.
            subject: what the call is about, as `of endpoint …`, for the message of its failure.

        Raises:
            ServiceError: the call was refused, or kept failing until the deadline.
            OutOfTimeError: there was no time for even one attempt.
        """
        attempts = attempts if attempts is not None else Attempts()
        refused_for = denied_for = 0.0
        begun_with = self.deadline.left()
        enough = min(_KEPT_AFTER_DENIAL, self.deadline.for_calls() / 4)
        last: ServiceError | None = None
        while True:
            try:
                self.deadline.check(operation)
            except OutOfTimeError as out_of_time:
                raise (last or out_of_time) from None
            self.count += 1
            try:
                answer = request()
            except Exception as error:  # noqa: BLE001 - whatever botocore raises is translated, in one place
                last = self.translated(operation, error, subject)
            else:
                is_page = _is_page(answer)
                if not is_page and is_complete(answer):
                    return answer
                said = PAGE if is_page else INCOMPLETE
                last = ServiceError(operation=operation, kind=Kind.UNCLEAR, said=said, subject=subject)
            self.met_trouble = True
            attempts.failed += 1
            attempts.may_have_happened |= last.kind in (Kind.UNCLEAR, Kind.INTERCEPTED)
            if begun_with - self.deadline.left() > patience:
                raise last from None
            if _is_denial(last):
                left = patience - (begun_with - self.deadline.left())
                wait = min(left, self._wait_for_permission(denied_for, enough)) if waits_for_permission else 0.0
                if wait <= 0:
                    raise last from None
                denied_for += wait
            else:
                wait = self.jitter(0.0, min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(attempts.failed, 10)))
                if propagates and last.kind in (Kind.DENIED, Kind.FORBIDDEN) and refused_for < _FORBIDDEN_FOR:
                    wait = max(wait, 0.5)
                    refused_for += wait
                elif not last.kind.is_transient:
                    raise last from None
            self.sleep(max(0.0, min(wait, self.deadline.for_calls())))

    def translated(self, operation: str, error: Exception, subject: str) -> ServiceError:
        """A failed call as ours; what this raises instead ends the call."""
        return translate(operation, error, subject=subject)

    def _wait_for_permission(self, denied_for: float, enough: float) -> float:
        """Seconds to wait after a denial by IAM; none if the call was denied for long enough.

        The waits grow with the time that has passed, and are at least half of their bound: whoever waits with others
        is not to spend the account's rate on denials.
        """
        left = min(_DENIED_FOR - denied_for, self.deadline.for_calls() - enough)
        self.lacks_permission |= left <= 0
        if self.lacks_permission:
            return 0.0
        bound = min(_LONGEST_WAIT_IF_DENIED, max(_FIRST_WAIT_IF_DENIED, denied_for))
        return min(self.jitter(bound / 2, bound), left)


def _is_denial(failure: ServiceError) -> bool:
    """Whether IAM knows the caller and denies the call."""
    return failure.kind is Kind.DENIED and failure.said not in UNKNOWN_CALLERS


def _is_page(answer: dict[str, Any]) -> bool:
    """Whether a proxy answered with a page, whose status says nothing of the service."""
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return "html" in str(headers.get("content-type", "")).lower()
