"""Processes that are killed: for want of memory, or at their time-out. Then no, one or two retries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from chime_endpoints_emulator import Fault
from chime_endpoints_handler.index import AnswerNotAcceptedError
from support.stage import LambdaContext, Stage

RETRIES = (0, 1, 2)


class KilledError(BaseException):
    """The process is gone."""


def kill(stage: Stage, event: dict[str, Any], *, nth: int, when: Any) -> bool:
    """Delivers an event to a process that is killed at a call; tells whether it came to that call."""
    context = LambdaContext(stage.clock, stage.clock.now() + 120)
    was_killed: list[bool] = []

    def end() -> None:
        was_killed.append(True)
        context.deadline = stage.clock.now()  # whatever it still tries, it has no time for
        raise KilledError

    stage.backend.faults.append(Fault(when=when, nth=nth, call=end))
    stage.sink.refuses = True
    _run(stage, context, event)
    return bool(was_killed)


def kill_at_answer(stage: Stage, event: dict[str, Any], *, accepted: bool) -> None:
    """Delivers an event to a process that is killed with its work done: the answer has arrived, or it has not."""
    context = LambdaContext(stage.clock, stage.clock.now() + 120)
    stage.sink.refuses = not accepted
    stage.sink.on_put = lambda: setattr(context, "deadline", stage.clock.now())
    _run(stage, context, event)


def _run(stage: Stage, context: LambdaContext, event: dict[str, Any]) -> None:
    with suppress(AnswerNotAcceptedError, KilledError):
        stage.run_in(context, event)
    stage.sink.refuses, stage.sink.on_put = False, None
    stage.backend.faults.clear()
    stage.starts_anew()
    stage.clock.sleep(60)


def deaths(stage: Stage, event: dict[str, Any], place: str) -> Iterator[None]:
    """One death after another at a place."""
    while True:
        if place == "at the answer":
            kill_at_answer(stage, event, accepted=False)
        else:
            kill(stage, event, nth=1, when=place)
        yield


@pytest.mark.parametrize("memory", ["for_ever", "while_alive", "none"])
@pytest.mark.parametrize("name", ["canary phone", None])
@pytest.mark.parametrize("place", ["before", "after", "at the answer"])
@pytest.mark.parametrize("retries", RETRIES)
def test_a_create_that_is_killed_ends_with_one_endpoint_or_none(
    stage: Stage, retries: int, place: str, name: str | None, memory: str
) -> None:
    """F41, F42, F57: before Register, after it, at the answer; then a delivery that ends well, or an invented id."""
    stage.backend.switches.change({"token_memory": memory})
    event = stage.event("Create", stage.properties(Name=name))
    stage.sent()
    stage.stack.happens("CREATE_IN_PROGRESS", "")
    dying = deaths(stage, event, place)
    for _ in range(1 + retries):
        next(dying)
    if retries < max(RETRIES):
        answer = stage.deliver(event)
        (endpoint,) = stage.registered
        assert answer["Data"]["EndpointId"] == endpoint.endpoint_id
        held = answer["PhysicalResourceId"]
    else:
        assert len(stage.registered) <= 1
        held = "chat-Phone-1X2Y3Z4"
    stage.clock.sleep(900)
    stage.sent()
    stage.delete(held, stage.properties(Name=name))
    assert stage.registered == []


@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_an_event_whose_process_died_after_the_answer_changes_nothing_when_it_comes_again(
    stage: Stage, request_type: str
) -> None:
    """F41, F43: CloudFormation has gone on; the second delivery says the same."""
    old, new = stage.properties(), stage.properties(EndpointAttributes={"DeviceToken": "canary-token-b"})
    first = None if request_type == "Create" else stage.create(old)
    event = stage.event(
        request_type,
        new if request_type == "Update" else old,
        **({} if first is None else {"PhysicalResourceId": first["PhysicalResourceId"], "OldResourceProperties": old}),
    )
    stage.sent()
    kill_at_answer(stage, event, accepted=True)
    answer = stage.sink.accepted[-1]
    before = [vars(endpoint) | {"listed": True} for endpoint in stage.registered]
    assert stage.deliver(event) == answer
    assert [vars(endpoint) | {"listed": True} for endpoint in stage.registered] == before


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        {"EndpointAttributes": {"DeviceToken": "canary-token-b"}},
        {"Type": "GCM"},
    ],
    ids=str,
)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("retries", RETRIES)
def test_a_replacement_that_is_killed_between_any_two_calls_is_completed_or_undone(
    stage: Stage, change: dict[str, Any], when: Any, retries: int
) -> None:
    """F41, F61: completed by a retry, else undone by the rollback: what is declared is registered once."""
    old, new = stage.properties(), stage.properties(**change)
    nth, came_to_it = 0, True
    while came_to_it:
        nth += 1
        stage.backend.endpoints.clear()
        stage.environment.clear()
        first = stage.create(old)
        event = stage.event("Update", new, PhysicalResourceId=first["PhysicalResourceId"], OldResourceProperties=old)
        stage.clock.sleep(30)
        stage.sent()
        came_to_it = kill(stage, event, nth=nth, when=when)
        for _ in range(retries):
            kill(stage, event, nth=nth, when=when)
        if retries == max(RETRIES) and _is_named(stage, first):
            break  # limit L7: every delivery was killed once the new endpoint had its declared name
        held, declared = first["PhysicalResourceId"], old
        if retries < max(RETRIES):
            held, declared = stage.deliver(event)["PhysicalResourceId"], new
            stage.delete(first["PhysicalResourceId"], old)
        else:
            stage.clock.sleep(900)
            stage.sent()
            held = stage.update(held, old, new)["PhysicalResourceId"]
        (endpoint,) = stage.registered
        assert held.endswith(endpoint.endpoint_id)
        assert (endpoint.type, endpoint.name) == (declared["Type"], "canary phone")
        assert endpoint.device_token == declared["EndpointAttributes"]["DeviceToken"]
    assert nth > 3


def _is_named(stage: Stage, first: dict[str, Any]) -> bool:
    """Whether there is another endpoint under the declared name."""
    predecessor = first["Data"]["EndpointId"]
    return any(each.name == "canary phone" and each.endpoint_id != predecessor for each in stage.registered)


@pytest.mark.parametrize("retries", RETRIES)
@pytest.mark.parametrize("place", ["before", "after", "at the answer"])
def test_a_delete_that_is_killed_ends_with_nothing(stage: Stage, place: str, retries: int) -> None:
    """F41, F42: however often it is delivered in the end, also as the Delete of another attempt."""
    first = stage.create()
    event = stage.event("Delete", stage.properties(), PhysicalResourceId=first["PhysicalResourceId"])
    dying = deaths(stage, event, place)
    for _ in range(1 + retries):
        next(dying)
    assert stage.delete(first["PhysicalResourceId"])["Status"] == "SUCCESS"
    assert stage.registered == []
