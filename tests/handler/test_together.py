"""Several events at once in one process, in threads, as a local replacement for Lambda may run them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest

from chime_endpoints_emulator import Fault
from chime_endpoints_handler.model.declaration import TAGS_TYPE
from support.stage import STACK_ID, Stage

REGISTER = "RegisterAppInstanceUserEndpoint"
SECONDS = 10.0  # for the threads to meet


def at_once(jobs: Sequence[Callable[[], object]]) -> None:
    """Run each job in its own thread."""
    with ThreadPoolExecutor(len(jobs)) as threads:
        for done in [threads.submit(job) for job in jobs]:
            done.result()


def meeting(number: int, **where: Any) -> Fault:
    """Make this number of calls wait for one another."""
    return Fault(call=partial(Barrier(number).wait, SECONDS), times=number, **where)


def answers(stage: Stage) -> dict[str, dict[str, Any]]:
    """The accepted responses by RequestId, one for each event."""
    found = {answer["RequestId"]: answer for answer in stage.sink.accepted}
    assert len(found) == len(stage.sink.accepted)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
def test_creates_at_once_are_answered_each_with_its_own(stage: Stage, when: Any) -> None:
    """F46: of several Creates at once, each response has its own event's IDs and endpoint."""
    events = [
        stage.event(
            "Create",
            stage.properties(EndpointAttributes={"DeviceToken": f"canary-token-{number}"}),
            LogicalResourceId=f"Phone{number}",
        )
        for number in range(8)
    ]
    stage.backend.faults.append(meeting(len(events), operation=REGISTER, when=when))
    at_once([partial(stage.run, event) for event in events])
    tokens = {endpoint.endpoint_id: endpoint.device_token for endpoint in stage.registered}
    assert len(tokens) == len(events)
    found = answers(stage)
    for event in events:
        answer = found[event["RequestId"]]
        assert (answer["Status"], answer["LogicalResourceId"]) == ("SUCCESS", event["LogicalResourceId"])
        declared = event["ResourceProperties"]["EndpointAttributes"]["DeviceToken"]
        assert tokens[answer["Data"]["EndpointId"]] == declared
        assert answer["PhysicalResourceId"].endswith(answer["Data"]["EndpointId"])


def test_a_failing_event_does_not_affect_the_others(stage: Stage) -> None:
    """F46: if events run together, a failing one does not affect the others."""
    held = [
        stage.create(stage.properties(EndpointAttributes={"DeviceToken": f"canary-{name}"}), LogicalResourceId=name)
        for name in ("Updated", "Deleted")
    ]
    old = [stage.properties(EndpointAttributes={"DeviceToken": f"canary-{name}"}) for name in ("Updated", "Deleted")]
    stage.sink.forget()
    tags = {"ResourceARN": stage.user, "Tags": [{"Key": "team", "Value": "chat"}]}
    events = {
        "refused": stage.event("Create", {"Type": "nonsense"}, LogicalResourceId="Refused"),
        "created": stage.event("Create", stage.properties(), StackId=STACK_ID.replace("chat", "other")),
        "updated": stage.event(
            "Update", old[0] | {"Name": "new"}, OldResourceProperties=old[0],
            PhysicalResourceId=held[0]["PhysicalResourceId"], LogicalResourceId="Updated",
        ),
        "deleted": stage.event(
            "Delete", old[1], PhysicalResourceId=held[1]["PhysicalResourceId"], LogicalResourceId="Deleted"
        ),
        "tagged": stage.event("Create", tags, ResourceType=TAGS_TYPE, LogicalResourceId="Tags"),
    }  # fmt: skip
    stage.backend.faults.append(meeting(4))
    at_once([partial(stage.run, event) for event in events.values()])
    found = answers(stage)
    assert {name: found[event["RequestId"]]["Status"] for name, event in events.items()} == {
        "refused": "FAILED",
        "created": "SUCCESS",
        "updated": "SUCCESS",
        "deleted": "SUCCESS",
        "tagged": "SUCCESS",
    }
    assert all(("Reason" in answer) == (answer["Status"] == "FAILED") for answer in found.values())
    assert {endpoint.name for endpoint in stage.registered} == {"canary phone", "new"}
    assert stage.backend.tags[stage.user] == {"team": "chat"}


@pytest.mark.parametrize("name", ["canary phone", None])
@pytest.mark.parametrize("memory", ["for_ever", "while_alive", "none"])
def test_one_create_delivered_twice_at_once_gives_one_endpoint(stage: Stage, memory: str, name: str | None) -> None:
    """F43, F46: two deliveries of a Create that meet right before Register leave one endpoint."""
    stage.backend.switches.change({"token_memory": memory})
    event = stage.event("Create", stage.properties(Name=name))
    stage.backend.faults.append(meeting(2, operation=REGISTER))
    at_once([partial(stage.run, event)] * 2)
    (endpoint,) = stage.registered
    assert len(stage.sink.accepted) == 2
    for answer in stage.sink.accepted:
        assert answer["Status"] == "SUCCESS"
        assert answer["Data"]["EndpointId"] == endpoint.endpoint_id
