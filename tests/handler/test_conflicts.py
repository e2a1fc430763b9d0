"""Conflicts over a device token: its holder is the resource's own endpoint, a stranger's, or one to adopt."""

from __future__ import annotations

from typing import Any

import pytest

from chime_endpoints_emulator import Fault
from support.anomalies import (
    DESCRIBE,
    MARKED,
    REGISTER,
    ROTATED,
    UPDATE,
    ids,
    rotation,
    second_user,
    tokens,
    unanswered,
    unheard,
)
from support.stage import OTHER_APPLICATION, Stage


def test_a_create_removes_what_a_former_declaration_left_in_its_way(stage: Stage) -> None:
    """F27, F67: a Create removes an unused endpoint that has its mark and belongs to another application."""
    stray = stage.stranger(name=MARKED, resource_arn=OTHER_APPLICATION)
    answer = stage.create()
    assert answer["Status"] == "SUCCESS"
    assert ids(stage) == {answer["PhysicalResourceId"]}
    assert stray.endpoint_id not in answer["PhysicalResourceId"]


def test_a_replacement_may_adopt_what_holds_its_device_token(stage: Stage) -> None:
    """F27: with AdoptExisting, a replacement adopts the endpoint that holds its device token and renames it."""
    first = stage.create()
    theirs = stage.stranger("canary-token-b")
    new = stage.properties(**ROTATED, AdoptExisting="true")
    answer = stage.update(first["PhysicalResourceId"], new, stage.properties())
    assert answer["Data"]["EndpointId"] == theirs.endpoint_id
    assert theirs.name == "canary phone"
    assert stage.operations.count("Update") == 1


def test_an_adopted_endpoint_is_not_marked_if_the_response_is_lost(stage: Stage) -> None:
    """F27, F61: an adopted endpoint gets no mark, because the rollback would remove it."""
    first = stage.create()
    theirs = stage.stranger("canary-token-b")
    event = rotation(stage, first, AdoptExisting="true")
    unanswered(stage, event)
    assert theirs.name == "canary phone"
    stage.update(first["PhysicalResourceId"], stage.properties(), event["ResourceProperties"])
    assert tokens(stage) == {"canary-token-a", "canary-token-b"}


def test_a_create_that_adopts_and_fails_has_registered_nothing(stage: Stage) -> None:
    """F27: the Delete that follows it looks for nothing, so that the adopted endpoint stays."""
    theirs = stage.stranger()
    stage.backend.faults.append(Fault.deny(UPDATE))
    answer = stage.create(stage.properties(AdoptExisting="true"))
    assert answer["Status"] == "FAILED"
    assert answer["PhysicalResourceId"].startswith("not-applied/")
    assert stage.registered == [theirs]


@pytest.mark.parametrize("inactive", ["", ", which is INACTIVE (INVALID_DEVICE_TOKEN),"])
def test_a_strangers_endpoint_stays_and_the_error_names_a_remedy(stage: Stage, inactive: str) -> None:
    """F27, F35: without AdoptExisting, the Create fails with a remedy and does not change the endpoint."""
    theirs = stage.stranger()
    if inactive:
        theirs.status, theirs.status_reason = "INACTIVE", "INVALID_DEVICE_TOKEN"
    before = vars(theirs).copy()
    answer = stage.create()
    assert answer["Reason"] == (
        "CE-411: RegisterAppInstanceUserEndpoint failed: ConflictException, because endpoint"
        f" {theirs.endpoint_id} of this AppInstanceUser{inactive} already has the device token. This resource"
        " does not own that endpoint and did not change it. To take it over, set AdoptExisting to true, or deregister"
        " it first; but if you renamed the resource that it belongs to, keep its logical ID instead."
    )
    assert answer["PhysicalResourceId"].startswith("not-applied/")
    assert [vars(each) | {"listed": True} for each in stage.registered] == [before | {"listed": True}]


