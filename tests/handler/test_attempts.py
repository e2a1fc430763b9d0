"""Attempts of a replacement that were cut short, refused or not answered, and what the next event makes of them."""

from __future__ import annotations

import pytest

from chime_endpoints_emulator import Fault
from support.anomalies import (
    DESCRIBE,
    LIST,
    MARKED,
    REGISTER,
    ROTATED,
    UPDATE,
    ids,
    rotation,
    second_user,
    stands,
    tokens,
    unanswered,
)
from support.stage import Stage


def test_a_registration_whose_answer_is_lost_is_found_by_the_conflict(stage: Stage) -> None:
    """F25, F37: a replacement, from a service that remembers no token: what holds the device token is ours."""
    stage.backend.switches.change({"token_memory": "none", "new_endpoint_in_first_list": False})
    first = stage.create()
    stage.backend.faults.append(Fault(REGISTER, when="after", error="ServiceFailureException"))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert answer["Status"] == "SUCCESS"
    assert ids(stage) == {first["PhysicalResourceId"], answer["PhysicalResourceId"]}
    assert {endpoint.name for endpoint in stage.registered} == {"canary phone"}


def test_what_an_earlier_delivery_registered_is_found_by_the_conflict(stage: Stage) -> None:
    """F37, F41: named already, nobody was told, the service remembers no token, and List lags."""
    stage.backend.switches.change({"token_memory": "none", "new_endpoint_in_first_list": False})
    first = stage.create()
    stage.sent()
    event = stage.event(
        "Update",
        stage.properties(**ROTATED),
        PhysicalResourceId=first["PhysicalResourceId"],
        OldResourceProperties=stage.properties(),
    )
    stage.backend.faults.append(Fault(UPDATE, error="BadRequestException", nth=2))
    unanswered(stage, event)
    stage.clock.sleep(60)
    left = ids(stage)
    answer = stage.deliver(event)
    assert answer["Status"] == "SUCCESS"
    assert ids(stage) == left == {first["PhysicalResourceId"], answer["PhysicalResourceId"]}


def test_an_attempt_that_the_first_list_does_not_show_is_removed_by_the_rollback(stage: Stage) -> None:
    """F36, F61: nobody has listed it before."""
    stage.backend.switches.change({"new_endpoint_in_first_list": False})
    first = stage.create(stage.properties(Name=None))
    stage.clock.sleep(600)
    unanswered(stage, rotation(stage, first, name=None))
    assert tokens(stage) == {"canary-token-a", "canary-token-b"}
    back = stage.properties(Name=None)
    answer = stage.update(first["PhysicalResourceId"], back, back | ROTATED)
    assert answer["PhysicalResourceId"] == first["PhysicalResourceId"]
    assert ids(stage) == {first["PhysicalResourceId"]}


def test_what_was_registered_and_named_without_an_answer_is_withdrawn(stage: Stage) -> None:
    """F25, F37: found by the conflict, named without an answer, then refused: the rollback could not recognise it."""
    stage.backend.switches.change({"token_memory": "none"})
    first = stage.create()
    stage.backend.faults += [
        Fault(REGISTER, when="after", error="ServiceFailureException", status=500),
        Fault(UPDATE, when="after", error="ServiceFailureException", status=500),
        Fault(UPDATE, error="BadRequestException", nth=2),
    ]
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert answer["Status"] == "FAILED"
    assert ids(stage) == {first["PhysicalResourceId"]}


def test_what_may_be_a_newer_events_is_left(stage: Stage) -> None:
    """F34, F44: the current endpoint is gone and CloudFormation cannot be asked; what stays bears our mark."""
    first = stage.create()
    stage.backend.endpoints.clear()
    stage.backend.faults += [
        Fault(REGISTER, when="after", error="ServiceFailureException", status=500),
        Fault(REGISTER, error="BadRequestException", nth=2),
    ]
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert answer["Status"] == "FAILED"
    (left,) = stage.registered
    assert (left.name or "").startswith("chat-Phone-")


@pytest.mark.parametrize("memory", ["for_ever", "none"])
def test_a_replacement_whose_registration_never_answers_leaves_nothing(stage: Stage, memory: str) -> None:
    """F25, F61: each attempt took effect; what they left is removed before the failure is told."""
    stage.backend.switches.change({"token_memory": memory, "device_token_conflict": "none"})
    first = stage.create()
    stage.backend.faults.append(Fault(REGISTER, when="after", error="ServiceFailureException", times=None))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", first["PhysicalResourceId"])
    assert ids(stage) == {first["PhysicalResourceId"]}


@pytest.mark.parametrize("refused", [DESCRIBE, LIST])
def test_a_delivery_that_fails_removes_what_an_earlier_one_has_named(stage: Stage, refused: str) -> None:
    """F36, F61: named, killed before its answer, then refused: the rollback could not recognise it, and List lags."""
    stage.backend.switches.change({"new_endpoint_in_first_list": False})
    first = stage.create()
    stage.clock.sleep(600)
    stage.sent()
    theirs = stage.stranger("canary-token-c", name="canary phone")
    event = rotation(stage, first)
    stage.backend.faults.append(Fault(UPDATE, error="BadRequestException", nth=2))
    unanswered(stage, event)
    stage.clock.sleep(60)
    stands(stage, "UPDATE_IN_PROGRESS", first["PhysicalResourceId"], ago=1000)
    stage.backend.faults[:] = [Fault(refused, error="BadRequestException")]
    answer = stage.deliver(event)
    assert answer["Status"] == "FAILED"
    assert ids(stage) == {first["PhysicalResourceId"], f"{stage.user}/endpoint/{theirs.endpoint_id}"}


