"""Calls that fail: retried if that can help, otherwise reported, and no endpoint is registered twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore import exceptions as boto

from chime_endpoints_emulator import Fault
from chime_endpoints_handler.model.declaration import TAGS_TYPE
from support.stage import APPLICATION, Stage

REGISTER = "RegisterAppInstanceUserEndpoint"
URL = "https://identity-chime.us-east-1.amazonaws.com"
THROTTLE = {"error": "ThrottledClientException", "status": 429}


def create(stage: Stage) -> dict[str, Any]:
    """Deliver a Create."""
    return stage.create()


def update(stage: Stage) -> dict[str, Any]:
    """Deliver an Update in place."""
    held = f"{stage.user}/endpoint/{stage.registered[0].endpoint_id}"
    return stage.update(held, stage.properties(Name="new"), stage.properties())


def replace(stage: Stage) -> dict[str, Any]:
    """Deliver an Update that replaces."""
    held = f"{stage.user}/endpoint/{stage.registered[0].endpoint_id}"
    return stage.update(
        held, stage.properties(EndpointAttributes={"DeviceToken": "canary-token-b"}), stage.properties()
    )


def delete(stage: Stage) -> dict[str, Any]:
    """Deliver a Delete."""
    return stage.delete(f"{stage.user}/endpoint/{stage.registered[0].endpoint_id}")


def tag(stage: Stage) -> dict[str, Any]:
    """Deliver a Create of tags."""
    properties = {"ResourceARN": stage.user, "Tags": [{"Key": "team", "Value": "chat"}]}
    return stage.create(properties, ResourceType=TAGS_TYPE)


EVENTS = (create, update, replace, delete, tag)


def fail_with(error: Exception) -> Callable[[], None]:
    """Raise the error at a fault."""

    def fail() -> None:
        raise error

    return fail


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("deliver", EVENTS)
def test_a_throttle_is_waited_out(stage: Stage, deliver: Callable[[Stage], dict[str, Any]], times: int) -> None:
    """F24: throttling of any call is retried with full jitter, up to a bound that doubles."""
    if deliver is not create:
        stage.create()
    asked: list[tuple[float, float]] = []

    def middle(least: float, most: float) -> float:
        asked.append((least, most))
        return (least + most) / 2

    stage.jitter = middle
    began = stage.clock.now()
    stage.backend.faults.append(Fault(**THROTTLE, times=times))  # type: ignore[arg-type] # one of several
    assert deliver(stage)["Status"] == "SUCCESS"
    assert asked == [(0.0, bound) for bound in (0.2, 0.4, 0.8)[:times]]
    assert stage.clock.now() - began == pytest.approx(sum(most / 2 for _, most in asked))


@pytest.mark.parametrize("deliver", EVENTS)
def test_a_throttle_for_ever_fails_in_time_and_changes_nothing(
    stage: Stage, deliver: Callable[[Stage], dict[str, Any]]
) -> None:
    """F24, F42: throttling without end fails before the deadline with advice, and changes nothing."""
    if deliver is not create:
        stage.create()
    before = [vars(endpoint).copy() for endpoint in stage.registered]
    began = stage.clock.now()
    stage.backend.faults.append(Fault(**THROTTLE, times=None))  # type: ignore[arg-type] # one of several
    answer = deliver(stage)
    assert answer["Status"] == "FAILED"
    assert "Calls exceeded the account's 50 requests per second" in answer["Reason"]
    assert stage.clock.now() - began < 120
    assert [vars(endpoint) for endpoint in stage.registered] == before
    assert not any(stage.backend.tags.values())


@pytest.mark.parametrize(
    "fault",
    [
        {"error": "ServiceFailureException", "status": 500},
        {"error": "ServiceUnavailableException", "status": 503},
        {"answer": "hang"},
        {"answer": "reset"},
        {"answer": "empty"},
        {"answer": "truncated"},
        {"answer": "without_endpoint_id"},
        {"answer": "html"},
        {"answer": "html", "status": 502},
        {"call": fail_with(boto.ConnectTimeoutError(endpoint_url=URL))},
        {"call": fail_with(boto.EndpointConnectionError(endpoint_url=URL, error="Name or service not known"))},
        {"call": fail_with(boto.SSLError(endpoint_url=URL, error="certificate verify failed"))},
        {"call": fail_with(boto.ProxyConnectionError(proxy_url=URL, error="refused"))},
    ],
    ids=lambda fault: str(fault.get("error") or fault.get("answer") or "connection"),
)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("memory", ["for_ever", "none"])
def test_a_register_that_fails_on_the_way_gives_one_endpoint(
    stage: Stage, fault: dict[str, Any], when: Any, memory: str
) -> None:
    """F25, F26, F37: if Register fails twice, before or after its effect, one endpoint is left."""
    stage.backend.switches.change({"token_memory": memory})
    stage.backend.faults.append(Fault(REGISTER, when=when, times=2, **fault))
    answer = stage.create()
    (endpoint,) = stage.registered
    assert answer["Status"] == "SUCCESS"
    assert answer["PhysicalResourceId"] == f"{stage.user}/endpoint/{endpoint.endpoint_id}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "error",
    [
        boto.ConnectTimeoutError(endpoint_url=URL),
        boto.EndpointConnectionError(endpoint_url=URL, error="Name or service not known"),
        boto.SSLError(endpoint_url=URL, error="certificate verify failed"),
        boto.ProxyConnectionError(proxy_url=URL, error="refused"),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("deliver", EVENTS)
def test_an_unreachable_service_is_reported_with_advice(
    stage: Stage, error: Exception, deliver: Callable[[Stage], dict[str, Any]]
) -> None:
    """F26: if the service cannot be reached, the event fails in time with advice, and nothing changes."""
    if deliver is not create:
        stage.create()
    before = [vars(endpoint).copy() for endpoint in stage.registered]
    stage.backend.faults.append(Fault(call=fail_with(error), times=None))
    answer = deliver(stage)
    assert answer["Status"] == "FAILED"
    assert type(error).__name__ in answer["Reason"]
    assert "us-east-1 and eu-central-1 only" in answer["Reason"]
    assert any(words in answer["Reason"] for words in ("give it a route", "direct access to the service"))
    assert [vars(endpoint) for endpoint in stage.registered] == before


@pytest.mark.parametrize("deliver", EVENTS)
@pytest.mark.parametrize("code", ["BadRequestException", "ConflictException", "ForbiddenException", "made-up: canary"])
def test_a_message_of_the_service_is_not_passed_on(
    stage: Stage, deliver: Callable[[Stage], dict[str, Any]], code: str
) -> None:
    """F28: the service's message is not passed on, because it may quote the device token."""
    if deliver is delete and code in ("BadRequestException", "ForbiddenException"):
        pytest.skip("all calls refused so: the user is gone, and the Delete succeeds")
    if deliver is not create:
        stage.create()
    stage.backend.faults.append(
        Fault(error=code, status=400, message="The DeviceToken canary-token-a is invalid", times=None)
    )
    answer = deliver(stage)
    assert answer["Status"] == "FAILED"
    assert "failed: " in answer["Reason"]
    assert "canary" not in str(answer)


def test_a_refused_token_is_reported_with_advice(stage: Stage) -> None:
    """F28: if a token is refused, the event fails at once with the code and advice."""
    stage.backend.faults.append(
        Fault(REGISTER, error="BadRequestException", status=400, message="DeviceToken canary-token-a is invalid")
    )
    answer = stage.create()
    assert answer["Reason"] == (
        f"CE-304: {REGISTER} with application {APPLICATION} failed: BadRequestException. The service rejected a value."
        " Check that the application exists, that its channel for the declared Type is enabled, and that the device"
        " token belongs to that channel."
    )
    assert stage.operations == ["Register"]
    assert not stage.registered


@pytest.mark.parametrize("code", ["AccessDeniedException", "ForbiddenException"])
@pytest.mark.parametrize("deliver", [create, replace, tag])
def test_a_refusal_that_passes_is_waited_out(stage: Stage, code: str, deliver: Callable[[Stage], Any]) -> None:
    """F30: a denied permission is retried, because it may be taking effect just then."""
    if deliver is not create:
        stage.create()
    operation = "TagResource" if deliver is tag else REGISTER
    stage.backend.faults.append(Fault(operation, error=code, status=403, times=5))
    assert deliver(stage)["Status"] == "SUCCESS"
