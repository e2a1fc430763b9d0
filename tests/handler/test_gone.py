"""Endpoints and users that vanished, and what the service returns for them."""

from __future__ import annotations

from typing import Any

import pytest

from chime_endpoints_emulator import Fault
from chime_endpoints_handler.model.declaration import TAGS_TYPE
from support.anomalies import DESCRIBE, LIST, REGISTER, ROTATED, ids, second_user, stands
from support.stage import Stage

NOT_IN_THE_MODEL: dict[str, Any] = {"error": "NotFoundException", "status": 404, "times": None}


@pytest.mark.parametrize(
    ("operation", "change"),
    [
        ("UpdateAppInstanceUserEndpoint", {"Name": "new"}),
        ("DescribeAppInstanceUserEndpoint", {"EndpointAttributes": {"DeviceToken": "canary-token-b"}}),
    ],
)
def test_an_update_does_not_take_a_404_for_gone(stage: Stage, operation: str, change: dict[str, Any]) -> None:
    """F32: if List shows the endpoint, an Update registers no other one and keeps the ID."""
    first = stage.create()
    stage.backend.faults.append(Fault(operation, **NOT_IN_THE_MODEL))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**change), stage.properties())
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", first["PhysicalResourceId"])
    assert f"{operation} of endpoint {first['Data']['EndpointId']} failed: NotFoundException" in answer["Reason"]
    assert [endpoint.endpoint_id for endpoint in stage.registered] == [first["Data"]["EndpointId"]]


def test_a_delete_does_not_take_a_404_for_gone(stage: Stage) -> None:
    """F32: if List shows the endpoint, the Delete fails and reports that the endpoint still exists."""
    first = stage.create()
    stage.backend.faults.append(Fault("DeregisterAppInstanceUserEndpoint", **NOT_IN_THE_MODEL))
    answer = stage.delete(first["PhysicalResourceId"])
    assert answer["Status"] == "FAILED"
    assert first["Data"]["EndpointId"] in answer["Reason"]
    assert len(stage.registered) == 1


@pytest.mark.parametrize("missing", ["forbidden", "not_found", "bad_request"])
@pytest.mark.parametrize(
    "change", [{"Name": "new"}, {"EndpointAttributes": {"DeviceToken": "canary-token-b"}}], ids=str
)
def test_what_vanished_is_there_again_after_an_update(stage: Stage, missing: str, change: dict[str, Any]) -> None:
    """F32, F34: an Update registers a vanished endpoint again, whatever error reports it, and a Delete removes it."""
    stage.backend.switches.change({"missing_endpoint": missing})
    first = stage.create()
    stage.backend.endpoints.clear()
    new = stage.properties(**change)
    answer = stage.update(first["PhysicalResourceId"], new, stage.properties())
    assert answer["Status"] == "SUCCESS"
    assert stage.operations.count("List") == 2  # what they show is not looked for again
    stage.delete(first["PhysicalResourceId"])
    (endpoint,) = stage.registered
    assert answer["PhysicalResourceId"] == f"{stage.user}/endpoint/{endpoint.endpoint_id}"
    assert (endpoint.name, endpoint.device_token) == (new["Name"], new["EndpointAttributes"]["DeviceToken"])
    stage.delete(answer["PhysicalResourceId"], new)
    assert stage.registered == []


@pytest.mark.parametrize("missing", ["forbidden", "not_found"])
@pytest.mark.parametrize(
    "change", [{"Name": "new"}, {"EndpointAttributes": {"DeviceToken": "canary-token-b"}}], ids=str
)
def test_an_update_names_the_user_that_is_gone(stage: Stage, missing: str, change: dict[str, Any]) -> None:
    """F33: the Update fails with its current ID and touches no endpoint of others."""
    bobs = vars(stage.stranger("canary-bob", app_instance_user_arn=second_user(stage))).copy()
    stage.backend.switches.change({"missing_user": missing})
    first = stage.create()
    stage.backend.delete_app_instance_user(app_instance_user_arn=stage.user)
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**change), stage.properties())
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", first["PhysicalResourceId"])
    assert "exists" in answer["Reason"]
    assert [vars(endpoint) for endpoint in stage.registered] == [bobs]


