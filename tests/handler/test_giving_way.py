"""A replacement may remove its predecessor first; a failure restores it unless it has a successor or no use."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chime_endpoints_emulator import Fault
from support.anomalies import DEREGISTER, DESCRIBE, LIST, REGISTER, UPDATE, second_user, stands, unheard
from support.stage import OTHER_APPLICATION, Stage

LOST = {"when": "after", "error": "ServiceFailureException", "status": 500}


@pytest.fixture(params=["to another user", "to another application"])
def change(stage: Stage, request: pytest.FixtureRequest) -> dict[str, Any]:
    """A change that keeps the device token, which is unique across all users."""
    stage.backend.switches.change({"device_token_conflict": "app_instance"})
    bob = second_user(stage)
    return {"AppInstanceUserArn": bob} if request.param == "to another user" else {"ResourceArn": OTHER_APPLICATION}


def update(stage: Stage, physical_id: str, new: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
    """Return an Update that CloudFormation sends now and waits for."""
    stage.clock.sleep(600)
    stage.sent()
    stands(stage, "UPDATE_IN_PROGRESS", physical_id)
    return stage.event("Update", new, PhysicalResourceId=physical_id, OldResourceProperties=old)


def ids(stage: Stage) -> list[str]:
    """Return the physical IDs of the registered endpoints."""
    return [f"{each.app_instance_user_arn}/endpoint/{each.endpoint_id}" for each in stage.registered]


@pytest.mark.parametrize("scope", ["user", "application"])
def test_a_predecessor_is_not_restored_beside_an_adopted_endpoint(
    stage: Stage, scope: str, change: dict[str, Any]
) -> None:
    """F27, F35: the predecessor stays removed if the replacement adopts an INACTIVE endpoint in its place."""
    stage.backend.switches.change({"device_token_conflict": "none"})
    old = stage.properties(AdoptExisting="true")
    first = stage.create(old)
    new = old | change
    theirs = stage.stranger(app_instance_user_arn=new["AppInstanceUserArn"], resource_arn=new["ResourceArn"])
    theirs.status, theirs.status_reason = "INACTIVE", "INVALID_DEVICE_TOKEN"
    stage.backend.switches.change({"device_token_conflict": scope})
    answer = stage.deliver(update(stage, first["PhysicalResourceId"], new, old))
    assert answer["Status"] == "SUCCESS"
    assert answer["PhysicalResourceId"].endswith(theirs.endpoint_id)
    stage.delete(first["PhysicalResourceId"], old)
    assert ids(stage) == [answer["PhysicalResourceId"]]


@pytest.mark.parametrize("is_registered", [True, False])
def test_a_predecessor_is_not_restored_for_a_resource_that_was_given_up(
    stage: Stage, change: dict[str, Any], *, is_registered: bool
) -> None:
    """F44: the predecessor stays removed if the successor fails after the Delete has run."""
    first = stage.create()

    def give_up() -> None:
        stands(stage, "DELETE_COMPLETE", first["PhysicalResourceId"])
        stage.backend.faults[:] = [fault for fault in stage.backend.faults if fault.call is None]
        assert stage.delete(first["PhysicalResourceId"])["Status"] == "SUCCESS"

    stage.backend.faults += (
        [Fault(REGISTER, when="after", call=give_up, nth=2), Fault.deny(UPDATE)]
        if is_registered
        else [Fault(DEREGISTER, when="after", call=give_up), Fault(REGISTER, error="BadRequestException", nth=2)]
    )
    stage.run(update(stage, first["PhysicalResourceId"], stage.properties(**change), stage.properties()))
    assert [each["Status"] for each in stage.sink.accepted[-2:]] == ["SUCCESS", "FAILED"]
    assert stage.registered == []


@pytest.mark.parametrize("name", ["canary phone", None])
@pytest.mark.parametrize("memory", ["for_ever", "none"])
def test_a_restored_predecessor_is_reported_though_its_registration_is_unanswered(
    stage: Stage, memory: str, name: str | None, change: dict[str, Any]
) -> None:
    """F25, F37: if Register takes effect without a response, the failed Update reports the restored endpoint's ID."""
    stage.backend.switches.change({"token_memory": memory})
    old = stage.properties(Name=name)
    first = stage.create(old)
    refused_then_lost = [Fault(REGISTER, error="BadRequestException"), Fault(REGISTER, **LOST)]  # type: ignore[arg-type] # one of several
    gave_way = Fault(DEREGISTER, when="after", call=lambda: stage.backend.faults.extend(refused_then_lost))
    stage.backend.faults.append(gave_way)
    answer = stage.deliver(update(stage, first["PhysicalResourceId"], old | change, old))
    assert stage.backend.faults == []
    assert answer["Status"] == "FAILED"
    assert ids(stage) == [answer["PhysicalResourceId"]]


