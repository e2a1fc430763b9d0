"""An endpoint moves to another user with its device token, which the service may allow only once."""

from __future__ import annotations

from typing import Any

import pytest

from chime_endpoints_emulator import Fault
from support.anomalies import DEREGISTER, DESCRIBE, LIST, MARKED, REGISTER, ids, second_user, stands, unanswered
from support.stage import OTHER_APPLICATION, Stage

SCOPES = ["user", "app_instance", "application", "none"]
SHARED = ["app_instance", "application"]


@pytest.fixture
def bob(stage: Stage) -> str:
    """Another user of the app instance."""
    return second_user(stage)


def move(stage: Stage, first: dict[str, Any], bob: str, name: str | None = "canary phone") -> dict[str, Any]:
    """The event of the Update that moves the endpoint from the first user to another."""
    stage.clock.sleep(600)
    return stage.event(
        "Update",
        stage.properties(AppInstanceUserArn=bob, Name=name),
        PhysicalResourceId=first["PhysicalResourceId"],
        OldResourceProperties=stage.properties(Name=name),
    )


def back(stage: Stage, held: str, bob: str, name: str | None = "canary phone") -> dict[str, Any]:
    """The response to the Update that rolls the move back."""
    return stage.update(held, stage.properties(Name=name), stage.properties(AppInstanceUserArn=bob, Name=name))


def of(stage: Stage) -> list[str]:
    """The users of the registered endpoints."""
    return [endpoint.app_instance_user_arn for endpoint in stage.registered]


@pytest.mark.parametrize("name", ["canary phone", None])
@pytest.mark.parametrize("scope", SCOPES)
def test_it_moves_with_its_device_token(stage: Stage, bob: str, scope: str, name: str | None) -> None:
    """F27, F60: a move leaves one endpoint, of the declared user, whoever else may have the token."""
    stage.backend.switches.change({"device_token_conflict": scope})
    first = stage.create(stage.properties(Name=name))
    answer = stage.deliver(move(stage, first, bob, name))
    assert (answer["Status"], len(stage.registered)) == ("SUCCESS", 1 if scope in SHARED else 2)
    assert stage.delete(first["PhysicalResourceId"])["Status"] == "SUCCESS"
    (endpoint,) = stage.registered
    assert answer["PhysicalResourceId"] == f"{bob}/endpoint/{endpoint.endpoint_id}"
    assert endpoint.device_token == "canary-token-a"
    assert endpoint.name == name or (name is None and (endpoint.name or "").startswith("chat-Phone-"))


@pytest.mark.parametrize("name", ["canary phone", None])
@pytest.mark.parametrize("scope", SCOPES)
def test_it_moves_back(stage: Stage, bob: str, scope: str, name: str | None) -> None:
    """F60: if another resource fails after the move, the rollback leaves one endpoint, of the first user."""
    stage.backend.switches.change({"device_token_conflict": scope})
    first = stage.create(stage.properties(Name=name))
    moved = stage.deliver(move(stage, first, bob, name))
    answer = back(stage, moved["PhysicalResourceId"], bob, name)
    assert answer["Status"] == "SUCCESS"
    stage.delete(moved["PhysicalResourceId"])
    assert of(stage) == [stage.user]
    assert answer["PhysicalResourceId"].endswith(stage.registered[0].endpoint_id)


@pytest.mark.parametrize(
    "unclear", [{"error": "BadRequestException"}, {"error": "ForbiddenException"}, {"answer": "empty", "times": 5}]
)
def test_it_does_not_move_back_beside_what_it_moved_from(stage: Stage, bob: str, unclear: dict[str, Any]) -> None:
    """F31, F60: if the moved endpoint cannot be described, its age identifies the first user's endpoint."""
    stage.backend.switches.change({"device_token_conflict": "none"})
    first = stage.create()
    stage.clock.sleep(4 * 3600)
    moved = stage.deliver(move(stage, first, bob))
    stage.backend.faults.append(Fault(DESCRIBE, **unclear))
    assert back(stage, moved["PhysicalResourceId"], bob)["Status"] == "FAILED"
    assert ids(stage) == {first["PhysicalResourceId"], moved["PhysicalResourceId"]}
    assert back(stage, moved["PhysicalResourceId"], bob)["PhysicalResourceId"] == first["PhysicalResourceId"]