@pytest.mark.parametrize("reason", ["INVALID_DEVICE_TOKEN", "INVALID_PINPOINT_ARN"])
def test_an_inactive_endpoint_is_deleted_as_any_other(stage: Stage, reason: Any) -> None:
    """F35: a Delete removes an INACTIVE endpoint like any other."""
    first = stage.create()
    stage.registered[0].status, stage.registered[0].status_reason = "INACTIVE", reason
    assert stage.delete(first["PhysicalResourceId"])["Status"] == "SUCCESS"
    assert stage.registered == []


@pytest.mark.parametrize("conflicts", [True, False])
@pytest.mark.parametrize(
    "change", [{"EndpointAttributes": {"DeviceToken": "canary-token-b"}}, {"Type": "APNS_SANDBOX"}], ids=str
)
def test_an_inactive_endpoint_is_replaced_by_an_active_one(
    stage: Stage, change: dict[str, Any], *, conflicts: bool
) -> None:
    """F35: a replacement registers a working endpoint, whether or not the INACTIVE one holds its token."""
    stage.backend.switches.change({"inactive_endpoints_conflict": conflicts})
    first = stage.create()
    stage.registered[0].status, stage.registered[0].status_reason = "INACTIVE", "INVALID_DEVICE_TOKEN"
    new = stage.properties(**change)
    answer = stage.update(first["PhysicalResourceId"], new, stage.properties())
    stage.delete(first["PhysicalResourceId"])
    (endpoint,) = stage.registered
    assert answer["Data"]["EndpointId"] == endpoint.endpoint_id
    assert (endpoint.status, endpoint.type) == ("ACTIVE", new["Type"])


def test_a_strangers_inactive_endpoint_is_left_as_it_is(stage: Stage) -> None:
    """F27, F35: the function does not change a stranger's INACTIVE endpoint, which still holds the device token."""
    theirs = stage.stranger()
    theirs.status, theirs.status_reason = "INACTIVE", "INVALID_DEVICE_TOKEN"
    before = vars(theirs).copy()
    answer = stage.create()
    assert answer["Status"] == "FAILED"
    assert theirs.endpoint_id in answer["Reason"]
    assert [vars(endpoint) | {"listed": True} for endpoint in stage.registered] == [before | {"listed": True}]


@pytest.mark.parametrize("status", [400, 403, 404, 409])
def test_a_page_of_a_proxy_does_not_say_that_anything_is_gone(stage: Stage, status: int) -> None:
    """F26, F31: a proxy's page proves nothing about endpoints, users and tags, so each Delete fails and says why."""
    first = stage.create()
    tags = {"ResourceARN": stage.user, "Tags": [{"Key": "team", "Value": "chat"}]}
    stage.create(tags, ResourceType=TAGS_TYPE)
    stage.backend.faults.append(Fault("*", answer="html", status=status, times=None))  # type: ignore[arg-type] # the value
    answers = [
        stage.delete(first["PhysicalResourceId"]),
        stage.delete("chat-Phone-1X2Y3Z4"),
        stage.delete(f"{stage.user}/tags", tags, ResourceType=TAGS_TYPE),
    ]
    for answer in answers:
        assert answer["Status"] == "FAILED"
        assert "CE-515" in answer["Reason"]
    assert len(stage.registered) == 1
    assert stage.backend.tags[stage.user] == {"team": "chat"}


def test_what_a_page_may_have_hidden_is_removed(stage: Stage) -> None:
    """F26: if a proxy replaces the response to a successful Register with a 409, the endpoint is removed."""
    page = Fault(REGISTER, answer="html", status=409, when="after")  # type: ignore[arg-type] # the value
    stage.backend.faults.append(page)
    assert stage.create()["Status"] == "FAILED"
    assert stage.registered == []


