"""A used process handles each event like its first, whatever happened before."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from chime_endpoints_emulator import Fault
from chime_endpoints_handler.index import AnswerNotAcceptedError
from chime_endpoints_handler.model.declaration import TAGS_TYPE
from support.stage import Stage

REGISTER = "RegisterAppInstanceUserEndpoint"
KEYS = [
    "RequestType",
    "RequestId",
    "StackId",
    "ResponseURL",
    "LogicalResourceId",
    "ResourceType",
    "ResourceProperties",
    "PhysicalResourceId",
    "OldResourceProperties",
]
UNANSWERABLE = KEYS[:5]


def nothing(stage: Stage) -> None:
    """A new process."""
    del stage


def success(stage: Stage) -> None:
    """One event was successful."""
    stage.create()


def refusal(stage: Stage) -> None:
    """The declaration was refused."""
    stage.create({"Type": "nonsense"})


def throttle(stage: Stage) -> None:
    """The deadline passed."""
    stage.backend.faults.append(Fault(REGISTER, error="ThrottledClientException", times=None))
    stage.create()


def crash(stage: Stage) -> None:
    """The code raised an unexpected error."""
    stage.backend.faults.append(Fault(REGISTER, call=_raise(SystemExit)))
    stage.create()


def no_event(stage: Stage) -> None:
    """The event could not be read."""
    stage.run({})


def lost_answer(stage: Stage) -> None:
    """The response was not accepted."""
    stage.sink.refuses = True
    with suppress(AnswerNotAcceptedError):
        stage.run(stage.event("Create", stage.properties()))


def expired_url(stage: Stage) -> None:
    """The URL refused the response."""
    stage.sink.statuses = [403] * 3
    stage.run(stage.event("Create", stage.properties()))


def failed_tags(stage: Stage) -> None:
    """An event of the other resource type failed."""
    stage.backend.faults.append(Fault.deny("TagResource"))
    stage.create({"ResourceARN": stage.user, "Tags": [{"Key": "a", "Value": "b"}]}, ResourceType=TAGS_TYPE)


def timer(stage: Stage) -> None:
    """The timer responded while a call hung, and then the work ended."""
    began, at = time.monotonic(), stage.clock.at
    stage.clock.now = lambda: at + time.monotonic() - began  # type: ignore[method-assign] # real time here
    stage.backend.faults.append(Fault(REGISTER, call=lambda: time.sleep(1.2)))
    stage.run(stage.event("Create", stage.properties()), seconds=2.0)


def _raise(error: type[BaseException]) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


PASTS = (nothing, success, refusal, throttle, crash, no_event, lost_answer, expired_url, failed_tags, timer)


def clear(stage: Stage) -> None:
    """Remove all faults and all endpoints."""
    stage.backend.faults.clear()
    stage.backend.endpoints.clear()
    stage.backend.calls.clear()
    stage.sink.forget()


@pytest.mark.slow
@pytest.mark.parametrize("past", PASTS)
def test_the_event_after_is_clean(stage: Stage, past: Callable[[Stage], None]) -> None:
    """F45: the event after any other is handled with its own IDs and with a new process's calls."""
    past(stage)
    clear(stage)
    first = stage.create()
    (endpoint,) = stage.registered
    data = {"EndpointId": endpoint.endpoint_id, "AppInstanceUserArn": stage.user}
    assert first == {
        "Status": "SUCCESS",
        "PhysicalResourceId": f"{stage.user}/endpoint/{endpoint.endpoint_id}",
        "StackId": first["StackId"],
        "RequestId": first["RequestId"],
        "LogicalResourceId": "Phone",
        "Data": data,
        "NoEcho": False,
    }
    second = stage.update(first["PhysicalResourceId"], stage.properties(Name="new"), stage.properties())
    assert (second["PhysicalResourceId"], second["Data"]) == (first["PhysicalResourceId"], data)
    third = stage.delete(first["PhysicalResourceId"])
    assert (third["Status"], third["Data"]) == ("SUCCESS", {})
    assert len({answer["RequestId"] for answer in (first, second, third)}) == 3
    assert stage.operations == ["Register", "Update", "Deregister"]
    assert stage.registered == []