@pytest.mark.parametrize(
    ("change", "different"),
    [
        ({"Type": "APNS_SANDBOX"}, "Type"),
        ({"ResourceArn": OTHER_APPLICATION}, "ResourceArn"),
        (
            {"EndpointAttributes": {"DeviceToken": "canary-token-c", "VoipDeviceToken": "canary-token-b"}},
            "DeviceToken and VoipDeviceToken",
        ),
    ],
    ids=lambda each: next(iter(each)) if isinstance(each, dict) else "",
)
def test_what_differs_is_not_adopted_and_the_difference_is_named(
    stage: Stage, change: dict[str, Any], different: str
) -> None:
    """F27: an endpoint that differs in an unchangeable value is not adopted, and the error names that value."""
    theirs = stage.stranger("canary-token-b")
    before = vars(theirs).copy()
    answer = stage.create(stage.properties(**(ROTATED | change), AdoptExisting="true"))
    assert answer["Status"] == "FAILED"
    assert answer["Reason"] == (
        "CE-413: RegisterAppInstanceUserEndpoint failed: ConflictException, because endpoint"
        f" {theirs.endpoint_id} of this AppInstanceUser already has the device token. AdoptExisting cannot take it"
        f" over: it differs from the declaration in {different}, which cannot be changed. Declare the registered"
        " values, or deregister the endpoint first."
    )
    assert [vars(each) | {"listed": True} for each in stage.registered] == [before | {"listed": True}]


@pytest.mark.parametrize("name", ["theirs", None])
@pytest.mark.parametrize(
    "fault",
    [
        Fault(DESCRIBE, nth=4, error="BadRequestException"),
        Fault(UPDATE, when="after", error="ServiceFailureException", times=None),
    ],
    ids=lambda fault: fault.operation,
)
def test_what_was_adopted_in_vain_stays_a_strangers(stage: Stage, fault: Fault, name: str | None) -> None:
    """F27, F31, F60: an adopted endpoint without a name stays unnamed, or else the rollback would remove it."""
    first = stage.create(stage.properties(Name=None))
    stage.clock.sleep(3600)
    theirs = stage.stranger("canary-token-b", name=name, allow_messages="NONE")
    stage.clock.sleep(3600)
    new = stage.properties(Name=None, **ROTATED, AdoptExisting="true")
    stage.backend.faults.append(fault)
    answer = stage.update(first["PhysicalResourceId"], new, stage.properties(Name=None))
    stage.backend.faults.clear()
    if answer["Status"] == "FAILED":
        stage.update(first["PhysicalResourceId"], stage.properties(Name=None), new)
    assert theirs in stage.registered
    assert theirs.name == name or (name is None and theirs.name == "")
    assert tokens(stage) == {"canary-token-a", "canary-token-b"}


