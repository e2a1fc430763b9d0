"""One call to a service: made once, and again with full jitter for as long as that makes sense."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any

from .advice import INCOMPLETE, PAGE, Kind
from .deadline import Deadline
from .errors import OutOfTimeError, ServiceError, translate

_FIRST_WAIT = 0.1
_LONGEST_WAIT = 1.0
_PROPAGATION = 15.0  # seconds within which a policy that was just attached takes effect


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

    def __call__(
        self,
        operation: str,
        request: Callable[[], dict[str, Any]],
        *,
        attempts: Attempts | None = None,
        is_complete: Callable[[dict[str, Any]], bool] = lambda _: True,
        propagates: bool = False,
        patience: float = inf,
        subject: str = "",
    ) -> dict[str, Any]:
        """The service's answer.

        Args:
            operation: the API's name of the operation.
            request: makes the call.
            attempts: filled with what happened, also when the call fails.
            is_complete: tells an answer that can be used from a mangled one.
            propagates: whether a 403 may be a role that is only just taking effect.
            patience: seconds after which the call is not tried again, even where the deadline is far.
            subject: what the call is about, as `of endpoint …`, for the message of its failure.

        Raises:
            ServiceError: the call was refused, or kept failing until the deadline.
            OutOfTimeError: there was no time for even one attempt.
        """
        attempts = attempts if attempts is not None else Attempts()
        refused_for = 0.0
        begun_with = self.deadline.left()
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
            wait = self.jitter(0.0, min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** min(attempts.failed, 10)))
            if begun_with - self.deadline.left() > patience:
                raise last from None
            if propagates and last.kind in (Kind.DENIED, Kind.FORBIDDEN) and refused_for < _PROPAGATION:
                wait = max(wait, 0.5)
                refused_for += wait
            elif not last.kind.is_transient:
                raise last from None
            self.sleep(max(0.0, min(wait, self.deadline.for_calls())))

    def translated(self, operation: str, error: Exception, subject: str) -> ServiceError:
        """A failed call as ours; what this raises instead ends the call."""
        return translate(operation, error, subject=subject)


def _is_page(answer: dict[str, Any]) -> bool:
    """Whether a proxy answered with a page, whose status says nothing of the service."""
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    return "html" in str(headers.get("content-type", "")).lower()
