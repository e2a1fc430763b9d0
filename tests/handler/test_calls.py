"""How often a service is called, how long the function waits in between, and what a failure reports."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, repeat
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chime_endpoints_handler.aws.calls import Attempts, Caller
from chime_endpoints_handler.aws.deadline import Deadline
from chime_endpoints_handler.aws.failures.errors import ServiceError
from support.stage import Clock

OPERATION = "UpdateAppInstanceUserEndpoint"
STATUS = {
    "ThrottledClientException": 429,
    "ForbiddenException": 403,
    "AccessDeniedException": 403,
    "UnrecognizedClientException": 403,
    "ServiceFailureException": 500,
}
PAGE = {"ResponseMetadata": {"HTTPHeaders": {"content-type": "text/HTML"}}}


def service(*answers: Any) -> Callable[[], dict[str, Any]]:
    """Return the responses in turn, the last one repeatedly; a string is an error code."""
    left = chain(answers, repeat(answers[-1]))

    def request() -> dict[str, Any]:
        answer = next(left)
        if isinstance(answer, dict):
            return answer
        raise ClientError(
            {"Error": {"Code": answer}, "ResponseMetadata": {"HTTPStatusCode": STATUS[answer]}}, OPERATION
        )

    return request


def caller(*, seconds: float = 100.0) -> tuple[Caller, list[float]]:
    """Return a caller with that much time for its calls, and the list of its waits, each as long as allowed."""
    clock, slept = Clock(0.0), list[float]()

    def sleep(for_so_long: float) -> None:
        slept.append(for_so_long)
        clock.sleep(for_so_long)

    deadline = Deadline(lambda: 130.0 - clock.now())  # thirty of them are for the clean-up and the response
    clock.sleep(100.0 - seconds)
    return Caller(deadline=deadline, sleep=sleep, jitter=lambda _, most: most), slept


def test_the_bound_of_a_wait_doubles_up_to_a_second() -> None:
    """F24: each wait has full jitter: it is drawn between zero and a bound that doubles up to a second."""
    call, slept = caller()
    assert call(OPERATION, service(*["ThrottledClientException"] * 6, {"a": "b"})) == {"a": "b"}
    assert slept == pytest.approx([0.2, 0.4, 0.8, 1.0, 1.0, 1.0])
    assert (call.count, call.met_trouble) == (7, True)


def test_a_call_that_succeeds_at_once_meets_no_trouble() -> None:
    """If nothing fails, there is one call and no wait."""
    call, slept = caller()
    call(OPERATION, service({}))
    assert (call.count, call.met_trouble, slept) == (1, False, [])


def test_the_last_wait_ends_with_the_time_for_calls() -> None:
    """F24: the last wait ends with the time for calls, and the error reports the service's last response."""
    call, slept = caller(seconds=1.0)
    with pytest.raises(ServiceError, match="ThrottledClientException"):
        call(OPERATION, service("ThrottledClientException"))
    assert slept == pytest.approx([0.2, 0.4, 0.4])


def test_the_waits_after_a_denial_grow_to_eight_seconds_and_last_a_minute() -> None:
    """F30: each wait is drawn between half of its bound and the bound, so that many callers do not retry together."""
    call, slept = caller()
    drawn: list[tuple[float, float]] = []
    call.jitter = lambda least, most: drawn.append((least, most)) or most  # type: ignore[func-returns-value] # a list's
    with pytest.raises(ServiceError):
        call(OPERATION, service("AccessDeniedException"))
    assert slept == pytest.approx([0.5, 0.5, 1, 2, 4, *[8.0] * 6, 4])
    assert all(least == most / 2 for least, most in drawn)
    slept.clear()
    with pytest.raises(ServiceError):
        call(OPERATION, service("AccessDeniedException"))
    assert slept == []


def test_an_unknown_caller_is_not_waited_for() -> None:
    """F47: the function does not retry with credentials that AWS does not know, because no permission helps."""
    call, slept = caller()
    with pytest.raises(ServiceError):
        call(OPERATION, service("UnrecognizedClientException"))
    assert slept == []


def test_a_role_that_has_not_taken_effect_is_waited_for_fifteen_seconds() -> None:
    """F30: waits last at least half a second, and only a call that may be the first with a new role is retried."""
    call, slept = caller()
    with pytest.raises(ServiceError):
        call(OPERATION, service("ForbiddenException"), propagates=True)
    assert slept == pytest.approx([0.5, 0.5, 0.8, *[1.0] * 14])
    call, slept = caller()
    with pytest.raises(ServiceError):
        call(OPERATION, service("ForbiddenException"))
    assert slept == []


@pytest.mark.parametrize(
    ("said", "failed", "may_have_happened"),
    [("ThrottledClientException", 1, False), ("ServiceFailureException", 1, True), (PAGE, 1, True), ({}, 1, True)],
    ids=["throttled", "failed", "page", "incomplete"],
)
def test_what_may_have_taken_effect_is_kept(said: Any, failed: int, *, may_have_happened: bool) -> None:
    """F25, F26: a call that may have taken effect stays recorded as such, whatever follows."""
    call, _ = caller()
    attempts = Attempts()
    answer = {"Id": "e", "ResponseMetadata": {"HTTPHeaders": {"content-type": "application/json"}}}
    assert call(OPERATION, service(said, answer), attempts=attempts, is_complete=lambda it: "Id" in it) == answer
    assert (attempts.failed, attempts.may_have_happened) == (failed, may_have_happened)


@pytest.mark.parametrize(("answer", "told"), [(PAGE, "CE-515: "), ({}, "CE-514: ")], ids=["page", "incomplete"])
def test_an_unusable_response_is_reported_as_such(answer: dict[str, Any], told: str) -> None:
    """F26: the error says whether a proxy's page or an incomplete response of the service arrived."""
    call, _ = caller(seconds=1.0)
    with pytest.raises(ServiceError) as failure:
        call(OPERATION, service(answer), is_complete=lambda it: "Id" in it, subject="of endpoint e")
    assert str(failure.value).startswith(f"{told}{OPERATION} of endpoint e ")