@pytest.mark.parametrize("name", ["canary phone", None])
@pytest.mark.parametrize("scope", SHARED)
def test_an_endpoint_that_cannot_move_comes_back(stage: Stage, bob: str, scope: str, name: str | None) -> None:
    """F60: if a move fails after the old endpoint gave way, the rollback leaves one endpoint, under any ID."""
    stage.backend.switches.change({"device_token_conflict": scope})
    first = stage.create(stage.properties(Name=name))
    stage.backend.faults.append(Fault(REGISTER, error="BadRequestException", nth=2))
    answer = stage.deliver(move(stage, first, bob, name))
    (endpoint,) = stage.registered
    assert answer["Status"] == "FAILED"
    assert answer["PhysicalResourceId"] == f"{stage.user}/endpoint/{endpoint.endpoint_id}"
    for held in (first, answer):
        assert back(stage, held["PhysicalResourceId"], bob, name)["PhysicalResourceId"] == answer["PhysicalResourceId"]
    assert stage.registered == [endpoint]


@pytest.mark.parametrize("scope", SHARED)
def test_what_came_back_gives_way_again(stage: Stage, bob: str, scope: str) -> None:
    """F43, F60: if the response is lost after an endpoint came back, the next delivery can still move it."""
    stage.backend.switches.change({"device_token_conflict": scope})
    first = stage.create()
    stage.sent()
    event = move(stage, first, bob)
    stage.backend.faults.append(Fault(REGISTER, error="BadRequestException", nth=2))
    stage.deliver(event)
    stage.backend.faults.clear()
    stage.clock.sleep(60)
    assert stage.deliver(event)["Status"] == "SUCCESS"
    assert of(stage) == [bob]


@pytest.mark.parametrize("scope", SHARED)
def test_what_a_killed_move_left_does_not_stand_in_the_way_of_its_rollback(stage: Stage, bob: str, scope: str) -> None:
    """F61: the rollback removes what a killed move registered, although that holds the token."""
    stage.backend.switches.change({"device_token_conflict": scope, "new_endpoint_in_first_list": False})
    first = stage.create(stage.properties(Name=None))
    unanswered(stage, move(stage, first, bob, None))
    assert of(stage) == [bob]
    assert back(stage, first["PhysicalResourceId"], bob, None)["Status"] == "SUCCESS"
    assert of(stage) == [stage.user]


@pytest.mark.parametrize("scope", ["user", "application"])
def test_a_conflict_with_the_new_users_endpoint_is_reported_and_the_old_endpoint_stays(
    stage: Stage, bob: str, scope: str
) -> None:
    """F27: if the new user's endpoint with the same application has the token, the old one stays."""
    stage.backend.switches.change({"device_token_conflict": "none"})
    first = stage.create()
    theirs = stage.stranger(app_instance_user_arn=bob)
    stage.backend.switches.change({"device_token_conflict": scope})
    before = [vars(each).copy() for each in stage.registered]
    answer = stage.deliver(move(stage, first, bob))
    assert answer["Status"] == "FAILED"
    assert f"endpoint {theirs.endpoint_id} of this AppInstanceUser already has the device token" in answer["Reason"]
    assert [vars(each) | {"listed": True} for each in stage.registered] == [each | {"listed": True} for each in before]
    assert DEREGISTER not in {call.operation for call in stage.backend.calls}


@pytest.mark.parametrize("name", ["canary phone", None])
def test_an_endpoint_of_another_application_is_reported_if_it_conflicts(
    stage: Stage, bob: str, name: str | None
) -> None:
    """F27: if another application's endpoint has the token, it is reported after the move has failed."""
    first = stage.create(stage.properties(Name=name))
    theirs = stage.stranger(app_instance_user_arn=bob, resource_arn=OTHER_APPLICATION)
    answer = stage.deliver(move(stage, first, bob, name))
    assert answer["Status"] == "FAILED"
    assert f"endpoint {theirs.endpoint_id} of this AppInstanceUser already has the device token" in answer["Reason"]
    assert sorted(of(stage)) == sorted([stage.user, bob])
    (ours,) = [each for each in stage.registered if each.app_instance_user_arn == stage.user]
    assert answer["PhysicalResourceId"] == f"{stage.user}/endpoint/{ours.endpoint_id}"


def test_it_moves_past_a_stranger_that_is_not_in_the_way(stage: Stage, bob: str) -> None:
    """F27: a move succeeds if only another application's endpoint has the token and the service allows it."""
    stage.backend.switches.change({"device_token_conflict": "application"})
    first = stage.create()
    theirs = stage.stranger(app_instance_user_arn=bob, resource_arn=OTHER_APPLICATION)
    answer = stage.deliver(move(stage, first, bob))
    assert answer["Status"] == "SUCCESS"
    assert ids(stage) == {answer["PhysicalResourceId"], f"{bob}/endpoint/{theirs.endpoint_id}"}