def test_a_restored_predecessor_is_reported_though_its_repeated_registration_is_refused(
    stage: Stage, change: dict[str, Any]
) -> None:
    """F25, F37: what Register restored without a response is found among the user's endpoints, and reported."""
    theirs = stage.stranger(device_token="canary-token-z", name="canary phone")
    first = stage.create()
    refuse = Fault(REGISTER, error="BadRequestException")

    def gave_way() -> None:
        again = Fault(REGISTER, when="after", call=lambda: stage.backend.faults.append(replace(refuse)))
        stage.backend.faults += [refuse, again, Fault(REGISTER, **LOST)]  # type: ignore[arg-type] # one of several

    stage.backend.faults.append(Fault(DEREGISTER, when="after", call=gave_way))
    answer = stage.deliver(update(stage, first["PhysicalResourceId"], stage.properties(**change), stage.properties()))
    assert answer["Status"] == "FAILED"
    assert answer["PhysicalResourceId"] != first["PhysicalResourceId"]
    assert [each for each in ids(stage) if not each.endswith(theirs.endpoint_id)] == [answer["PhysicalResourceId"]]


@pytest.mark.parametrize("name", ["canary phone", None])
def test_a_restored_predecessor_stays_if_a_later_delivery_fails(
    stage: Stage, name: str | None, change: dict[str, Any]
) -> None:
    """F25, F43: a repeated event that fails keeps the restored endpoint, and a single 500 does not fail the event."""
    old = stage.properties(Name=name)
    event = update(stage, stage.create(old)["PhysicalResourceId"], old | change, old)
    unheard(stage, event, Fault(REGISTER, error="BadRequestException", nth=2))
    (back,) = ids(stage)
    stage.backend.faults.append(Fault(REGISTER, error="BadRequestException"))
    assert stage.deliver(event)["Status"] == "FAILED"
    assert ids(stage) == [back]
    stage.backend.faults[:] = [Fault(REGISTER, error="ServiceFailureException", status=500)]
    answer = stage.deliver(event)
    assert answer["Status"] == "SUCCESS"
    assert ids(stage) == [answer["PhysicalResourceId"]]


@pytest.mark.parametrize("is_named", [True, False])
def test_an_unreported_successor_gives_way_to_the_rollback(
    stage: Stage, change: dict[str, Any], *, is_named: bool
) -> None:
    """F61, F62: the rollback removes a successor that was never reported, named or not, even after a 500."""
    old = stage.properties(Name="canary phone" if is_named else None)
    first = stage.create(old)
    event = update(stage, first["PhysicalResourceId"], old | change, old)
    unheard(stage, event, Fault(UPDATE, error="AccessDeniedException", nth=2))
    stage.backend.faults.append(Fault(REGISTER, error="ServiceFailureException", status=500))
    answer = stage.deliver(update(stage, first["PhysicalResourceId"], old, old | change))
    assert answer["Status"] == "SUCCESS"
    assert ids(stage) == [answer["PhysicalResourceId"]]


def test_two_deliveries_at_once_register_one(stage: Stage, change: dict[str, Any]) -> None:
    """F43: one endpoint remains if the second delivery arrives just after the predecessor has given way."""
    event = update(stage, stage.create()["PhysicalResourceId"], stage.properties(**change), stage.properties())
    stage.backend.faults.append(Fault(DEREGISTER, when="after", call=lambda: stage.run(event)))
    stage.run(event)
    second, first = stage.sink.accepted[-2:]
    assert (first["Status"], second["Status"]) == ("SUCCESS", "SUCCESS")
    assert ids(stage) == [first["PhysicalResourceId"]] == [second["PhysicalResourceId"]]


