"""Late and duplicate deliveries do not change what CloudFormation has already received or replaced."""

from __future__ import annotations

from typing import Any

import pytest

from chime_endpoints_emulator import Fault
from chime_endpoints_handler.cloudformation.arrival import Process
from support.anomalies import (
    DEREGISTER,
    LIST,
    MARKED,
    REGISTER,
    ROTATED,
    UPDATE,
    ids,
    rotation,
    stands,
    tokens,
    unanswered,
)
from support.stage import Clock, Stage


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_COMPLETE"])
def test_a_create_that_is_delivered_twice_at_once_answers_what_cloudformation_holds(stage: Stage, status: str) -> None:
    """F43: two deliveries of a Create at once return the same ID, even if the service ignores tokens."""
    stage.backend.switches.change({"token_memory": "none"})
    stage.sent()
    event = stage.event("Create", stage.properties())
    first = stage.deliver(event)
    stage.starts_anew()
    stands(stage, status, first["PhysicalResourceId"])
    assert stage.deliver(event) == first
    assert ids(stage) == {first["PhysicalResourceId"]}


@pytest.mark.parametrize("refusal", ["Resource Phone does not exist for stack chat", "Stack chat does not exist"])
def test_an_event_is_abandoned_only_if_the_stack_lacks_the_resource(stage: Stage, refusal: str) -> None:
    """F44: an event is abandoned only if the stack lacks the resource, not if the stack is unknown."""
    stage.stack.refusal = refusal
    stage.sent(stage.clock.now() - 60)
    answer = stage.create()
    is_given_up = "for stack" in refusal
    assert answer["Status"] == ("FAILED" if is_given_up else "SUCCESS")
    assert len(stage.registered) == (0 if is_given_up else 1)


@pytest.mark.parametrize("seconds", [5.4, 5.6])
def test_cloudformation_is_not_asked_if_there_is_no_time(stage: Stage, seconds: float) -> None:
    """F42: if there is no time for a call to CloudFormation, the event is handled without it."""
    stands(stage, "DELETE_COMPLETE")
    stage.sent(stage.clock.now() - 60)
    answer = stage.deliver(stage.event("Create", stage.properties()), seconds=seconds)
    assert stage.stack.asked == (0 if seconds < 5.5 else 1)
    assert answer["Status"] == ("SUCCESS" if seconds < 5.5 else "FAILED")


@pytest.mark.parametrize(
    ("status", "physical_id", "ago", "is_done"),
    [
        ("UPDATE_IN_PROGRESS", "held", 100, True),
        ("UPDATE_IN_PROGRESS", "held", None, True),
        ("UPDATE_IN_PROGRESS", "held", 55, True),  # within the difference between clocks
        ("UPDATE_IN_PROGRESS", "held", 54.5, False),  # of a later operation
        ("UPDATE_IN_PROGRESS", "another", 100, False),
        ("UPDATE_COMPLETE", "held", 100, True),  # of an earlier operation
        ("UPDATE_COMPLETE", "held", 60, True),
        ("UPDATE_COMPLETE", "held", 59.5, False),
        ("DELETE_IN_PROGRESS", "held", 100, False),
        ("DELETE_COMPLETE", "held", 100, False),
        ("CREATE_FAILED", "held", 100, False),
        ("", "held", 100, False),
    ],
)
@pytest.mark.parametrize("change", [{"Name": "new"}, ROTATED], ids=["in place", "replacement"])
def test_an_update_is_carried_out_only_while_it_is_awaited(
    stage: Stage, change: dict[str, Any], status: str, physical_id: str, ago: float | None, *, is_done: bool
) -> None:
    """F44: an Update runs only while CloudFormation waits for it; a newer declaration is never changed."""
    first = stage.create()
    held = first["PhysicalResourceId"]
    stage.clock.sleep(600)
    stage.sent(stage.clock.now() - 60)
    stands(stage, status, held if physical_id == "held" else f"{held}x", ago=ago)
    answer = stage.update(held, stage.properties(**change), stage.properties())
    assert answer["Status"] == ("SUCCESS" if is_done else "FAILED")
    if answer["PhysicalResourceId"] != held:
        stage.delete(answer["PhysicalResourceId"])
    (endpoint,) = stage.registered
    assert endpoint.endpoint_id == first["Data"]["EndpointId"]
    assert endpoint.name == ("new" if is_done and change is not ROTATED else "canary phone")
    if not is_done:
        assert answer["Reason"] == "CE-415: CloudFormation is no longer waiting for this Update. Nothing was changed."
        assert answer["PhysicalResourceId"] == held


