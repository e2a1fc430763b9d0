"""Call a service and retry with full jitter while that can help."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any, TypeAlias

from .deadline import Deadline
from .failures.errors import OutOfTimeError, ServiceError, translate
from .failures.remedies import INCOMPLETE, PAGE, UNKNOWN_CALLERS, Kind

_FIRST_WAIT = 0.1
_LONGEST_WAIT = 1.0
_FORBIDDEN_FOR = 15.0  # seconds to retry a refusal by the service, which may indicate a missing permission
_DENIED_FOR = 60.0  # seconds to retry a denial by IAM: a policy that was just attached may take that long
_FIRST_WAIT_IF_DENIED = 0.5
_LONGEST_WAIT_IF_DENIED = 8.0  # hundreds of resources may wait for one policy and share 50 requests per second
_KEPT_AFTER_DENIAL = 3.0  # seconds for the calls that find out the meaning of a denial

Call: TypeAlias = Callable[..., dict[str, Any]]
"""A `Caller`, or one with some of its parameters set."""


@dataclass
class Attempts:
    """The record of one call's attempts."""

    failed: int = 0
    may_have_happened: bool = False


@dataclass
class Caller:
    """Makes calls until they succeed, are refused, or the deadline is near.

    The waits use full jitter (AWS Architecture Blog, Exponential Backoff And Jitter): uniform between zero and a bound
    that doubles. With 50 requests per second for the whole account, a 429 is normal.
    """

    deadline: Deadline
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[float, float], float] = random.uniform
    count: int = 0
    throttled: int = 0
    met_trouble: bool = False
    lacks_permission: bool = False
    """Whether IAM denied a call until the retries ended; further denials are not retried."""

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
        """Make the call and return the response.

        Args:
            operation: the API's name of the operation.
            request: makes the call.
            attempts: records the attempts, even if the call fails.
            is_complete: whether a response is usable.
            propagates: whether a 403 from the service may mean that a role has not taken effect yet.
            waits_for_permission: whether the same is true for a denial by IAM; otherwise, it is final.
            patience: seconds after which the call is not retried, even if the deadline is far away.
            subject: the target of the call, such as `of endpoint …`, for the error message.

        Raises:
            ServiceError: the call was refused, or kept failing until the deadline.
            OutOfTimeError: there was not enough time for one attempt.
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
            except Exception as error:  # noqa: BLE001 - all botocore errors are translated in one place
                last = self.translated(operation, error, subject)
            else:
                is_page = _is_page(answer)
                if not is_page and is_complete(answer):
                    return answer
                said = PAGE if is_page else INCOMPLETE
                last = ServiceError(operation=operation, kind=Kind.UNCLEAR, said=said, subject=subject)
            self.met_trouble = True
            self.throttled += last.kind is Kind.THROTTLED
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
        """Convert the error of a failed call; an exception from here ends the call."""
        return translate(operation, error, subject=subject)

    def _wait_for_permission(self, denied_for: float, enough: float) -> float:
        """Return the seconds to wait after a denial by IAM; zero if the call was denied for long enough.

        The waits grow with the elapsed time and are at least half of their bound, so that many waiting callers do not
        use up the account's request rate.
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
    """Whether the response is a proxy's web page, whose status does not come from the service."""
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return "html" in str(headers.get("content-type", "")).lower()
