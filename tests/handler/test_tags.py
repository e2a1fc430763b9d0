"""Identity tags: declared keys get their values; a removal covers only tags that still have our value."""

from __future__ import annotations

from typing import Any

import pytest

from chime_endpoints_emulator import Fault
from chime_endpoints_handler.model.declaration import TAGS_TYPE
from support.stage import Stage


def declared(stage: Stage, /, **tags: str) -> dict[str, Any]:
    """Properties that declare tags for the user."""
    return {"ResourceARN": stage.user, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def create(stage: Stage, /, **tags: str) -> dict[str, Any]:
    """Deliver a Create."""
    return stage.create(declared(stage, **tags), ResourceType=TAGS_TYPE)


def update(stage: Stage, new: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
    """Deliver an Update of the user's tags."""
    return stage.update(f"{stage.user}/tags", new, old, ResourceType=TAGS_TYPE)


def test_declared_keys_get_their_values_with_one_call(stage: Stage) -> None:
    """A Create sets all declared tags in one call and leaves other keys as they are."""
    stage.backend.tags[stage.user] = {"theirs": "1", "team": "theirs"}
    answer = create(stage, team="chat")
    assert answer["PhysicalResourceId"] == f"{stage.user}/tags"
    assert stage.backend.tags[stage.user] == {"theirs": "1", "team": "chat"}
    assert stage.operations == ["TagResource"]


def test_a_changed_value_is_set_and_an_undeclared_key_removed(stage: Stage) -> None:
    """F39: an Update sets changed values and removes undeclared keys, with two calls after the look at the tags."""
    create(stage, team="chat", stage="test", stays="1")
    update(stage, declared(stage, team="push", stays="1"), declared(stage, team="chat", stage="test", stays="1"))
    assert stage.backend.tags[stage.user] == {"team": "push", "stays": "1"}


def test_an_undeclared_key_with_another_value_stays(stage: Stage) -> None:
    """F40: if someone else has changed the value of an undeclared key, the tag stays."""
    create(stage, team="chat", stage="test")
    stage.backend.tags[stage.user]["stage"] = "somebody else's"
    update(stage, declared(stage, team="chat"), declared(stage, team="chat", stage="test"))
    assert stage.backend.tags[stage.user] == {"team": "chat", "stage": "somebody else's"}


def test_unchanged_tags_are_no_call(stage: Stage) -> None:
    """If only the order of tags changes, no call is made."""
    create(stage, a="1", b="2")
    update(stage, declared(stage, b="2", a="1"), declared(stage, a="1", b="2"))
    assert stage.operations == ["TagResource"]


def test_a_delete_removes_what_still_has_our_value(stage: Stage) -> None:
    """A Delete removes the tags that still have our value, and leaves the others."""
    create(stage, team="chat", stage="test")
    stage.backend.tags[stage.user] |= {"stage": "changed", "theirs": "1"}
    answer = stage.delete(f"{stage.user}/tags", declared(stage, team="chat", stage="test"), ResourceType=TAGS_TYPE)
    assert answer["Status"] == "SUCCESS"
    assert stage.backend.tags[stage.user] == {"stage": "changed", "theirs": "1"}


def test_a_delete_with_an_invented_id_removes_what_an_unanswered_create_set(stage: Stage) -> None:
    """F57: a Delete with an ID that CloudFormation made up removes the tags that the properties name."""
    create(stage, team="chat")
    stage.delete("chat-Tags-1X2Y3Z", declared(stage, team="chat"), ResourceType=TAGS_TYPE)
    assert stage.backend.tags[stage.user] == {}


def test_a_refused_create_is_followed_by_a_delete_without_a_call(stage: Stage) -> None:
    """If a Create was denied, its Delete makes no call."""
    stage.backend.faults.append(Fault.deny("*"))
    answer = create(stage, team="chat")
    assert answer["Status"] == "FAILED"
    assert "chime:TagResource" in answer["Reason"]
    calls = len(stage.backend.calls)
    deleted = stage.delete(answer["PhysicalResourceId"], declared(stage, team="chat"), ResourceType=TAGS_TYPE)
    assert deleted["Status"] == "SUCCESS"
    assert len(stage.backend.calls) == calls


def test_a_create_that_took_effect_unseen_is_undone(stage: Stage) -> None:
    """F39: if a Create's call took effect and then fails, the tags are removed."""
    stage.backend.faults.append(Fault("TagResource", when="after", error="ServiceFailureException", times=None))
    assert create(stage, team="chat")["Status"] == "FAILED"
    assert stage.backend.tags[stage.user] == {}


def test_a_failed_update_and_its_rollback_restore_the_old_tags(stage: Stage) -> None:
    """F39: if one of two calls of an Update fails, the rollback restores the old tags."""
    old, new = declared(stage, team="chat", stage="test"), declared(stage, team="push")
    create(stage, team="chat", stage="test")
    stage.backend.faults.append(Fault("TagResource", error="BadRequestException"))
    assert update(stage, new, old)["Status"] == "FAILED"
    assert update(stage, old, new)["Status"] == "SUCCESS"
    assert stage.backend.tags[stage.user] == {"team": "chat", "stage": "test"}


def test_another_identity_is_a_replacement(stage: Stage) -> None:
    """If the identity changes, the old one's tags are left to CloudFormation's Delete."""
    instance = stage.user.split("/user/")[0]
    create(stage, team="chat")
    new = {"ResourceARN": instance, "Tags": [{"Key": "team", "Value": "chat"}]}
    answer = update(stage, new, declared(stage, team="chat"))
    stage.delete(f"{stage.user}/tags", declared(stage, team="chat"), ResourceType=TAGS_TYPE)
    assert answer["PhysicalResourceId"] == f"{instance}/tags"
    assert stage.backend.tags[instance] == {"team": "chat"}
    assert stage.backend.tags[stage.user] == {}


def test_a_delete_of_another_identitys_tags_removes_none(stage: Stage) -> None:
    """If the ID names another identity than the properties do, nothing proves that the tags are this resource's."""
    create(stage, team="chat")
    other = f"{stage.user.rpartition('/user/')[0]}/tags"
    answer = stage.delete(other, declared(stage, team="chat"), ResourceType=TAGS_TYPE)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", other)
    assert stage.backend.tags[stage.user] == {"team": "chat"}


def test_a_delete_succeeds_if_the_identity_is_gone(stage: Stage) -> None:
    """If the identity no longer exists, the Delete succeeds, because its tags are gone too."""
    create(stage, team="chat")
    stage.backend.delete_app_instance_user(app_instance_user_arn=stage.user)
    answer = stage.delete(f"{stage.user}/tags", declared(stage, team="chat"), ResourceType=TAGS_TYPE)
    assert answer["Status"] == "SUCCESS"


def test_a_key_can_be_renamed_if_there_are_fifty(stage: Stage) -> None:
    """F40: if an identity has fifty tags, an Update removes the undeclared key before it sets the new one."""
    stage.backend.tags[stage.user] = {f"key-{number}": "1" for number in range(49)}
    create(stage, team="chat")
    answer = update(stage, declared(stage, group="chat"), declared(stage, team="chat"))
    assert answer["Status"] == "SUCCESS"
    assert len(stage.backend.tags[stage.user]) == 50
    assert stage.backend.tags[stage.user]["group"] == "chat"


@pytest.mark.parametrize("request_type", ["Update", "Delete"])
def test_tags_that_others_change_meanwhile_are_theirs(stage: Stage, request_type: str) -> None:
    """F40: tags that someone else adds or changes during an Update stay as they are."""
    stage.backend.tags[stage.user] = {"theirs": "1"}
    create(stage, team="chat", stage="test")
    stage.backend.faults.append(
        Fault("UntagResource", call=lambda: stage.backend.tags[stage.user].update({"theirs": "2", "new": "3"}))
    )
    if request_type == "Update":
        update(stage, declared(stage, team="chat"), declared(stage, team="chat", stage="test"))
    else:
        stage.delete(f"{stage.user}/tags", declared(stage, team="chat", stage="test"), ResourceType=TAGS_TYPE)
    kept = {"team": "chat"} if request_type == "Update" else {}
    assert stage.backend.tags[stage.user] == {"theirs": "2", "new": "3"} | kept


@pytest.mark.parametrize("operation", ["TagResource", "UntagResource", "ListTagsForResource"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    "fault",
    [{"error": "BadRequestException", "status": 400}, {"error": "ServiceFailureException", "status": 500}],
    ids=str,
)
def test_one_failing_call_of_an_update_is_set_right_by_the_rollback(
    stage: Stage, operation: str, when: str, fault: dict[str, Any]
) -> None:
    """F39: if one call of an Update fails, the rollback restores the declared tags and leaves the others."""
    stage.backend.tags[stage.user] = {"theirs": "1"}
    old, new = declared(stage, team="chat", stage="test"), declared(stage, team="push", cost="7")
    create(stage, team="chat", stage="test")
    stage.backend.faults.append(Fault(operation, when=when, times=None, **fault))  # type: ignore[arg-type] # its word
    assert update(stage, new, old)["Status"] == "FAILED"
    stage.backend.faults.clear()
    assert update(stage, old, new)["Status"] == "SUCCESS"
    assert stage.backend.tags[stage.user] == {"theirs": "1", "team": "chat", "stage": "test"}


def test_tags_fail_alone_if_the_endpoint_is_registered(stage: Stage) -> None:
    """F39: if tags fail, only their own resource fails; the rollback's Deletes leave nothing."""
    first = stage.create()
    stage.backend.faults.append(Fault.deny("TagResource"))
    failed = create(stage, team="chat")
    assert failed["Status"] == "FAILED"
    stage.delete(failed["PhysicalResourceId"], declared(stage, team="chat"), ResourceType=TAGS_TYPE)
    stage.delete(first["PhysicalResourceId"])
    assert stage.registered == []
    assert not any(stage.backend.tags.values())


def test_too_many_tags_are_reported(stage: Stage) -> None:
    """F40: if the identity already has fifty tags, the reason gives the limit."""
    stage.backend.tags[stage.user] = {f"key-{number}": "1" for number in range(50)}
    assert "50" in create(stage, team="chat")["Reason"]


def test_tags_on_an_endpoint_are_refused_with_the_way_to_go(stage: Stage) -> None:
    """Tags on an endpoint fail with advice, because the service does not have them."""
    answer = stage.create(stage.properties(Tags=[{"Key": "a", "Value": "b"}]))
    assert TAGS_TYPE in answer["Reason"]


@pytest.mark.parametrize(
    ("tags", "problem"),
    [
        ([{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}], "Tags[1].Key duplicates Tags[0].Key"),
        ([{"Key": "AWS:a", "Value": "1"}], "reserved"),
        ([{"Key": "k" * 129, "Value": "1"}], "Tags[0].Key has 129 characters"),
        ([{"Key": "a", "Value": ""}], "Tags[0].Value has 0 characters"),
        ([{"Key": "a"}], "Tags[0].Value is missing"),
        ([{"Key": str(n), "Value": "1"} for n in range(51)], "Tags has 51 entries"),
        ({"a": "1"}, "Tags must be a list"),
        (["a"], "Tags[0] must be a map"),
    ],
)
def test_wrong_tags_are_named(stage: Stage, tags: object, problem: str) -> None:
    """F9, F18: each violation of the rules for tags gets a sentence."""
    answer = stage.create({"ResourceARN": stage.user, "Tags": tags}, ResourceType=TAGS_TYPE)
    assert problem in answer["Reason"]
    assert not stage.backend.calls


@pytest.mark.parametrize(
    ("operation", "error"),
    [("UntagResource", "ForbiddenException"), ("ListTagsForResource", "ServiceFailureException")],
)
def test_a_failed_removal_of_tags_is_reported(stage: Stage, operation: str, error: str) -> None:
    """If the removal of a tag fails, the Delete fails: the identity still has the tag."""
    create(stage, team="chat")
    stage.backend.faults.append(Fault(operation, error=error, times=None))
    answer = stage.delete(f"{stage.user}/tags", declared(stage, team="chat"), ResourceType=TAGS_TYPE)
    assert answer["Status"] == "FAILED"
    assert f": {operation} failed: {error}." in answer["Reason"]
    assert stage.backend.tags[stage.user] == {"team": "chat"}


def test_one_refusal_does_not_say_that_the_identity_is_gone(stage: Stage) -> None:
    """F31, F33: if one look at the tags is denied, the Delete removes the tag on retry."""
    create(stage, team="chat")
    refused = Fault("ListTagsForResource", error="ForbiddenException", status=403)
    stage.backend.faults.append(refused)
    answer = stage.delete(f"{stage.user}/tags", declared(stage, team="chat"), ResourceType=TAGS_TYPE)
    assert answer["Status"] == "SUCCESS"
    assert stage.backend.tags[stage.user] == {}


def test_the_rollback_of_an_unanswered_move_removes_the_tags_there(stage: Stage) -> None:
    """F61: a rollback removes tags from the other identity, as the move may have set them."""
    instance = stage.user.split("/user/")[0]
    create(stage, team="chat")
    moved = {"ResourceARN": instance, "Tags": [{"Key": "team", "Value": "chat"}]}
    update(stage, moved, declared(stage, team="chat"))
    answer = update(stage, declared(stage, team="chat"), moved)
    assert answer["PhysicalResourceId"] == f"{stage.user}/tags"
    assert stage.backend.tags[instance] == {}
    assert stage.backend.tags[stage.user] == {"team": "chat"}


def test_an_old_update_of_tags_delivered_late_changes_nothing(stage: Stage) -> None:
    """F44: a late Update of tags changes nothing if a newer one has completed."""
    create(stage, team="chat")
    stage.sent()
    stage.clock.sleep(3600)
    stage.stack.detail = {
        "ResourceStatus": "UPDATE_COMPLETE",
        "PhysicalResourceId": f"{stage.user}/tags",
        "LastUpdatedTimestamp": stage.clock.now() - 60,
    }
    assert update(stage, declared(stage, team="older"), declared(stage, team="oldest"))["Status"] == "FAILED"
    assert stage.backend.tags[stage.user] == {"team": "chat"}


def test_tags_of_an_identity_that_does_not_exist_say_what_to_do(stage: Stage) -> None:
    """If the identity does not exist, the reason says what to do, unlike the service's error."""
    stage.backend.delete_app_instance_user(app_instance_user_arn=stage.user)
    answer = create(stage, team="chat")
    assert answer["Status"] == "FAILED"
    assert "Check that the app instance, AppInstanceUser or AppInstanceBot of ResourceARN exists" in answer["Reason"]
