"""Identity tags if it is unclear whether they were set, or whose they are."""

from __future__ import annotations

from typing import Any

import pytest

from chime_endpoints_emulator import Fault
from chime_endpoints_handler.model.declaration import TAGS_TYPE
from support.anomalies import ROTATED, second_user, stands
from support.stage import Stage


def test_the_rollback_of_an_unanswered_move_succeeds_if_that_identity_is_gone(stage: Stage) -> None:
    """F33, F61: if the other identity no longer exists, the rollback succeeds, because its tags are gone too."""
    bob = second_user(stage)
    old = {"ResourceARN": stage.user, "Tags": [{"Key": "team", "Value": "chat"}]}
    stage.create(old, ResourceType=TAGS_TYPE)
    stage.backend.delete_app_instance_user(app_instance_user_arn=bob)
    answer = stage.update(f"{stage.user}/tags", old, old | {"ResourceARN": bob}, ResourceType=TAGS_TYPE)
    assert answer["Status"] == "SUCCESS"


def test_a_change_of_tags_from_what_cannot_be_read_sets_all_of_them(stage: Stage) -> None:
    """F18, F21: if the former tags cannot be read, an Update sets all declared tags and removes none."""
    stage.backend.tags[stage.user] = {"theirs": "1"}
    new = {"ResourceARN": stage.user, "Tags": [{"Key": "team", "Value": "chat"}]}
    answer = stage.update(f"{stage.user}/tags", new, {"Tags": "of long ago"}, ResourceType=TAGS_TYPE)
    assert answer["Status"] == "SUCCESS"
    assert stage.backend.tags[stage.user] == {"theirs": "1", "team": "chat"}


@pytest.mark.parametrize("can_be_undone", [True, False])
def test_tags_of_another_identity_that_may_have_been_set_are_removed_again(
    stage: Stage, *, can_be_undone: bool
) -> None:
    """F39, F61: if tags may have been set on the other identity, the Update or its rollback removes them."""
    instance = stage.user.split("/user/")[0]
    old = {"ResourceARN": stage.user, "Tags": [{"Key": "team", "Value": "chat"}]}
    moved = old | {"ResourceARN": instance}
    stage.create(old, ResourceType=TAGS_TYPE)
    stage.backend.faults.append(Fault("TagResource", when="after", error="ServiceFailureException", times=None))
    if not can_be_undone:
        stage.backend.faults.append(Fault("UntagResource", error="ServiceFailureException", times=None))
    failed = stage.update(f"{stage.user}/tags", moved, old, ResourceType=TAGS_TYPE)
    assert (failed["Status"], failed["PhysicalResourceId"]) == ("FAILED", f"{stage.user}/tags")
    assert stage.backend.tags[instance] == ({} if can_be_undone else {"team": "chat"})
    stage.backend.faults.clear()
    stage.update(f"{stage.user}/tags", old, moved, ResourceType=TAGS_TYPE)
    assert stage.backend.tags == {stage.user: {"team": "chat"}, instance: {}}


@pytest.mark.parametrize("change", [{}, ROTATED], ids=["refused", "in doubt"])
def test_a_tag_create_that_cannot_be_undone_is_looked_at_by_its_delete(stage: Stage, change: dict[str, Any]) -> None:
    """F39, F56: if a failed Create cannot remove its tags, its ID makes the Delete look for them."""
    declared = {"ResourceARN": stage.user, "Tags": [{"Key": "team", "Value": "chat"}]}
    when = "after" if change else "before"
    error = {"error": "ServiceFailureException"} if change else {"error": "BadRequestException"}
    stage.backend.faults.append(Fault("TagResource", when=when, times=None, **error))  # type: ignore[arg-type] # its words
    stage.backend.faults.append(Fault("ListTagsForResource", error="ServiceFailureException", times=None))
    failed = stage.create(declared, ResourceType=TAGS_TYPE)
    stage.backend.faults.clear()
    assert failed["PhysicalResourceId"].startswith("unconfirmed/" if change else "not-applied/")
    stage.delete(failed["PhysicalResourceId"], declared, ResourceType=TAGS_TYPE)
    assert not stage.backend.tags[stage.user]


def test_a_tag_create_that_was_cut_short_is_looked_at_by_its_delete(stage: Stage) -> None:
    """F39, F48: if a Create crashes after it set tags, its Delete looks for them."""

    def stop() -> None:
        raise SystemExit(1)

    declared = {"ResourceARN": stage.user, "Tags": [{"Key": "team", "Value": "chat"}]}
    stage.backend.faults.append(Fault("TagResource", when="after", call=stop))
    cut = stage.create(declared, ResourceType=TAGS_TYPE)
    assert (cut["Status"], stage.backend.tags[stage.user]) == ("FAILED", {"team": "chat"})
    stage.delete(cut["PhysicalResourceId"], declared, ResourceType=TAGS_TYPE)
    assert not stage.backend.tags[stage.user]


@pytest.mark.parametrize(
    ("status", "tags", "stays"),
    [("CREATE_COMPLETE", "tags", True), ("DELETE_IN_PROGRESS", "tags", False), ("CREATE_COMPLETE", "other", False)],
)
def test_a_late_delete_of_tags_spares_what_was_declared_anew(
    stage: Stage, status: str, tags: str, *, stays: bool
) -> None:
    """F43, F67: a Delete that is an hour late keeps tags that the resource has declared again."""
    declared = {"ResourceARN": stage.user, "Tags": [{"Key": "team", "Value": "chat"}]}
    stage.create(declared, ResourceType=TAGS_TYPE)
    stage.sent()
    stage.clock.sleep(3600)
    stands(stage, status, f"{stage.user}/{tags}")
    assert stage.delete(f"{stage.user}/tags", declared, ResourceType=TAGS_TYPE)["Status"] == "SUCCESS"
    assert stage.backend.tags[stage.user] == ({"team": "chat"} if stays else {})


@pytest.mark.parametrize("is_awaited", [True, False])
def test_a_late_tag_create_is_carried_out_only_while_it_is_awaited(stage: Stage, *, is_awaited: bool) -> None:
    """F43, F44: a Create of tags that is an hour late runs only while CloudFormation waits."""
    stage.sent()
    stage.clock.sleep(3600)
    stands(stage, "CREATE_IN_PROGRESS" if is_awaited else "DELETE_IN_PROGRESS", ago=3600)
    declared = {"ResourceARN": stage.user, "Tags": [{"Key": "team", "Value": "chat"}]}
    answer = stage.create(declared, ResourceType=TAGS_TYPE)
    assert (answer["Status"], stage.backend.tags[stage.user]) == (
        ("SUCCESS", {"team": "chat"}) if is_awaited else ("FAILED", {})
    )
    if not is_awaited:
        assert answer["Reason"] == "CE-415: CloudFormation is no longer waiting for this Create. No tags were changed."
