"""Processes that are killed, out of memory or at their timeout, and then retried up to twice."""

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
    """The process is dead."""


def kill(stage: Stage, event: dict[str, Any], *, nth: int, when: Any) -> bool:
    """Deliver an event to a process that is killed at a call; return whether that call was made."""
    context = LambdaContext(stage.clock, stage.clock.now() + 120)
    was_killed: list[bool] = []

    def end() -> None:
        was_killed.append(True)
        context.deadline = stage.clock.now()  # the dead process has no time for further calls
        raise KilledError

    stage.backend.faults.append(Fault(when=when, nth=nth, call=end))
    stage.sink.refuses = True
    _run(stage, context, event)
    return bool(was_killed)


def kill_at_answer(stage: Stage, event: dict[str, Any], *, accepted: bool) -> None:
    """Deliver an event to a process that is killed when it responds, before or after the response arrives."""
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
    """Kill one delivery after another at the same place."""
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
    """F41, F42, F57: a Create that is killed before or after Register leaves one endpoint or none."""
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
    """F41, F43: if an event is delivered again after its response arrived, nothing changes."""
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
    """F41, F61: a replacement that is killed is completed by a retry or undone by the rollback."""
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
            break  # limit L7: every delivery was killed after the new endpoint got its declared name
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
    """Whether another endpoint has the declared name."""
    predecessor = first["Data"]["EndpointId"]
    return any(each.name == "canary phone" and each.endpoint_id != predecessor for each in stage.registered)


@pytest.mark.parametrize("retries", RETRIES)
@pytest.mark.parametrize("place", ["before", "after", "at the answer"])
def test_a_delete_that_is_killed_ends_with_nothing(stage: Stage, place: str, retries: int) -> None:
    """F41, F42: a Delete that is killed leaves nothing once a delivery of it succeeds."""
    first = stage.create()
    event = stage.event("Delete", stage.properties(), PhysicalResourceId=first["PhysicalResourceId"])
    dying = deaths(stage, event, place)
    for _ in range(1 + retries):
        next(dying)
    assert stage.delete(first["PhysicalResourceId"])["Status"] == "SUCCESS"
    assert stage.registered == []