def _exit() -> None:
    raise SystemExit(1)


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param([Fault(REGISTER, call=_exit, nth=2)], id="the process is told to exit"),
        pytest.param(
            [Fault(DEREGISTER, **LOST), Fault(DEREGISTER, error="BadRequestException", nth=2)],  # type: ignore[arg-type]
            id="it is gone without an answer",
        ),
        pytest.param([Fault(DEREGISTER, error="ServiceFailureException", status=500, times=None)], id="it does not go"),
    ],
)
def test_one_endpoint_exists_whatever_stops_the_replacement(
    stage: Stage, change: dict[str, Any], faults: list[Fault]
) -> None:
    """F25, F48: one endpoint exists if the replacement fails while the predecessor gives way or right afterwards."""
    first = stage.create()
    stage.backend.faults += [Fault(**vars(fault)) for fault in faults]
    event = update(stage, first["PhysicalResourceId"], stage.properties(**change), stage.properties())
    answer = stage.deliver(event)
    stage.backend.faults.clear()
    if answer["Status"] == "SUCCESS":  # the service refused because the endpoint is gone
        stage.delete(first["PhysicalResourceId"])
    assert ids(stage) == [answer["PhysicalResourceId"]]


def test_a_predecessor_that_may_not_be_removed_stays_and_the_reason_names_the_permission(
    stage: Stage, change: dict[str, Any]
) -> None:
    """F31: if the predecessor cannot give way, the Update fails for that reason, and reports the predecessor's ID."""
    first = stage.create()
    stage.backend.faults.append(Fault.deny(DEREGISTER))
    answer = stage.deliver(update(stage, first["PhysicalResourceId"], stage.properties(**change), stage.properties()))
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", first["PhysicalResourceId"])
    assert f"needs chime:{DEREGISTER} on" in answer["Reason"]
    assert ids(stage) == [first["PhysicalResourceId"]]


def test_a_predecessor_is_not_registered_beside_a_successor_that_stays(stage: Stage, change: dict[str, Any]) -> None:
    """F61: nothing is registered in the place of a successor that cannot be named and cannot be removed."""
    first = stage.create()
    stage.backend.faults += [Fault.deny(UPDATE), Fault(DEREGISTER, error="BadRequestException", nth=2)]
    answer = stage.deliver(update(stage, first["PhysicalResourceId"], stage.properties(**change), stage.properties()))
    assert answer["Status"] == "FAILED"
    assert len(ids(stage)) == 1
    assert ids(stage) != [first["PhysicalResourceId"]]
    assert stage.operations.count("Register") == 3  # the Create's, one that is refused, and the successor's


def test_a_predecessor_is_restored_if_its_successor_vanishes(stage: Stage, change: dict[str, Any]) -> None:
    """F34: if the successor vanishes before it is named, the predecessor is restored and the reason explains it."""
    first = stage.create()
    stage.backend.faults.append(Fault(UPDATE, call=stage.backend.endpoints.clear))
    answer = stage.deliver(update(stage, first["PhysicalResourceId"], stage.properties(**change), stage.properties()))
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("CE-416: ")
    assert ids(stage) == [answer["PhysicalResourceId"]]
    assert stage.registered[0].app_instance_user_arn == stage.user


def test_an_endpoint_that_is_held_for_another_user_than_was_declared_gives_way(
    stage: Stage, change: dict[str, Any]
) -> None:
    """F62: a skipped rollback leaves the template and CloudFormation with different users; the Update still works."""
    first = stage.create()
    moved = stage.deliver(update(stage, first["PhysicalResourceId"], stage.properties(**change), stage.properties()))
    carol = stage.backend.create_app_instance_user(
        app_instance_arn=stage.user.partition("/user/")[0], app_instance_user_id="carol", name="Carol"
    )
    new = stage.properties(AppInstanceUserArn=carol)
    answer = stage.deliver(update(stage, moved["PhysicalResourceId"], new, stage.properties()))
    assert answer["Status"] == "SUCCESS"
    assert ids(stage) == [answer["PhysicalResourceId"]]