def test_it_moves_past_an_inactive_stranger_that_is_not_in_the_way(stage: Stage, bob: str) -> None:
    """F27: a move succeeds if the service ignores inactive endpoints that have the token."""
    stage.backend.switches.change({"device_token_conflict": "application", "inactive_endpoints_conflict": False})
    first = stage.create()
    stage.backend.switches.change({"device_token_conflict": "none"})
    theirs = stage.stranger(app_instance_user_arn=bob)
    theirs.status = "INACTIVE"
    stage.backend.switches.change({"device_token_conflict": "application"})
    answer = stage.deliver(move(stage, first, bob))
    assert answer["Status"] == "SUCCESS"
    assert ids(stage) == {answer["PhysicalResourceId"], f"{bob}/endpoint/{theirs.endpoint_id}"}


def test_a_conflict_with_a_third_users_endpoint_is_reported(stage: Stage, bob: str) -> None:
    """F27: if a third user's endpoint has the token, the reason says so."""
    app_instance = stage.user.partition("/user/")[0]
    carol = stage.backend.create_app_instance_user(
        app_instance_arn=app_instance, app_instance_user_id="carol", name="Carol"
    )
    first = stage.create(stage.properties(EndpointAttributes={"DeviceToken": "canary-token-b"}))
    stage.stranger(app_instance_user_arn=carol)
    stage.backend.switches.change({"device_token_conflict": "app_instance"})
    stage.clock.sleep(600)
    answer = stage.update(
        first["PhysicalResourceId"],
        stage.properties(AppInstanceUserArn=bob),
        stage.properties(EndpointAttributes={"DeviceToken": "canary-token-b"}),
    )
    assert answer["Status"] == "FAILED"
    assert "another user's endpoint has the device token" in answer["Reason"]
    assert sorted(of(stage)) == sorted([stage.user, carol])


def test_an_endpoint_with_another_token_is_not_reported(stage: Stage, bob: str) -> None:
    """F27: an endpoint with another token is not reported as a conflict."""
    stage.stranger("canary-token-c")
    stage.stranger(app_instance_user_arn=bob)
    stage.backend.switches.change({"device_token_conflict": "app_instance"})
    assert (
        "no endpoint of this AppInstanceUser has it" in stage.create(stage.properties(AdoptExisting="true"))["Reason"]
    )


@pytest.mark.parametrize("scope", SHARED)
def test_a_user_who_is_gone_holds_nothing(stage: Stage, bob: str, scope: str) -> None:
    """F33: if the former user no longer exists, nothing has to give way."""
    stage.backend.switches.change({"device_token_conflict": scope})
    first = stage.create()
    stage.backend.delete_app_instance_user(app_instance_user_arn=stage.user)
    theirs = stage.stranger(app_instance_user_arn=bob)
    answer = stage.deliver(move(stage, first, bob))
    assert answer["Status"] == "FAILED"
    assert theirs.endpoint_id in answer["Reason"]
    assert of(stage) == [bob]


def test_a_move_that_was_overtaken_leaves_nothing_with_either_user(stage: Stage, bob: str) -> None:
    """F44, F61: if the move is abandoned, attempts of earlier events are removed from both users."""
    stage.backend.switches.change({"device_token_conflict": "none"})
    first = stage.create(stage.properties(Name=None))
    stage.sent()
    event = move(stage, first, bob)
    marked = [stage.stranger(name=MARKED, app_instance_user_arn=user) for user in (stage.user, bob)]
    retained = stage.stranger(name=MARKED)
    stage.clock.sleep(60)
    stands(stage, "DELETE_COMPLETE", f"{stage.user}/endpoint/{retained.endpoint_id}")
    assert stage.deliver(event)["Status"] == "FAILED"
    assert ids(stage) == {first["PhysicalResourceId"], f"{stage.user}/endpoint/{retained.endpoint_id}"}
    assert not {each.endpoint_id for each in marked} & stage.backend.endpoints.keys()


