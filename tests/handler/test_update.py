"""Updates in place, and of an endpoint that no longer exists."""

from __future__ import annotations

import pytest

from chime_endpoints_emulator import Fault
from support.anomalies import second_user
from support.stage import OTHER_APPLICATION, Stage

UPDATE = "UpdateAppInstanceUserEndpoint"


def test_a_changed_name_is_updated_in_place_with_one_call(stage: Stage) -> None:
    """F69: a changed name is one call with both changeable members, and the ID stays."""
    old = stage.properties(AllowMessages="NONE")
    first = stage.create(old)
    answer = stage.update(first["PhysicalResourceId"], stage.properties(Name="new", AllowMessages="NONE"), old)
    (endpoint,) = stage.registered
    assert answer["PhysicalResourceId"] == first["PhysicalResourceId"]
    assert (endpoint.name, endpoint.allow_messages) == ("new", "NONE")
    assert stage.operations == ["Register", "Update"]
    assert stage.stack.asked == 0


@pytest.mark.parametrize("omitted", ["kept", "reset"])
def test_a_removed_name_gives_the_made_up_one(stage: Stage, omitted: str) -> None:
    """F69: if a name is no longer declared, the endpoint gets the generated one."""
    stage.backend.switches.change({"omitted_on_update": omitted})
    first = stage.create(stage.properties(AllowMessages="NONE"))
    stage.update(first["PhysicalResourceId"], stage.properties(Name=None), stage.properties(AllowMessages="NONE"))
    (endpoint,) = stage.registered
    assert (endpoint.name or "").startswith("chat-Phone-")
    assert endpoint.allow_messages == "ALL"


@pytest.mark.parametrize("change", [{}, {"AdoptExisting": "true"}, {"ServiceToken": "arn:aws:lambda:other"}], ids=str)
def test_nothing_changed_is_no_call(stage: Stage, change: dict[str, str]) -> None:
    """F69: if nothing about the endpoint changes, no call is made."""
    first = stage.create()
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**change), stage.properties())
    assert answer["PhysicalResourceId"] == first["PhysicalResourceId"]
    assert stage.operations == ["Register"]
    assert stage.stack.asked == 0


@pytest.mark.parametrize("missing", ["forbidden", "not_found", "bad_request"])
@pytest.mark.parametrize("name", ["new", None])
def test_an_endpoint_that_vanished_is_registered_again(stage: Stage, missing: str, name: str | None) -> None:
    """F34: if List shows that the endpoint is gone, an Update registers it again, whatever the error."""
    stage.backend.switches.change({"missing_endpoint": missing})
    first = stage.create()
    stage.backend.endpoints.clear()
    answer = stage.update(first["PhysicalResourceId"], stage.properties(Name=name), stage.properties())
    (endpoint,) = stage.registered
    assert answer["PhysicalResourceId"] == f"{stage.user}/endpoint/{endpoint.endpoint_id}"
    assert answer["PhysicalResourceId"] != first["PhysicalResourceId"]
    assert endpoint.name == name or name is None


def test_a_refused_update_of_an_existing_endpoint_fails(stage: Stage) -> None:
    """F59: if an Update of an existing endpoint is refused, the endpoint and its ID stay."""
    first = stage.create()
    stage.backend.faults.append(Fault.deny(UPDATE))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(Name="new"), stage.properties())
    (endpoint,) = stage.registered
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", first["PhysicalResourceId"])
    assert "chime:UpdateAppInstanceUserEndpoint" in answer["Reason"]
    assert endpoint.name == "canary phone"


def test_a_refused_declaration_keeps_the_id(stage: Stage) -> None:
    """If a declaration is invalid, the ID stays, and the rollback finds the endpoint."""
    first = stage.create()
    answer = stage.update(first["PhysicalResourceId"], stage.properties(Type="APN"), stage.properties())
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", first["PhysicalResourceId"])