@pytest.mark.parametrize(("later", "is_done"), [(-3, True), (0.25, True), (0.3, False), (2, False)])
@pytest.mark.parametrize("is_seen", [True, False])
def test_an_update_is_overtaken_by_what_began_after_it_arrived(
    stage: Stage, later: float, *, is_seen: bool, is_done: bool
) -> None:
    """F44, F60: an Update stops if CloudFormation began a rollback after the event arrived."""
    first = stage.create()
    held = first["PhysicalResourceId"]
    stage.clock.sleep(600)
    stage.sent()
    event = rotation(stage, first)
    arrived = stage.clock.now()
    if is_seen:
        deny = Fault.deny("ListAppInstanceUserEndpoints")
        stage.backend.faults.append(deny)
        assert stage.deliver(event)["Status"] == "FAILED"
        stage.backend.faults.remove(deny)
    stage.stack.detail = {
        "ResourceStatus": "UPDATE_IN_PROGRESS",
        "PhysicalResourceId": held,
        "LastUpdatedTimestamp": arrived + later,
    }
    answer = stage.deliver(event)
    assert answer["Status"] == ("SUCCESS" if is_done else "FAILED")
    if not is_done:
        assert answer["Reason"].startswith("CE-415: CloudFormation is no longer waiting for this Update.")
        assert [endpoint.endpoint_id for endpoint in stage.registered] == [first["Data"]["EndpointId"]]


@pytest.mark.parametrize("name", ["canary phone", None])
def test_a_stale_update_removes_what_an_earlier_delivery_left_for_a_resource_that_is_gone(
    stage: Stage, name: str | None
) -> None:
    """F44, F61: if the resource is deleted, a late Update removes what its earlier delivery left."""
    old = stage.properties(Name=name)
    first = stage.create(old)
    stage.clock.sleep(600)
    stage.sent()
    event = rotation(stage, first, name=name)
    stage.backend.faults.append(Fault(UPDATE, error="BadRequestException", nth=2))  # it cannot be renamed again
    unanswered(stage, event)
    assert tokens(stage) == {"canary-token-a", "canary-token-b"}
    stage.delete(first["PhysicalResourceId"], old)
    stage.clock.sleep(60)
    stands(stage, "DELETE_COMPLETE", first["PhysicalResourceId"])
    assert stage.deliver(event)["Status"] == "FAILED"
    assert stage.registered == []


@pytest.mark.parametrize("left", ["withdrawn", "marked", "neither"])
def test_a_replacement_that_is_given_up_at_its_end_leaves_nothing(
    stage: Stage, left: str, caplog: pytest.LogCaptureFixture
) -> None:
    """F44, F58: if the resource is deleted between Register and the response, the replacement is removed."""
    first = stage.create()
    stage.sent()

    def give_up() -> None:
        stands(stage, "DELETE_IN_PROGRESS", first["PhysicalResourceId"])

    stage.backend.faults.append(Fault(UPDATE, when="after", call=give_up))
    if left != "withdrawn":
        stage.backend.faults.append(Fault.deny(DEREGISTER))
    if left == "neither":
        stage.backend.faults.append(Fault(UPDATE, error="BadRequestException", nth=2, times=None))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert answer["Status"] == "FAILED"
    stage.backend.faults.clear()
    rest = [endpoint.name for endpoint in stage.registered if endpoint.device_token == "canary-token-b"]
    assert rest == {"withdrawn": [], "marked": [MARKED], "neither": ["canary phone"]}[left]
    assert "canary" not in caplog.text


def test_an_earlier_replacement_is_removed_if_the_resource_is_deleted(stage: Stage) -> None:
    """F44, F61: if the resource is deleted, a replacement from an earlier delivery is removed."""
    first = stage.create()
    stage.sent()
    event = rotation(stage, first)
    unanswered(stage, event)
    stage.clock.sleep(60)
    stands(stage, "UPDATE_IN_PROGRESS", first["PhysicalResourceId"], ago=1000)

    def give_up() -> None:
        stands(stage, "DELETE_IN_PROGRESS", first["PhysicalResourceId"])

    stage.backend.faults.append(Fault(UPDATE, when="after", call=give_up))
    answer = stage.deliver(event)
    assert answer["Status"] == "FAILED"
    assert tokens(stage) == {"canary-token-a"}


