"""If a delivery fails, it removes its endpoint; the next one registers it again, even if the service keeps tokens."""

from __future__ import annotations

from typing import Any

import pytest

from chime_endpoints_emulator import Fault
from chime_endpoints_handler.cloudformation.request import parse
from support.anomalies import MARKED, REGISTER, ROTATED, UPDATE, ids, stands, unheard
from support.stage import APPLICATION, OTHER_APPLICATION, Stage


def update(stage: Stage, first: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The event of an Update that CloudFormation sends now."""
    stage.clock.sleep(600)
    stage.sent()
    return stage.event(
        "Update",
        stage.properties(**changes),
        PhysicalResourceId=first["PhysicalResourceId"],
        OldResourceProperties=stage.properties(),
    )


@pytest.fixture(autouse=True, params=["for_ever", "while_alive"])
def _memory(stage: Stage, request: pytest.FixtureRequest) -> None:
    stage.backend.switches.change({"token_memory": request.param})


@pytest.mark.parametrize("name", ["canary phone", None])
@pytest.mark.parametrize("times", [1, 2])
def test_a_create_that_removed_what_it_had_registered_registers_it_anew(
    stage: Stage, times: int, name: str | None
) -> None:
    """F25, F37, F41: if a Create removed its own endpoint and its response was lost, the retry registers it again."""
    stage.sent()
    event = stage.event("Create", stage.properties(Name=name))
    for _ in range(times):
        unheard(
            stage,
            event,
            Fault(REGISTER, when="after", error="ServiceFailureException", status=500, times=times),
            Fault(REGISTER, error="BadRequestException", nth=times + 1),
        )
        assert stage.registered == []
    answer = stage.deliver(event)
    (endpoint,) = stage.registered
    assert (answer["Status"], answer["Data"]["EndpointId"]) == ("SUCCESS", endpoint.endpoint_id)


@pytest.mark.parametrize("name", ["canary phone", None])
def test_a_process_remembers_that_it_has_handled_a_create_before(stage: Stage, name: str | None) -> None:
    """F25, F37: outside AWS Lambda, a process knows from its own memory that it handled a Create before."""
    event = stage.event("Create", stage.properties(Name=name))
    unheard(
        stage,
        event,
        Fault(REGISTER, when="after", error="ServiceFailureException", status=500),
        Fault(REGISTER, error="BadRequestException", nth=2),
    )
    assert stage.registered == []
    answer = stage.deliver(event)
    (endpoint,) = stage.registered
    assert (answer["Status"], answer["Data"]["EndpointId"]) == ("SUCCESS", endpoint.endpoint_id)


def test_a_create_fails_if_the_service_returns_only_gone_endpoints(stage: Stage) -> None:
    """F37: a Create fails if the service returns only endpoints that no longer exist."""
    stage.sent()
    event = stage.event("Create", stage.properties())
    stage.clock.sleep(60)
    gone: list[str] = []

    def vanish() -> None:
        gone.extend(stage.backend.endpoints)
        stage.backend.endpoints.clear()

    stage.backend.faults.append(Fault(REGISTER, when="after", call=vanish, times=None))
    answer = stage.deliver(event)
    assert (answer["Status"], stage.registered) == ("FAILED", [])
    assert f"of endpoint {gone[-1]} failed" in answer["Reason"]
    sent = [call.parameters["ClientRequestToken"] for call in stage.backend.calls if call.operation == REGISTER]
    purposes = ("create", f"instead of {gone[0]}", f"instead of {gone[1]}")
    assert sent == [parse(event).client_request_token(purpose) for purpose in purposes]


@pytest.mark.parametrize("times", [1, 2])
def test_a_replacement_that_was_withdrawn_is_registered_anew(stage: Stage, times: int) -> None:
    """F37, F41, F61: if a replacement was removed because it could not be named, the retry registers it again."""
    event = update(stage, stage.create(), **ROTATED)
    for _ in range(times):
        unheard(stage, event, Fault.deny(UPDATE))
    answer = stage.deliver(event)
    assert answer["Status"] == "SUCCESS"
    assert answer["Data"]["EndpointId"] in {each.endpoint_id for each in stage.registered}


@pytest.mark.parametrize("times", [1, 2])
def test_a_predecessor_comes_back_in_every_delivery(stage: Stage, times: int) -> None:
    """F37, F61: the old endpoint comes back in every delivery in which the new one is refused."""
    event = update(stage, stage.create(), ResourceArn=OTHER_APPLICATION)
    for _ in range(times):
        unheard(stage, event, Fault(REGISTER, error="BadRequestException", nth=2))
    stage.backend.faults[:] = [Fault(REGISTER, error="BadRequestException", nth=2)]
    answer = stage.deliver(event)
    (endpoint,) = stage.registered
    assert answer["Status"] == "FAILED"
    assert answer["PhysicalResourceId"].endswith(endpoint.endpoint_id)


def test_a_predecessor_comes_back_if_its_successor_cannot_be_named(stage: Stage) -> None:
    """F37, F61: if the new endpoint cannot get its declared name, the old one comes back."""
    event = update(stage, stage.create(), ResourceArn=OTHER_APPLICATION)
    stage.backend.faults.append(Fault.deny(UPDATE))
    answer = stage.deliver(event)
    (endpoint,) = stage.registered
    assert answer["Status"] == "FAILED"
    assert (endpoint.resource_arn, endpoint.name) == (APPLICATION, "canary phone")
    assert answer["PhysicalResourceId"].endswith(endpoint.endpoint_id)


def test_a_predecessor_does_not_come_back_to_a_stack_that_gave_the_resource_up(stage: Stage) -> None:
    """F61: if the stack deletes the resource during Register, the old endpoint does not come back."""
    first = stage.create()
    event = update(stage, first, ResourceArn=OTHER_APPLICATION)

    def give_up() -> None:
        stage.stack.detail = {
            "ResourceStatus": "DELETE_COMPLETE",
            "PhysicalResourceId": first["PhysicalResourceId"],
            "LastUpdatedTimestamp": stage.clock.now(),
        }

    stage.backend.faults.append(Fault(REGISTER, when="after", call=give_up, nth=2))
    assert stage.deliver(event)["Status"] == "FAILED"
    assert stage.registered == []


def test_a_repeated_update_removes_what_chimes_slower_clock_dates_before_it(stage: Stage) -> None:
    """F43, F61: an endpoint with our mark may be a few seconds older than the Update that registered it."""
    first = stage.create()
    event = update(stage, first, **ROTATED)
    stands(stage, "UPDATE_IN_PROGRESS", first["PhysicalResourceId"])
    unheard(stage, event)
    (second,) = [each for each in stage.registered if each.name == MARKED]
    second.created -= 3
    stage.backend.faults[:] = [Fault.deny(UPDATE)]
    assert stage.deliver(event)["Status"] == "FAILED"
    assert ids(stage) == {first["PhysicalResourceId"]}


def test_a_create_that_was_withdrawn_has_left_nothing(stage: Stage) -> None:
    """F44, F61: the Delete that follows a Create that removed its own endpoint has nothing to look for."""
    stands(stage, "CREATE_IN_PROGRESS")
    stage.backend.faults += [
        Fault(REGISTER, error="ThrottledClientException", status=429),
        Fault(REGISTER, when="after", call=lambda: stands(stage, "CREATE_FAILED")),
    ]
    answer = stage.create()
    assert answer["Reason"].startswith("CE-415: ")
    assert answer["PhysicalResourceId"].startswith("not-applied/")
    assert not stage.registered