@pytest.mark.parametrize("name", ["canary phone", None])
@pytest.mark.parametrize("is_heard", [True, False])
def test_a_restored_predecessor_is_removed_if_the_resource_was_given_up(
    stage: Stage, change: dict[str, Any], name: str | None, *, is_heard: bool
) -> None:
    """F44: if the resource is given up just before the restoration, this or the next delivery removes the endpoint."""
    old = stage.properties(Name=name)
    first = stage.create(old)["PhysicalResourceId"]
    event = update(stage, first, old | change, old)
    stage.backend.faults += [
        Fault(REGISTER, error="BadRequestException", nth=2),
        Fault(REGISTER, when="before", call=lambda: stands(stage, "DELETE_COMPLETE", first), nth=2),
    ]
    if is_heard:
        assert stage.deliver(event)["Status"] == "FAILED"
    else:
        unheard(stage, event, *stage.backend.faults, Fault(DEREGISTER, error="BadRequestException", nth=2))
        assert len(stage.registered) == 1
        assert stage.deliver(event)["Status"] == "FAILED"
    assert stage.registered == []


@pytest.mark.parametrize("name", ["canary phone", None])
def test_a_restored_predecessor_is_looked_for_after_an_earlier_look(
    stage: Stage, change: dict[str, Any], name: str | None
) -> None:
    """F44, F56: the function looks for the restored endpoint even after a look for an unanswered Register."""
    old = stage.properties(Name=name)
    first = stage.create(old)["PhysicalResourceId"]
    event = update(stage, first, old | change, old)
    stage.backend.faults += [
        Fault(REGISTER, error="ServiceFailureException", status=500, nth=2),
        Fault(REGISTER, error="BadRequestException", nth=2),
        Fault(REGISTER, when="before", call=lambda: stands(stage, "DELETE_COMPLETE", first), nth=2),
    ]
    assert stage.deliver(event)["Status"] == "FAILED"
    assert stage.registered == []


@pytest.mark.parametrize("late_by", [0, 5])
def test_a_predecessor_stays_if_the_resource_is_given_up_during_the_registration(
    stage: Stage, change: dict[str, Any], late_by: float
) -> None:
    """F44: the predecessor stays if CloudFormation stops waiting during Register, even in a late event."""
    old = stage.properties()
    first = stage.create(old)["PhysicalResourceId"]
    event = update(stage, first, old | change, old)
    stage.clock.sleep(late_by)
    stage.backend.faults.append(Fault(REGISTER, when="before", call=lambda: stands(stage, "DELETE_IN_PROGRESS", first)))
    assert stage.deliver(event)["Reason"].startswith("CE-415: ")
    assert ids(stage) == [first]
    assert "Deregister" not in stage.operations


def test_a_resource_that_was_given_up_is_cleared_whatever_was_declared_before(
    stage: Stage, change: dict[str, Any]
) -> None:
    """F44, F70: if the former properties are unreadable, the event still removes what it registered."""
    first = stage.create(stage.properties(Name=None))["PhysicalResourceId"]
    new = stage.properties(Name=None) | change
    event = update(stage, first, new, {"AppInstanceUser": "of an older schema"})
    unheard(stage, event)
    stands(stage, "DELETE_COMPLETE", first)
    assert stage.deliver(event)["Status"] == "FAILED"
    assert set(ids(stage)) <= {first}


@pytest.mark.parametrize("failed_token", ["forgotten", "remembered"])
def test_a_service_may_remember_that_it_refused_an_earlier_delivery(
    stage: Stage, change: dict[str, Any], failed_token: str
) -> None:
    """F37, F61: a repeated event succeeds even if the service repeats its former refusal."""
    first = stage.create()
    old = stage.properties()
    stage.backend.switches.change({"failed_token": failed_token})
    event = update(stage, first["PhysicalResourceId"], old | change, old)
    unheard(stage, event, Fault(REGISTER, error="BadRequestException", nth=2, times=2))
    assert stage.registered == []
    answer = stage.deliver(event)
    assert answer["Status"] == "SUCCESS"
    assert ids(stage) == [answer["PhysicalResourceId"]]