def test_an_inactive_endpoint_that_stays_is_warned_of(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """F35: the function warns if it adopts or keeps an INACTIVE endpoint, which gets no push notifications."""
    theirs = stage.stranger()
    theirs.status, theirs.status_reason = "INACTIVE", "INVALID_DEVICE_TOKEN"
    assert stage.create(stage.properties(AdoptExisting="true"))["Status"] == "SUCCESS"
    assert f"Endpoint {theirs.endpoint_id} is INACTIVE (INVALID_DEVICE_TOKEN)" in caplog.text


@pytest.mark.parametrize("failed_token", ["forgotten", "remembered"])
@pytest.mark.parametrize("name", ["canary phone", None])
def test_a_service_may_remember_that_it_refused_an_earlier_delivery_of_a_create(
    stage: Stage, name: str | None, failed_token: str
) -> None:
    """F27, F37: a later delivery succeeds although the service repeats its refusal of an earlier one."""
    stage.backend.switches.change({"failed_token": failed_token})
    stage.stranger(name=MARKED, endpoint_type="APNS_SANDBOX")
    stage.sent()
    event = stage.event("Create", stage.properties(Name=name))
    unheard(stage, event, Fault(REGISTER, error="BadRequestException", nth=2))
    assert stage.registered == []
    answer = stage.deliver(event)
    (endpoint,) = stage.registered
    assert (answer["Status"], answer["Data"]["EndpointId"]) == ("SUCCESS", endpoint.endpoint_id)


@pytest.mark.parametrize("error", ["BadRequestException", "ConflictException"])
def test_a_create_that_is_refused_again_reports_the_conflict(stage: Stage, error: str) -> None:
    """F27: each delivery reports the conflict if no endpoint of this user holds the device token."""
    stage.sent()
    event = stage.event("Create", stage.properties())
    stage.clock.sleep(60)
    status = 409 if error == "ConflictException" else 400
    stage.backend.faults.append(Fault(REGISTER, error="ConflictException", status=409))
    stage.backend.faults.append(Fault(REGISTER, error=error, status=status, times=None))
    answer = stage.deliver(event)
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("CE-412: " if status == 409 else "CE-304: ")
    assert answer["PhysicalResourceId"].startswith("unconfirmed/")
    assert stage.operations.count("Register") == 2


@pytest.mark.parametrize("seconds", [0, 60])
@pytest.mark.parametrize("is_here", [True, False])
def test_a_replacement_is_tried_again_only_where_an_earlier_delivery_may_have_been_refused(
    stage: Stage, seconds: int, *, is_here: bool
) -> None:
    """F27, F37: a retry needs a possible earlier delivery and no endpoint of this user that holds the token."""
    stage.backend.switches.change({"device_token_conflict": "application"})
    first = stage.create()
    holder = {"resource_arn": OTHER_APPLICATION} if is_here else {"app_instance_user_arn": second_user(stage)}
    stage.stranger("canary-token-b", **holder)
    stage.backend.switches.change({"device_token_conflict": "user" if is_here else "application"})
    stage.sent()
    event = rotation(stage, first)
    stage.clock.sleep(seconds)
    before = stage.operations.count("Register")
    answer = stage.deliver(event)
    assert (answer["Status"], answer["Reason"].partition(":")[0]) == ("FAILED", "CE-411" if is_here else "CE-412")
    assert stage.operations.count("Register") - before == (2 if seconds and not is_here else 1)


def test_a_replacement_that_is_always_refused_reports_the_conflict(stage: Stage) -> None:
    """F27: a replacement removes its own stray endpoints at most three times."""
    first = stage.create()
    stage.backend.faults.append(Fault(REGISTER, error="ConflictException", times=None))

    def leave_a_stray() -> None:
        stage.stranger("canary-token-b", name=MARKED, resource_arn=OTHER_APPLICATION)

    stage.backend.faults.insert(0, Fault(REGISTER, call=leave_a_stray, times=None))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert answer["Status"] == "FAILED"
    assert "ConflictException" in answer["Reason"]
    assert stage.operations.count("Register") == 4  # including the one of the Create


def test_a_conflict_with_little_time_left_is_reported_without_a_second_look(stage: Stage) -> None:
    """F42: List is asked three times if there is time; if not, the function reports the conflict at once."""
    stage.backend.switches.change({"device_token_conflict": "app_instance"})
    bob = second_user(stage)
    stage.stranger(app_instance_user_arn=bob)
    for seconds, lists in ((1.6, 2), (120.0, 6)):
        calls, began = len(stage.backend.calls), stage.clock.now()
        answer = stage.deliver(stage.event("Create", stage.properties()), seconds=seconds)
        assert stage.clock.now() - began <= 1.5
        assert (
            "another user's endpoint has the device token; no endpoint of this AppInstanceUser has it. Deregister"
            in answer["Reason"]
        )
        assert stage.operations[calls:] == ["Register", *["List"] * lists]


def test_a_stranger_of_another_messages_setting_is_not_taken_for_an_own_attempt(stage: Stage) -> None:
    """F27: an endpoint that differs only in AllowMessages is a stranger's."""
    first = stage.create()
    theirs = stage.stranger("canary-token-b", name="canary phone", allow_messages="NONE")
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert answer["Status"] == "FAILED"
    assert theirs.endpoint_id in answer["Reason"]


@pytest.mark.parametrize(
    "former",
    [{"EndpointAttributes": {"DeviceTokenSource": {"ParameterName": "/missing"}}}, {"Name": "former"}],
    ids=str,
)
def test_an_endpoint_with_the_token_of_a_vanished_one_is_a_strangers(stage: Stage, former: dict[str, Any]) -> None:
    """F23, F34: a young endpoint that does not match the former declaration is a stranger's, if that can be checked."""
    old = stage.properties(**former)
    first = stage.create()
    stage.backend.endpoints.clear()
    theirs = stage.stranger(name="canary phone", resource_arn=OTHER_APPLICATION)
    answer = stage.update(first["PhysicalResourceId"], stage.properties(), old)
    assert answer["Status"] == "FAILED"
    assert theirs.endpoint_id in answer["Reason"]


def test_what_was_in_the_way_of_an_endpoint_that_is_gone_may_be_gone_by_now(stage: Stage) -> None:
    """F27, F44: an Update retries a conflict, because an overtaken one may have removed the endpoint in its way."""
    first = stage.create()
    stage.backend.endpoints.clear()
    stage.backend.faults.append(Fault(REGISTER, error="ConflictException"))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(Type="APNS_SANDBOX"), stage.properties())
    assert answer["Status"] == "SUCCESS"
    assert ids(stage) == {answer["PhysicalResourceId"]}