@pytest.mark.parametrize(
    "change",
    [
        {"Type": "APNS_SANDBOX"},
        {"Type": "GCM"},
        {"ResourceArn": OTHER_APPLICATION},
        {"EndpointAttributes": {"DeviceToken": "canary-token-b"}},
        {"EndpointAttributes": {"DeviceToken": "canary-token-a", "VoipDeviceToken": "canary-voip"}},
    ],
    ids=lambda change: next(iter(change)),
)
@pytest.mark.parametrize("name", ["canary phone", None])
@pytest.mark.parametrize("conflict", ["user", "none"])
def test_an_immutable_change_replaces_the_endpoint(
    stage: Stage, change: dict[str, object], name: str | None, conflict: str
) -> None:
    """F69: a change of an immutable property registers a new endpoint; the old one is left to a Delete."""
    stage.backend.switches.change({"device_token_conflict": conflict})
    old, new = stage.properties(Name=name), stage.properties(Name=name, **change)
    first = stage.create(old)
    answer = stage.update(first["PhysicalResourceId"], new, old)
    assert answer["Status"] == "SUCCESS", answer
    assert answer["PhysicalResourceId"] != first["PhysicalResourceId"]
    stage.delete(first["PhysicalResourceId"], old)
    (endpoint,) = stage.registered
    assert answer["PhysicalResourceId"].endswith(endpoint.endpoint_id)
    assert (endpoint.type, endpoint.resource_arn) == (new["Type"], new["ResourceArn"])
    assert endpoint.device_tokens == set(new["EndpointAttributes"].values())
    assert endpoint.name == name or (name is None and (endpoint.name or "").startswith("chat-Phone-"))


@pytest.mark.parametrize("name", ["canary phone", None])
def test_a_replacement_looks_and_registers(stage: Stage, name: str | None) -> None:
    """Without conflicts a replacement takes three calls, four with a declared name, and one to CloudFormation."""
    first = stage.create(stage.properties(Name=name))
    before = len(stage.operations)
    new = stage.properties(Name=name, EndpointAttributes={"DeviceToken": "canary-token-b"})
    stage.update(first["PhysicalResourceId"], new, stage.properties(Name=name))
    assert stage.operations[before:] == ["Describe", "List", "Register", *(["Update"] if name else [])]
    assert stage.stack.asked == 1


def test_the_predecessor_is_left_to_cloudformation(stage: Stage) -> None:
    """The old endpoint stays until CloudFormation's Delete, so that it works during the update."""
    first = stage.create()
    new = stage.properties(EndpointAttributes={"DeviceToken": "canary-token-b"})
    stage.update(first["PhysicalResourceId"], new, stage.properties())
    assert {endpoint.device_token for endpoint in stage.registered} == {"canary-token-a", "canary-token-b"}


def test_a_predecessor_that_gave_way_comes_back(stage: Stage) -> None:
    """If the new endpoint is refused after the old one gave way, the old one is registered again."""
    first = stage.create()
    stage.backend.faults.append(Fault("RegisterAppInstanceUserEndpoint", error="BadRequestException", nth=2))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(Type="APNS_SANDBOX"), stage.properties())
    (endpoint,) = stage.registered
    assert answer["Status"] == "FAILED"
    assert (endpoint.type, endpoint.name, endpoint.device_token) == ("APNS", "canary phone", "canary-token-a")
    assert answer["PhysicalResourceId"].endswith(endpoint.endpoint_id)