def test_a_replacement_that_cloudformation_holds_already_is_kept(stage: Stage) -> None:
    """F43: if CloudFormation already has the replacement's ID, a second delivery that fails keeps it."""
    first = stage.create()
    stage.sent()
    event = rotation(stage, first)
    answer = stage.deliver(event)
    stands(stage, "UPDATE_COMPLETE", answer["PhysicalResourceId"])
    stage.backend.faults.append(Fault(LIST, error="ServiceFailureException"))
    assert stage.deliver(event) == answer
    assert ids(stage) == {first["PhysicalResourceId"], answer["PhysicalResourceId"]}


def test_a_replacement_that_cloudformation_holds_already_stays_if_a_second_delivery_fails(stage: Stage) -> None:
    """F43: a second delivery within a second of the first keeps the replacement if it fails."""
    stage.backend.switches.change({"new_endpoint_in_first_list": False})
    first = stage.create()
    stage.sent()
    stage.clock.sleep(0.5)
    held = stage.deliver(event := rotation(stage, first))
    stands(stage, "UPDATE_COMPLETE", held["PhysicalResourceId"])
    stage.clock.sleep(0.5)
    stage.backend.faults.append(Fault(UPDATE, error="BadRequestException"))
    assert stage.deliver(event)["Status"] == "FAILED"
    assert held["PhysicalResourceId"] in ids(stage)


def test_cloudformation_is_asked_again_at_the_end_of_a_replacement_that_removed_a_leftover(stage: Stage) -> None:
    """F44, F58: CloudFormation is asked again after a replacement removes a leftover."""
    first = stage.create()
    stage.sent()
    stands(stage, "UPDATE_IN_PROGRESS", first["PhysicalResourceId"])
    stage.stranger("canary-attempt", name=MARKED)
    given_up = Fault(
        UPDATE, when="after", call=lambda: stands(stage, "DELETE_IN_PROGRESS", first["PhysicalResourceId"])
    )
    stage.backend.faults.append(given_up)
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert answer["Reason"].startswith("CE-415: ")
    assert tokens(stage) == {"canary-token-a"}


def test_a_replacement_that_cloudformation_learns_of_while_a_second_delivery_fails_stays(stage: Stage) -> None:
    """F43: if CloudFormation reads the first response while the second delivery fails, the endpoint stays."""
    stage.backend.switches.change({"new_endpoint_in_first_list": False})
    first = stage.create()
    stage.sent()
    held = stage.deliver(event := rotation(stage, first))
    stage.stranger("canary-attempt", name=MARKED).listed = True
    stands(stage, "UPDATE_IN_PROGRESS", first["PhysicalResourceId"])
    stage.backend.faults += [
        Fault(DEREGISTER, when="before", call=lambda: stands(stage, "UPDATE_COMPLETE", held["PhysicalResourceId"])),
        Fault(DEREGISTER, error="BadRequestException"),
    ]
    assert stage.deliver(event)["Status"] == "FAILED"
    assert held["PhysicalResourceId"] in ids(stage)


def test_a_replacement_is_removed_if_a_newer_operation_has_begun(stage: Stage) -> None:
    """F44: if a newer operation has begun, the replacement is removed."""
    first = stage.create()
    stage.sent()
    stage.backend.faults.append(
        Fault(UPDATE, when="after", call=lambda: stands(stage, "UPDATE_IN_PROGRESS", f"{stage.user}/endpoint/newer"))
    )
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert answer["Status"] == "FAILED"
    what = "What it registered was removed"
    assert answer["Reason"] == f"CE-415: CloudFormation is no longer waiting for this Update. {what}."
    assert ids(stage) == {first["PhysicalResourceId"]}


def test_a_late_create_is_carried_out_while_it_is_awaited(stage: Stage) -> None:
    """F43: a Create that is delivered a minute late runs while CloudFormation still waits."""
    stage.sent()
    stands(stage, "CREATE_IN_PROGRESS")
    stage.clock.sleep(60)
    answer = stage.create()
    assert answer["Status"] == "SUCCESS"
    assert ids(stage) == {answer["PhysicalResourceId"]}


