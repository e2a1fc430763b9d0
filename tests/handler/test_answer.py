"""The function sends exactly one valid response in time, whatever the response URL does."""

from __future__ import annotations

import logging
import time
from functools import partial

import pytest

from chime_endpoints_emulator import Fault
from chime_endpoints_handler import index
from chime_endpoints_handler.aws.deadline import Deadline
from chime_endpoints_handler.cloudformation.request import parse
from chime_endpoints_handler.cloudformation.responder import Responder
from chime_endpoints_handler.index import AnswerNotAcceptedError
from support.stage import LambdaContext, Stage

REGISTER, DESCRIBE = "RegisterAppInstanceUserEndpoint", "DescribeAppInstanceUserEndpoint"


@pytest.mark.parametrize("statuses", [[500], [503, 503], [429], [302, 404], [300], [403, 403]], ids=str)
def test_an_answer_is_repeated_until_it_is_accepted(stage: Stage, statuses: list[int]) -> None:
    """F50: the function sends the same bytes until the URL accepts them, with the content type that was signed."""
    stage.sink.statuses = [*statuses]
    assert stage.create()["Status"] == "SUCCESS"
    assert len(stage.sink.bodies) == len(statuses) + 1
    assert len(set(stage.sink.bodies)) == 1
    assert set(stage.sink.content_types) == {""}


def test_an_expired_url_is_given_up(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """F51: if the URL refuses the signature, the function logs it, stops, and lets the invocation succeed."""
    stage.sink.statuses = [403] * 50
    stage.run(stage.event("Create", stage.properties()))
    assert len(stage.sink.bodies) == 3
    assert "Create of Phone: CE-518: The response URL returned 403. It has expired" in caplog.text


@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete", "Nonsense"])
def test_an_invocation_fails_in_time_if_no_response_is_accepted(
    stage: Stage, caplog: pytest.LogCaptureFixture, request_type: str
) -> None:
    """F52: if the URL accepts no response, the invocation fails in time, and Lambda delivers the event again."""
    stage.sink.statuses = [500] * 500
    began = stage.clock.now()
    declared = stage.properties()
    with pytest.raises(AnswerNotAcceptedError, match=r"^the response could not be delivered$"):
        stage.run(stage.event(request_type, declared, PhysicalResourceId="none", OldResourceProperties=declared))
    assert (
        f"{request_type} of Phone: CE-518: The function could not deliver its response. Lambda retries the event. If"
        " the function runs in a VPC, give it a route to Amazon S3."
    ) in caplog.messages
    assert len(stage.sink.bodies) > 3
    assert 100 < stage.clock.now() - began <= 120


def test_a_replacement_whose_response_is_lost_is_recognised_by_the_rollback(stage: Stage) -> None:
    """F61: if three responses are lost, the rollback leaves only the old endpoint registered."""
    first = stage.create()
    new = stage.properties(EndpointAttributes={"DeviceToken": "canary-token-b"})
    event = stage.event(
        "Update", new, PhysicalResourceId=first["PhysicalResourceId"], OldResourceProperties=stage.properties()
    )
    for _ in range(3):
        stage.sink.statuses = [500] * 500
        with pytest.raises(AnswerNotAcceptedError):
            stage.run(event)
    stage.sink.statuses = []
    rolled_back = stage.update(first["PhysicalResourceId"], stage.properties(), new)
    assert rolled_back["PhysicalResourceId"] == first["PhysicalResourceId"]
    assert [endpoint.device_token for endpoint in stage.registered] == ["canary-token-a"]


def test_a_lost_answer_is_given_again_for_the_same_endpoint(stage: Stage) -> None:
    """F41: a second delivery reports the endpoint that the first one registered, with its declared name."""
    first = stage.create()
    new = stage.properties(EndpointAttributes={"DeviceToken": "canary-token-b"})
    event = stage.event(
        "Update", new, PhysicalResourceId=first["PhysicalResourceId"], OldResourceProperties=stage.properties()
    )
    stage.sink.statuses = [500] * 500
    with pytest.raises(AnswerNotAcceptedError):
        stage.run(event)
    stage.sink.statuses = []
    answer = stage.deliver(event)
    stage.delete(first["PhysicalResourceId"])
    (endpoint,) = stage.registered
    assert answer["PhysicalResourceId"].endswith(endpoint.endpoint_id)
    assert endpoint.name == "canary phone"


@pytest.mark.parametrize("seconds", [0.3, 1.0])
def test_too_little_time_is_answered_at_once(stage: Stage, seconds: float) -> None:
    """F42: the function starts nothing that it has no time to finish."""
    answer = stage.deliver(stage.event("Create", stage.properties()), seconds=seconds)
    assert "No time was left" in answer["Reason"]
    assert not stage.backend.calls


@pytest.mark.slow
@pytest.mark.parametrize("operation", [REGISTER, DESCRIBE])
def test_a_service_that_hangs_past_the_deadline_is_answered_by_the_timer(stage: Stage, operation: str) -> None:
    """F42, F55: the timer responds, the work ends, and the Delete finds what the work registered."""
    declared = stage.properties(Name=None, RequireActive="true" if operation == DESCRIBE else None)
    stage.backend.faults.append(Fault(operation, when="after", call=lambda: time.sleep(1.5)))
    began = time.monotonic()
    stage.clock.now = lambda: began_at + time.monotonic() - began  # type: ignore[method-assign] # real time here
    began_at = stage.clock.at
    answer = stage.deliver(stage.event("Create", declared), seconds=2.0)
    assert (answer["Status"], "ran out of time" in answer["Reason"]) == ("FAILED", True)
    assert time.monotonic() - began < 2.0
    assert stage.delete(answer["PhysicalResourceId"], declared)["Status"] == "SUCCESS"
    assert not stage.registered


@pytest.mark.slow
def test_a_timer_that_fires_while_the_work_is_answering_answers_nothing(stage: Stage) -> None:
    """F55: if a slow URL keeps the function's response under way, the timer sends no second one."""
    began, began_at = time.monotonic(), stage.clock.at
    stage.clock.now = lambda: began_at + time.monotonic() - began  # type: ignore[method-assign] # real time here
    stage.sink.on_put = lambda: time.sleep(1.4)  # the timer is due after a second
    answer = stage.deliver(stage.event("Create", stage.properties()), seconds=2.0)
    assert answer["Status"] == "SUCCESS"
    assert len(stage.sink.bodies) == 1
    assert len(stage.registered) == 1


@pytest.mark.slow
def test_work_that_ends_while_the_timer_is_answering_answers_nothing(stage: Stage) -> None:
    """F55: the work waits for the timer's response and makes no other call; the Delete finds its endpoint."""
    began, began_at = time.monotonic(), stage.clock.at
    stage.clock.now = lambda: began_at + time.monotonic() - began  # type: ignore[method-assign] # real time here
    stage.backend.faults.append(Fault(REGISTER, when="after", call=lambda: time.sleep(1.2)))
    stage.sink.on_put = lambda: time.sleep(0.5)
    answer = stage.deliver(stage.event("Create", stage.properties()), seconds=2.0)
    assert answer["Status"] == "FAILED"
    assert len(stage.sink.bodies) == 1
    assert stage.operations == ["Register"]
    stage.sink.on_put = None
    stage.delete(answer["PhysicalResourceId"])
    assert stage.registered == []


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, RecursionError, MemoryError, RuntimeError("canary")])
def test_whatever_is_raised_is_answered(stage: Stage, error: type[BaseException] | BaseException) -> None:
    """F48: the function responds to every exception, and never shows the text of an unknown one."""

    def fail() -> None:
        raise error

    stage.backend.faults.append(Fault(REGISTER, call=fail, times=None))
    answer = stage.create()
    assert answer["Status"] == "FAILED"
    assert "canary" not in answer["Reason"]