@pytest.mark.parametrize("answered", ["old id", "answered id"])
def test_the_rollback_of_a_replacement_that_failed_half_way(stage: Stage, answered: str) -> None:
    """F60, F62: the rollback of a failed replacement leaves one endpoint, under any ID."""
    first = stage.create()
    stage.backend.faults.append(Fault("RegisterAppInstanceUserEndpoint", error="BadRequestException", nth=2))
    failed = stage.update(first["PhysicalResourceId"], stage.properties(Type="APNS_SANDBOX"), stage.properties())
    sent = first if answered == "old id" else failed
    rolled_back = stage.update(sent["PhysicalResourceId"], stage.properties(), stage.properties(Type="APNS_SANDBOX"))
    (endpoint,) = stage.registered
    assert rolled_back["Status"] == "SUCCESS"
    assert (endpoint.type, endpoint.name) == ("APNS", "canary phone")
    assert rolled_back["PhysicalResourceId"].endswith(endpoint.endpoint_id)


def test_a_strangers_endpoint_survives_a_failing_rotation_and_its_rollback(stage: Stage) -> None:
    """F27: if the new token is someone else's, its endpoint survives the failed Update and the rollback."""
    first = stage.create()
    stage.clock.sleep(3600)
    theirs = stage.stranger("canary-token-b", name="canary phone")
    stage.clock.sleep(7200)
    new = stage.properties(EndpointAttributes={"DeviceToken": "canary-token-b"})
    answer = stage.update(first["PhysicalResourceId"], new, stage.properties())
    assert answer["Status"] == "FAILED"
    assert theirs.endpoint_id in answer["Reason"]
    stage.update(answer["PhysicalResourceId"], stage.properties(), new)
    assert {endpoint.endpoint_id for endpoint in stage.registered} == {
        theirs.endpoint_id,
        first["PhysicalResourceId"].rpartition("/")[2],
    }


def test_an_old_update_delivered_late_changes_nothing(stage: Stage) -> None:
    """F44: a late Update changes nothing if CloudFormation has a newer declaration."""
    first = stage.create()
    stage.sent()
    stage.clock.sleep(3600)
    stage.stack.detail = {
        "ResourceStatus": "UPDATE_COMPLETE",
        "PhysicalResourceId": first["PhysicalResourceId"],
        "LastUpdatedTimestamp": stage.clock.now() - 60,
    }
    answer = stage.update(first["PhysicalResourceId"], stage.properties(Name="older"), stage.properties())
    assert answer["Status"] == "FAILED"
    assert stage.registered[0].name == "canary phone"


def test_an_inactive_endpoint_can_still_be_updated(stage: Stage) -> None:
    """F35: an inactive endpoint can be updated, because its state is the service's own."""
    first = stage.create()
    endpoint = stage.registered[0]
    endpoint.status, endpoint.status_reason = "INACTIVE", "INVALID_DEVICE_TOKEN"
    assert (
        stage.update(first["PhysicalResourceId"], stage.properties(Name="n"), stage.properties())["Status"] == "SUCCESS"
    )
    assert endpoint.name == "n"


def test_a_moved_user_moves_the_endpoint(stage: Stage) -> None:
    """F69: a change of the user replaces the endpoint."""
    bob = second_user(stage)
    first = stage.create()
    new = stage.properties(AppInstanceUserArn=bob)
    answer = stage.update(first["PhysicalResourceId"], new, stage.properties())
    stage.delete(first["PhysicalResourceId"])
    (endpoint,) = stage.registered
    assert endpoint.app_instance_user_arn == bob
    assert answer["PhysicalResourceId"].startswith(bob)


def test_a_predecessor_that_was_brought_back_gives_way_again(stage: Stage) -> None:
    """F60, F62: if a rollback fails, its retry replaces the endpoint that the first try registered again."""
    old, new = stage.properties(), stage.properties(Type="APNS_SANDBOX")
    first = stage.create(old)
    second = stage.update(first["PhysicalResourceId"], new, old)
    stage.backend.faults.append(Fault("RegisterAppInstanceUserEndpoint", error="BadRequestException", nth=2))
    assert stage.update(second["PhysicalResourceId"], old, new)["Status"] == "FAILED"
    answer = stage.update(second["PhysicalResourceId"], old, new)
    (endpoint,) = stage.registered
    assert answer["Status"] == "SUCCESS"
    assert (endpoint.type, endpoint.name) == ("APNS", "canary phone")