def test_a_rollback_of_a_move_that_was_overtaken_leaves_nothing(stage: Stage, bob: str) -> None:
    """F44: if the resource is deleted before the rollback of a killed move runs, nothing is left."""
    stage.backend.switches.change({"device_token_conflict": "application"})
    first = stage.create(stage.properties(Name=None))
    unanswered(stage, move(stage, first, bob, None))
    stage.sent()
    stage.clock.sleep(60)
    stage.stack.detail = {
        "ResourceStatus": "DELETE_COMPLETE",
        "PhysicalResourceId": first["PhysicalResourceId"],
        "LastUpdatedTimestamp": stage.clock.now(),
    }
    assert back(stage, first["PhysicalResourceId"], bob, None)["Status"] == "FAILED"
    assert stage.registered == []


@pytest.mark.parametrize("name", ["canary phone", None])
@pytest.mark.parametrize("scope", ["user", "none"])
def test_one_refusal_does_not_say_that_a_former_user_is_gone(
    stage: Stage, bob: str, scope: str, name: str | None
) -> None:
    """F31, F60: if List is refused once, the rollback does not conclude that the former user is gone."""
    stage.backend.switches.change({"device_token_conflict": scope})
    first = stage.create(stage.properties(Name=name))
    unanswered(stage, move(stage, first, bob, name))
    elsewhere = Fault(LIST, error="ForbiddenException", status=403, nth=3)
    stage.backend.faults.append(elsewhere)
    assert back(stage, first["PhysicalResourceId"], bob, name)["Status"] == "SUCCESS"
    assert ids(stage) == {first["PhysicalResourceId"]}
    assert elsewhere.seen == 3


@pytest.mark.parametrize("name", ["canary phone", None])
def test_a_move_back_finds_what_the_first_list_does_not_show(stage: Stage, bob: str, name: str | None) -> None:
    """F36, F60: a rollback finds the first user's endpoint even if List does not show it at first."""
    stage.backend.switches.change({"device_token_conflict": "none", "new_endpoint_in_first_list": False})
    first = stage.create(stage.properties(Name=name))
    stage.backend.faults.append(Fault(LIST, error="ForbiddenException", status=403, nth=3, times=2))
    moved = stage.deliver(move(stage, first, bob, name))
    assert moved["Status"] == "SUCCESS"
    assert back(stage, moved["PhysicalResourceId"], bob, name)["PhysicalResourceId"] == first["PhysicalResourceId"]
    stage.delete(moved["PhysicalResourceId"])
    assert ids(stage) == {first["PhysicalResourceId"]}


@pytest.mark.parametrize("name", ["canary phone", None])
def test_a_move_that_cannot_look_for_what_was_left_is_undone(stage: Stage, bob: str, name: str | None) -> None:
    """F25, F60: if the former user's endpoints cannot be listed in time, the move is undone."""
    stage.backend.switches.change({"device_token_conflict": "none"})
    first = stage.create(stage.properties(Name=name))
    stage.backend.faults.append(Fault(LIST, error="ServiceFailureException", status=500, nth=3, times=None))
    moved = stage.deliver(move(stage, first, bob, name))
    assert (moved["Status"], moved["PhysicalResourceId"]) == ("FAILED", first["PhysicalResourceId"])
    assert "ListAppInstanceUserEndpoints failed: ServiceFailureException. " in moved["Reason"]
    assert ids(stage) == {first["PhysicalResourceId"]}


def test_what_a_killed_move_left_is_removed_although_the_endpoint_is_gone(stage: Stage, bob: str) -> None:
    """F61: the rollback looks at both users, also after it has found that the old user has no endpoint."""
    first = stage.create(stage.properties(Name=None))["PhysicalResourceId"]
    unanswered(stage, move(stage, {"PhysicalResourceId": first}, bob, None))
    del stage.backend.endpoints[first.rpartition("/")[2]]
    assert of(stage) == [bob]
    stands(stage, "UPDATE_IN_PROGRESS", first)
    assert back(stage, first, bob, None)["Status"] == "SUCCESS"
    assert of(stage) == [stage.user]


def test_what_a_killed_move_left_is_found_although_the_old_endpoint_is_gone(stage: Stage, bob: str) -> None:
    """F61: the next event looks at the new user, whatever the old user's list says."""
    stage.backend.switches.change({"device_token_conflict": "none"})
    first = stage.create(stage.properties(Name=None))
    unanswered(stage, move(stage, first, bob, None))
    del stage.backend.endpoints[first["Data"]["EndpointId"]]
    assert stage.deliver(move(stage, first, bob, None))["Status"] == "SUCCESS"
    assert of(stage) == [bob]