def test_an_event_after_a_failed_one_is_clean(stage: Stage) -> None:
    """F45: nothing from one event reaches the next event of a warm process."""
    stage.backend.faults.append(Fault(REGISTER, error="BadRequestException", status=400))
    failed = stage.create()
    answer = stage.create()
    assert failed["Status"] == "FAILED"
    assert answer["Status"] == "SUCCESS"
    assert "Reason" not in answer
    assert answer["NoEcho"] is False


def test_a_failure_without_a_message_has_a_reason(stage: Stage) -> None:
    """F54: a FAILED response always has a reason, because CloudFormation requires one."""
    request = parse(stage.event("Create", stage.properties()))
    responder = Responder(request, Deadline(lambda: 10.0), time.sleep)

    def fail(_event: object, _context: object) -> str:
        raise ValueError

    responder.respond(fail, object())
    (answer,) = stage.sink.accepted
    assert (answer["Status"], answer["LogicalResourceId"]) == ("FAILED", "Phone")
    assert answer["Reason"]
    assert answer["PhysicalResourceId"]


def test_the_contexts_remaining_time_counts_more_than_the_clock(stage: Stage) -> None:
    """F42: the function uses Lambda's remaining time, because Lambda ends the process by it."""
    began = stage.clock.now()
    context = LambdaContext(stage.clock, began + 120)
    hurry = partial(setattr, context, "deadline", began + 10)
    stage.backend.faults.append(Fault(REGISTER, call=hurry))
    stage.backend.faults.append(Fault(REGISTER, error="ServiceFailureException", times=None))
    stage.run_in(context, stage.event("Create", stage.properties()))
    assert stage.sink.accepted[-1]["Status"] == "FAILED"
    assert stage.clock.now() - began <= 10


def test_lambda_calls_what_handles_the_event(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda calls `index.handler`, which handles the event."""
    monkeypatch.setattr(index, "_PROCESS", stage.surroundings)
    level = logging.root.level
    index.handler(stage.event("Create", stage.properties()), LambdaContext(stage.clock, stage.clock.now() + 120))
    logging.root.setLevel(level)
    assert [answer["Status"] for answer in stage.sink.accepted] == ["SUCCESS"]
    assert len(stage.registered) == 1


def test_an_event_ends_though_the_contexts_remaining_time_never_changes(stage: Stage) -> None:
    """F42: an event ends even if a local emulator always reports the same remaining time."""

    class Still:
        def get_remaining_time_in_millis(self) -> int:
            return 60_000

    stage.backend.faults.append(Fault(REGISTER, error="ThrottledClientException", times=None))
    began = stage.clock.now()
    index.handle(
        stage.event("Create", stage.properties()),
        Still(),
        index.Surroundings(clients=stage.clients, environment={}, now=stage.clock.now, sleep=stage.clock.sleep),
    )
    assert stage.sink.accepted[0]["Status"] == "FAILED"
    assert stage.clock.now() - began < 60