@pytest.mark.parametrize("is_user_changed", [True, False])
def test_an_update_takes_no_older_endpoint_that_equals_it(stage: Stage, *, is_user_changed: bool) -> None:
    """F27: an Update does not adopt an older equal endpoint, even if it has the declared name."""
    bob = second_user(stage)
    change = {"AppInstanceUserArn": bob} if is_user_changed else {}
    theirs = stage.stranger("canary-token-b", name="canary phone", app_instance_user_arn=bob if change else stage.user)
    stage.clock.sleep(86_400)
    first = stage.create()
    stage.clock.sleep(86_400)
    new = stage.properties(EndpointAttributes={"DeviceToken": "canary-token-b"}, **change)
    answer = stage.update(first["PhysicalResourceId"], new, stage.properties())
    assert answer["Status"] == "FAILED"
    assert theirs.endpoint_id in answer["Reason"]


def test_an_update_to_another_user_works_if_the_former_is_gone(stage: Stage) -> None:
    """F33: if the former user no longer exists, an Update to another user succeeds."""
    bob = second_user(stage)
    first = stage.create()
    stage.backend.delete_app_instance_user(app_instance_user_arn=stage.user)
    answer = stage.update(first["PhysicalResourceId"], stage.properties(AppInstanceUserArn=bob), stage.properties())
    assert answer["Status"] == "SUCCESS"
    assert [endpoint.app_instance_user_arn for endpoint in stage.registered] == [bob]


def test_a_page_instead_of_an_answer_is_not_taken_for_one(stage: Stage) -> None:
    """F26: if a proxy responds with a page instead of the service's response, the call is retried."""
    first = stage.create()
    stage.backend.faults.append(Fault(UPDATE, answer="html"))  # type: ignore[arg-type] # the enumeration's value
    assert (
        stage.update(first["PhysicalResourceId"], stage.properties(Name="n"), stage.properties())["Status"] == "SUCCESS"
    )
    assert stage.registered[0].name == "n"
    stage.backend.faults.append(Fault("DeregisterAppInstanceUserEndpoint", answer="html"))  # type: ignore[arg-type]
    stage.delete(first["PhysicalResourceId"])
    assert not stage.registered


@pytest.mark.parametrize("name", ["canary phone", None])
@pytest.mark.parametrize("memory", ["for_ever", "while_alive", "none"])
@pytest.mark.parametrize("is_cleaned_up", [True, False])
def test_a_token_that_is_rotated_there_and_back_is_the_declared_one(
    stage: Stage, name: str | None, memory: str, *, is_cleaned_up: bool
) -> None:
    """F37, F68: a token that goes from A to B and back is registered as declared each time."""
    stage.backend.switches.change({"token_memory": memory})
    tokens = ["canary-token-a", "canary-token-b"] * 2
    old = stage.properties(Name=name, EndpointAttributes={"DeviceToken": tokens[0]})
    held = stage.create(old)["PhysicalResourceId"]
    for token in tokens[1:]:
        stage.clock.sleep(600)
        new = stage.properties(Name=name, EndpointAttributes={"DeviceToken": token})
        answer = stage.update(held, new, old)
        assert answer["Status"] == "SUCCESS"
        if is_cleaned_up and answer["PhysicalResourceId"] != held:
            stage.delete(held, old)
        held, old, abandoned = answer["PhysicalResourceId"], new, held
    if not is_cleaned_up:
        stage.delete(abandoned)
    (endpoint,) = stage.registered
    assert held.endswith(endpoint.endpoint_id)
    assert endpoint.device_token == tokens[-1]