@pytest.mark.parametrize("name", ["canary phone", None])
def test_a_create_delivered_again_while_the_resource_is_added_again_changes_nothing(
    stage: Stage, name: str | None
) -> None:
    """F43, F67: CloudFormation waits for a newer Create, so what that has registered stays, and nothing is added."""
    stage.sent()
    properties = stage.properties(Name=name)
    event = stage.event("Create", properties)
    stage.delete(stage.deliver(event)["PhysicalResourceId"])
    stage.clock.sleep(600)
    stands(stage, "CREATE_IN_PROGRESS")
    stage.sent()
    newer = stage.deliver(stage.event("Create", properties))
    stage.sent(stage.clock.now() - 600)
    answer = stage.deliver(event)
    assert answer["Reason"] == "CE-415: CloudFormation is no longer waiting for this Create. Nothing was registered."
    assert ids(stage) == {newer["PhysicalResourceId"]}


@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_a_stale_event_leaves_what_cloudformation_holds_to_its_delete(stage: Stage, request_type: str) -> None:
    """F43, F66: a late event does not remove an endpoint of the stack; a Delete may have to retain it."""
    stage.sent()
    event = stage.event("Create", stage.properties())
    answer = first = stage.deliver(event)
    if request_type == "Update":
        event = rotation(stage, first)
        answer = stage.deliver(event)
    before = ids(stage)
    stage.clock.sleep(60)
    stands(stage, "DELETE_FAILED", answer["PhysicalResourceId"])
    told = "registered" if request_type == "Create" else "changed"
    answer = stage.deliver(event)
    assert answer["Status"] == "FAILED"
    assert (
        answer["Reason"] == f"CE-415: CloudFormation is no longer waiting for this {request_type}. Nothing was {told}."
    )
    assert ids(stage) == before


def test_a_create_that_fails_spares_what_another_delivery_was_answered_with(stage: Stage) -> None:
    """F25, F43: if a second delivery of a Create fails, it keeps the endpoint of the first response."""
    stage.sent()
    event = stage.event("Create", stage.properties())
    first = stage.deliver(event)
    stands(stage, "CREATE_COMPLETE", first["PhysicalResourceId"])
    stage.backend.faults.append(Fault(REGISTER, when="after", error="ServiceFailureException", times=None))
    assert stage.deliver(event)["Status"] == "FAILED"
    assert ids(stage) == {first["PhysicalResourceId"]}


@pytest.mark.parametrize(("until_update", "until_rollback"), [(600, 600), (0, 600), (600, 3 * 3600)])
def test_an_endpoint_that_a_rollback_returned_to_goes_with_a_resource_that_is_given_up(
    stage: Stage, until_update: int, until_rollback: int
) -> None:
    """F44, F60: if the stack is deleted during a rollback, the rollback removes the endpoint it returned to."""
    first = stage.create()
    stage.clock.sleep(until_update)
    second = stage.deliver(rotation(stage, first))
    stage.clock.sleep(until_rollback)
    stage.sent()
    stage.clock.sleep(60)
    stands(stage, "UPDATE_IN_PROGRESS", second["PhysicalResourceId"], ago=1000)
    gone = Fault(LIST, when="after", call=lambda: stands(stage, "DELETE_IN_PROGRESS", second["PhysicalResourceId"]))
    stage.backend.faults.append(gone)
    answer = stage.update(second["PhysicalResourceId"], stage.properties(), stage.properties(**ROTATED))
    assert answer["Status"] == "FAILED"
    assert ids(stage) == {second["PhysicalResourceId"]}


def test_an_adopted_endpoint_stays_if_the_update_is_abandoned(stage: Stage) -> None:
    """F27, F44: if the resource is deleted, an Update does not remove the endpoint it adopted."""
    first = stage.create()
    theirs = stage.stranger("canary-token-b")
    stage.clock.sleep(600)
    stage.sent()
    gone = Fault(UPDATE, when="after", call=lambda: stands(stage, "DELETE_IN_PROGRESS", first["PhysicalResourceId"]))
    stage.backend.faults += [Fault(LIST, error="ServiceFailureException"), gone]
    answer = stage.deliver(rotation(stage, first, AdoptExisting="true"))
    assert answer["Status"] == "FAILED"
    assert theirs in stage.registered


def test_a_process_remembers_the_last_thousand_events() -> None:
    """F43: a process remembers at most the last thousand events."""
    process = Process(Clock().now)
    for number in range(1001):
        process.arrival(str(number), {})
    assert process.arrival("1", {}).is_seen
    assert not process.arrival("0", {}).is_seen