def test_a_refused_look_does_not_say_that_an_endpoint_is_gone(stage: Stage) -> None:
    """F31, F33: if Describe and List are refused once, an Update fails and registers no second endpoint."""
    first = stage.create()
    stage.backend.faults += [Fault(each, error="ForbiddenException", status=403) for each in (DESCRIBE, LIST)]
    answer = stage.update(first["PhysicalResourceId"], stage.properties(Type="APNS_SANDBOX"), stage.properties())
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", first["PhysicalResourceId"])
    assert "ListAppInstanceUserEndpoints failed: ForbiddenException. " in answer["Reason"]
    assert ids(stage) == {first["PhysicalResourceId"]}


@pytest.mark.parametrize("seconds", [0, 1, 5])
@pytest.mark.parametrize("missing", ["success", "forbidden"])
def test_an_update_waits_until_list_no_longer_shows_what_is_gone(stage: Stage, missing: str, seconds: float) -> None:
    """F32, F34: the Update waits some seconds until List no longer shows an endpoint that Describe reports missing."""
    stage.backend.switches.change({"missing_endpoint": missing, "deregistered_listed_seconds": seconds})
    first = stage.create()
    endpoint_id = first["Data"]["EndpointId"]
    stage.backend.deregister_app_instance_user_endpoint(app_instance_user_arn=stage.user, endpoint_id=endpoint_id)
    answer = stage.update(first["PhysicalResourceId"], stage.properties(Type="APNS_SANDBOX"), stage.properties())
    assert answer["Status"] == "SUCCESS"
    assert ids(stage) == {answer["PhysicalResourceId"]}


@pytest.mark.parametrize("missing", ["forbidden", "not_found", "bad_request"])
@pytest.mark.parametrize("change", [{"Type": "APNS_SANDBOX"}, {"Name": "new"}], ids=["replacement", "in place"])
def test_a_refusal_is_understood_once_list_no_longer_shows_what_is_gone(
    stage: Stage, missing: str, change: dict[str, Any]
) -> None:
    """F31, F32, F34: if List lags by three seconds, the Update registers again and the Delete succeeds."""
    stage.backend.switches.change({"missing_endpoint": missing, "deregistered_listed_seconds": 3})
    first = stage.create()
    gone = {"app_instance_user_arn": stage.user, "endpoint_id": first["Data"]["EndpointId"]}
    stage.backend.deregister_app_instance_user_endpoint(**gone)
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**change), stage.properties())
    assert answer["Status"] == "SUCCESS"
    assert ids(stage) == {answer["PhysicalResourceId"]}
    stage.backend.deregister_app_instance_user_endpoint(**gone | {"endpoint_id": answer["Data"]["EndpointId"]})
    began = stage.clock.now()
    assert stage.delete(answer["PhysicalResourceId"])["Status"] == "SUCCESS"
    assert stage.clock.now() - began < 10


def test_an_update_with_little_time_does_not_wait_for_list(stage: Stage) -> None:
    """F34, F42: an Update with little time fails with its current ID, in time for its response."""
    first = stage.create()
    stage.backend.faults.append(Fault(DESCRIBE, answer="empty", times=None))  # type: ignore[arg-type] # the value
    began = stage.clock.now()
    event = stage.event(
        "Update",
        stage.properties(Type="APNS_SANDBOX"),
        PhysicalResourceId=first["PhysicalResourceId"],
        OldResourceProperties=stage.properties(),
    )
    answer = stage.deliver(event, seconds=2)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", first["PhysicalResourceId"])
    assert stage.clock.now() - began < 2


def test_what_was_registered_in_vain_in_the_place_of_one_that_is_gone_is_removed(stage: Stage) -> None:
    """F25, F61: a cleanup looks again, because what was seen before the registration is no longer true."""
    first = stage.create()["PhysicalResourceId"]
    stage.clock.sleep(600)
    stage.backend.endpoints.clear()
    stage.sent()
    stands(stage, "UPDATE_IN_PROGRESS", first)
    stage.backend.faults.append(Fault(REGISTER, when="after", error="ServiceFailureException", status=500, times=None))
    answer = stage.update(first, stage.properties(**ROTATED), stage.properties())
    assert answer["Reason"].startswith("CE-514: ")
    assert not stage.registered