@pytest.mark.parametrize(
    "change", [{"AllowMessages": "NONE"}, {"Name": "new"}, {"Name": "new", "AllowMessages": "NONE"}], ids=str
)
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_update_in_place_that_failed_is_rolled_back_in_place(
    stage: Stage, change: dict[str, str], when: str
) -> None:
    """F59: if an Update in place fails, the rollback restores the old name and messages, under the same ID."""
    first = stage.create()
    fault = {"error": "BadRequestException", "status": 400}
    stage.backend.faults.append(Fault(UPDATE, when=when, **fault))  # type: ignore[arg-type] # one of several
    failed = stage.update(first["PhysicalResourceId"], stage.properties(**change), stage.properties())
    assert (failed["Status"], failed["PhysicalResourceId"]) == ("FAILED", first["PhysicalResourceId"])
    answer = stage.update(first["PhysicalResourceId"], stage.properties(), stage.properties(**change))
    (endpoint,) = stage.registered
    assert answer["PhysicalResourceId"] == first["PhysicalResourceId"]
    assert (endpoint.name, endpoint.allow_messages) == ("canary phone", "ALL")


def test_a_replacement_beyond_the_quota_is_reported_and_keeps_the_old_endpoint(stage: Stage) -> None:
    """F29: if a user's quota is full, a replacement fails with that reason, and the old endpoint stays."""
    stage.backend.switches.endpoints_per_user = 1
    first = stage.create()
    new = stage.properties(EndpointAttributes={"DeviceToken": "canary-token-b"})
    answer = stage.update(first["PhysicalResourceId"], new, stage.properties())
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", first["PhysicalResourceId"])
    assert "10 by default; quota L-39BCA56C of Amazon Chime SDK in Service Quotas" in answer["Reason"]
    assert [endpoint.device_token for endpoint in stage.registered] == ["canary-token-a"]


@pytest.mark.parametrize("failed_token", ["forgotten", "remembered"])
@pytest.mark.parametrize("memory", ["for_ever", "while_alive", "none"])
def test_a_resource_that_is_added_again_is_registered_again(stage: Stage, memory: str, failed_token: str) -> None:
    """F37, F67: a resource that is added again is registered again, whatever the service remembers."""
    stage.backend.switches.change({"token_memory": memory, "failed_token": failed_token})
    stage.backend.switches.endpoints_per_user = 0
    refused = stage.create()
    stage.delete(refused["PhysicalResourceId"])
    stage.backend.switches.endpoints_per_user = 10
    for _ in range(3):
        first = stage.create()
        (endpoint,) = stage.registered
        assert first["Data"]["EndpointId"] == endpoint.endpoint_id
        stage.delete(first["PhysicalResourceId"])
        assert stage.registered == []


def test_an_empty_name_is_no_name(stage: Stage) -> None:
    """If the declared name is empty and the endpoint has none, an Update has nothing to change."""
    old = stage.properties(Name="")
    first = stage.create(old)
    stage.backend.endpoints[first["Data"]["EndpointId"]].name = None
    stage.update(first["PhysicalResourceId"], old | {"RequireActive": "true"}, old)
    assert "Update" not in stage.operations


def test_a_voip_token_that_is_no_longer_declared_replaces_the_endpoint(stage: Stage) -> None:
    """F69: if a VoIP token is no longer declared, the endpoint is replaced."""
    both = stage.properties(EndpointAttributes={"DeviceToken": "canary-token-a", "VoipDeviceToken": "canary-voip"})
    first = stage.create(both)
    answer = stage.update(first["PhysicalResourceId"], stage.properties(), both)
    assert (answer["Status"], answer["PhysicalResourceId"] != first["PhysicalResourceId"]) == ("SUCCESS", True)
    assert [endpoint.voip_device_token for endpoint in stage.registered] == [None]


def test_a_former_declaration_of_an_older_schema_is_replaced(stage: Stage) -> None:
    """F21: if the former declaration is of an older schema, nothing is looked for at its user."""
    first = stage.create()
    answer = stage.update(first["PhysicalResourceId"], stage.properties(), stage.properties(AppInstanceUserArn="alice"))
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", first["PhysicalResourceId"])