@pytest.mark.parametrize("past", [nothing, success, lost_answer])
@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
@pytest.mark.parametrize("key", UNANSWERABLE)
def test_an_event_that_cannot_be_answered_ends_at_once(
    stage: Stage, caplog: pytest.LogCaptureFixture, past: Callable[[Stage], None], request_type: str, key: str
) -> None:
    """F15: if an event lacks what a response needs, it ends at once, is logged, and makes no call."""
    past(stage)
    stage.sink.forget()
    before = [vars(endpoint).copy() for endpoint in stage.registered]
    calls = len(stage.backend.calls)
    event = whole_event(stage, request_type)
    del event[key]
    caplog.clear()
    began = stage.clock.now()
    with caplog.at_level(logging.WARNING):
        stage.run(event)
    assert stage.sink.bodies == []
    assert len(stage.backend.calls) == calls
    assert [vars(endpoint) for endpoint in stage.registered] == before
    assert stage.clock.now() == began
    (line,) = caplog.messages
    assert line.startswith("CE-519: Ignored an event that CloudFormation did not send: the event has no ")
    assert key in line
    assert line.endswith("Nothing was changed.")


@pytest.mark.parametrize("past", [nothing, success, lost_answer])
@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
@pytest.mark.parametrize("key", [key for key in KEYS if key not in UNANSWERABLE])
def test_an_event_that_can_be_answered_is(
    stage: Stage, past: Callable[[Stage], None], request_type: str, key: str
) -> None:
    """F15, F18: if an event lacks any other key, it is answered once, with at most one endpoint."""
    past(stage)
    clear(stage)
    event = whole_event(stage, request_type)
    event.pop(key, None)
    answer = stage.deliver(event)
    needed = key in ("ResourceType", "ResourceProperties") and request_type != "Delete"
    assert answer["Status"] == ("FAILED" if needed else "SUCCESS")
    assert answer["RequestId"] == event["RequestId"]
    assert answer["PhysicalResourceId"]
    assert len(stage.registered) == (0 if needed or request_type == "Delete" else 1)


def whole_event(stage: Stage, request_type: str) -> dict[str, Any]:
    """An event with every key that any event has."""
    properties = stage.properties(EndpointAttributes={"DeviceToken": "canary-token-b"})
    return stage.event(
        request_type,
        properties,
        OldResourceProperties=stage.properties(),
        PhysicalResourceId=f"{stage.user}/endpoint/none",
    )


@pytest.mark.parametrize("past", [nothing, success, lost_answer])
@pytest.mark.parametrize("event", [{}, None, [], "x", 5, {"RequestType": "Create"}], ids=str)
def test_what_is_no_event_at_all_ends_at_once(
    stage: Stage, caplog: pytest.LogCaptureFixture, past: Callable[[Stage], None], event: object
) -> None:
    """F15: a value that is not an event ends at once, without a request to an earlier event's URL."""
    past(stage)
    stage.sink.forget()
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        stage.run(event)
    assert stage.sink.bodies == []
    assert len(caplog.messages) == 1


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("name", ["canary phone", None])
@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, RecursionError, MemoryError])
def test_what_was_registered_when_the_function_failed_is_found_by_the_delete(
    stage: Stage, error: type[BaseException], name: str | None, when: Any
) -> None:
    """F48: if the function fails around Register, the Delete finds the endpoint by the response's ID."""
    stage.backend.faults.append(Fault(REGISTER, when=when, call=_raise(error), times=None))
    answer = stage.create(stage.properties(Name=name))
    assert answer["Status"] == "FAILED"
    assert error.__name__ in answer["Reason"]
    stage.backend.faults.clear()
    stage.clock.sleep(60)
    assert stage.delete(answer["PhysicalResourceId"], stage.properties(Name=name))["Status"] == "SUCCESS"
    assert stage.registered == []


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("error", [SystemExit, MemoryError])
@pytest.mark.parametrize(
    ("change", "nth"),
    [({"EndpointAttributes": {"DeviceToken": "canary-token-b"}}, nth) for nth in range(1, 5)]
    + [({"Type": "APNS_SANDBOX"}, nth) for nth in range(1, 10)],
    ids=str,
)
def test_an_update_in_which_the_function_failed_is_rolled_back(
    stage: Stage, change: dict[str, Any], error: type[BaseException], nth: int, when: Any
) -> None:
    """F48, F59: if an Update fails at any call, its rollback leaves the old declaration registered once."""
    old, new = stage.properties(), stage.properties(**change)
    first = stage.create(old)
    stage.backend.faults.append(Fault(when=when, nth=nth, call=_raise(error)))
    answer = stage.update(first["PhysicalResourceId"], new, old)
    assert answer["Status"] == "FAILED" or not any(endpoint.type == "APNS" for endpoint in stage.registered)
    stage.backend.faults.clear()
    rolled_back = stage.update(answer["PhysicalResourceId"], old, new)
    assert rolled_back["Status"] == "SUCCESS"
    for superseded in {answer["PhysicalResourceId"]} - {rolled_back["PhysicalResourceId"]}:
        stage.delete(superseded, new)
    (endpoint,) = stage.registered
    assert (endpoint.type, endpoint.device_token, endpoint.name) == ("APNS", "canary-token-a", "canary phone")