@pytest.mark.parametrize("name", ["canary phone", None])
def test_a_delivery_that_fails_leaves_alone_what_nobody_can_judge(stage: Stage, name: str | None) -> None:
    """F61: CloudFormation cannot be asked, or the mark will tell: the rollback's Update recognises it."""
    old, new = stage.properties(Name=name), stage.properties(Name=name, **ROTATED)
    first = stage.create(old)
    stage.clock.sleep(600)
    stage.sent()
    event = rotation(stage, first, name=name)
    unanswered(stage, event)
    stage.clock.sleep(60)
    stage.backend.faults.append(Fault(DESCRIBE, error="BadRequestException"))
    assert stage.deliver(event)["Status"] == "FAILED"
    assert tokens(stage) == {"canary-token-a", "canary-token-b"}
    assert stage.update(first["PhysicalResourceId"], old, new)["Status"] == "SUCCESS"
    assert ids(stage) == {first["PhysicalResourceId"]}


def test_an_own_attempt_that_cannot_be_named_stays_marked(stage: Stage) -> None:
    """F61: a second delivery finds what the first one registered, and the service refuses to rename it."""
    first = stage.create()
    stage.sent()
    event = rotation(stage, first)
    unanswered(stage, event)
    stage.backend.faults.append(Fault.deny(UPDATE))
    answer = stage.deliver(event)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", first["PhysicalResourceId"])
    assert {endpoint.name for endpoint in stage.registered} == {"canary phone", MARKED}


def test_a_mark_that_cannot_be_set_is_told(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """F52, F61: nobody accepted the answer, and the service refuses the name: the log says so."""
    first = stage.create()
    stage.backend.faults.append(Fault(UPDATE, error="BadRequestException", nth=2))
    unanswered(stage, rotation(stage, first))
    told = "The function could not mark the endpoint so that the next event recognizes it (ServiceError)."
    assert f"Update of Phone: CE-518: {told}" in caplog.messages


def test_a_former_user_whose_endpoints_cannot_be_listed_fails_the_move(stage: Stage) -> None:
    """F25: for want of an answer, not of a user: what an attempt left there could not be told."""
    bob = second_user(stage)
    first = stage.create()
    stage.backend.faults.append(Fault(LIST, error="ServiceFailureException", nth=2, times=None))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(AppInstanceUserArn=bob), stage.properties())
    assert answer["Status"] == "FAILED"
    stage.backend.faults.clear()
    assert first["PhysicalResourceId"] in ids(stage)


def test_a_delivery_that_fails_keeps_the_endpoint_that_cloudformation_holds(stage: Stage) -> None:
    """F61: a rollback that is delivered again finds the young endpoint as declared, and cannot go on."""
    first = stage.create()
    stage.sent()
    stage.clock.sleep(60)
    stands(stage, "UPDATE_IN_PROGRESS", first["PhysicalResourceId"], ago=1000)
    stage.backend.faults.append(Fault(LIST, error="BadRequestException"))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(), stage.properties(**ROTATED))
    assert answer["Status"] == "FAILED"
    assert ids(stage) == {first["PhysicalResourceId"]}


def test_a_move_to_another_user_removes_what_attempts_left_with_both(stage: Stage) -> None:
    """F61, F69: endpoints that bear our name and that nothing refers to."""
    bob = second_user(stage)
    first = stage.create()
    stage.stranger("canary-token-c", name=MARKED)
    stage.stranger("canary-token-d", name=MARKED, app_instance_user_arn=bob)
    answer = stage.update(first["PhysicalResourceId"], stage.properties(AppInstanceUserArn=bob), stage.properties())
    assert ids(stage) == {first["PhysicalResourceId"], answer["PhysicalResourceId"]}


@pytest.mark.parametrize("is_awaited", [True, False])
def test_what_bears_our_name_is_removed_only_by_an_update_that_is_awaited(stage: Stage, *, is_awaited: bool) -> None:
    """F34, F44: where the current endpoint is gone and nobody can be asked, it may be a newer event's."""
    first = stage.create()
    stage.backend.endpoints.clear()
    stage.stranger("canary-token-c", name=MARKED)
    if is_awaited:
        stands(stage, "UPDATE_IN_PROGRESS", first["PhysicalResourceId"])
    stage.deliver(rotation(stage, first))
    assert tokens(stage) == {"canary-token-b"} | (set() if is_awaited else {"canary-token-c"})


def test_a_create_that_fails_spares_what_is_older_than_cloudformations_operation(stage: Stage) -> None:
    """F25, F27: it equals the declaration; CloudFormation says that it began later."""
    stage.backend.switches.change({"device_token_conflict": "none"})
    theirs = stage.stranger(name="canary phone")
    stage.clock.sleep(600)
    stands(stage, "CREATE_IN_PROGRESS")
    stage.backend.faults.append(Fault(REGISTER, error="ServiceFailureException", times=None))
    assert stage.create()["Status"] == "FAILED"
    assert theirs in stage.registered