@pytest.mark.parametrize("name", ["canary phone", None])
def test_a_late_rollback_that_fails_keeps_what_it_was_to_return_to(stage: Stage, name: str | None) -> None:
    """F43, F62: a late rollback counts as a repeated delivery, but a failure still keeps the old endpoint."""
    old = stage.properties(Name=name)
    new = old | {"EndpointAttributes": {"DeviceToken": "canary-token-b"}}
    first = stage.create(old)
    second = stage.deliver(update(stage, first["PhysicalResourceId"], new, old))
    event = update(stage, second["PhysicalResourceId"], old, new)
    stage.clock.sleep(3)
    stage.backend.faults.append(Fault.deny(DESCRIBE))
    assert stage.deliver(event)["Status"] == "FAILED"
    assert ids(stage) == [first["PhysicalResourceId"], second["PhysicalResourceId"]]


def test_what_was_adopted_stays_where_a_later_delivery_fails(stage: Stage) -> None:
    """F43: an adopted endpoint is older than the event, so a later failure keeps it despite its name."""
    old = stage.properties(Name=None, AdoptExisting="true")
    first = stage.create(old)
    theirs = stage.stranger("canary-token-b")
    new = old | {"EndpointAttributes": {"DeviceToken": "canary-token-b"}}
    event = update(stage, first["PhysicalResourceId"], new, old)
    unheard(stage, event)
    stage.backend.faults.append(Fault.deny(DESCRIBE))
    assert stage.deliver(event)["Status"] == "FAILED"
    assert {each.endpoint_id for each in stage.registered} >= {theirs.endpoint_id}


@pytest.mark.parametrize("name", ["canary phone", None])
def test_an_event_that_was_overtaken_while_it_failed_removes_nothing_of_a_newer_one(
    stage: Stage, name: str | None
) -> None:
    """F44: an event that fails after a rollback and a newer, equal Update removes nothing of that Update."""
    old = stage.properties(Name=name)
    new = old | {"EndpointAttributes": {"DeviceToken": "canary-token-b"}}
    first = stage.create(old)
    event = update(stage, first["PhysicalResourceId"], new, old)
    trace = stage.environment["_X_AMZN_TRACE_ID"]
    stage.clock.sleep(60)
    newer: list[str] = []

    def overtake() -> None:
        stage.backend.faults.clear()
        assert stage.deliver(update(stage, first["PhysicalResourceId"], old, new))["Status"] == "SUCCESS"
        newer.append(stage.deliver(update(stage, first["PhysicalResourceId"], new, old))["PhysicalResourceId"])
        stage.environment["_X_AMZN_TRACE_ID"] = trace
        stage.backend.faults.append(Fault.deny(LIST))

    stage.backend.faults.append(Fault(DESCRIBE, when="after", call=overtake))
    stage.run(event, seconds=2000.0)
    assert stage.sink.accepted[-1]["Status"] == "FAILED"
    assert set(newer) <= set(ids(stage))


@pytest.mark.parametrize("is_moved", [True, False])
def test_a_late_duplicate_leaves_what_the_stack_retained(stage: Stage, *, is_moved: bool) -> None:
    """F43, F66: a late event keeps an endpoint that CloudFormation once referred to and has since retained."""
    old = stage.properties(Name=None)
    bob = second_user(stage)
    new = old | ({"AppInstanceUserArn": bob} if is_moved else {"EndpointAttributes": {"DeviceToken": "canary-token-b"}})
    first = stage.create(old)
    event = update(stage, first["PhysicalResourceId"], new, old)
    trace = stage.environment["_X_AMZN_TRACE_ID"]
    moved = stage.deliver(event)
    stage.deliver(update(stage, moved["PhysicalResourceId"], old, new))
    stage.delete(moved["PhysicalResourceId"], new)
    stage.stack.refusal = "Resource Phone does not exist for stack chat"
    stage.clock.sleep(3600)
    stage.environment["_X_AMZN_TRACE_ID"] = trace
    assert stage.deliver(event)["Status"] == "FAILED"
    assert ids(stage) == [first["PhysicalResourceId"]]
