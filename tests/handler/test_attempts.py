"""What the next event does about replacements that were interrupted, refused or never answered."""

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
    """F25, F37: a replacement keeps what a lost Register left, even if the service ignores the request token."""
    stage.backend.switches.change({"token_memory": "none", "new_endpoint_in_first_list": False})
    first = stage.create()
    stage.backend.faults.append(Fault(REGISTER, when="after", error="ServiceFailureException"))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert answer["Status"] == "SUCCESS"
    assert ids(stage) == {first["PhysicalResourceId"], answer["PhysicalResourceId"]}
    assert {endpoint.name for endpoint in stage.registered} == {"canary phone"}


def test_what_an_earlier_delivery_registered_is_found_by_the_conflict(stage: Stage) -> None:
    """F37, F41: the next delivery finds the first one's named endpoint by the conflict, although List lags."""
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
    """F36, F61: the rollback removes an attempt that List did not show before."""
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
    """F25, F37: a replacement that fails removes its named endpoint, because the rollback could not recognise it."""
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
    """F34, F44: if the Update cannot ask CloudFormation, it leaves a marked endpoint that may be a newer event's."""
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
    """F25, F61: if Register always takes effect without a response, the failed replacement removes every endpoint."""
    stage.backend.switches.change({"token_memory": memory, "device_token_conflict": "none"})
    first = stage.create()
    stage.backend.faults.append(Fault(REGISTER, when="after", error="ServiceFailureException", times=None))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", first["PhysicalResourceId"])
    assert ids(stage) == {first["PhysicalResourceId"]}


@pytest.mark.parametrize("refused", [DESCRIBE, LIST])
def test_a_delivery_that_fails_removes_what_an_earlier_one_has_named(stage: Stage, refused: str) -> None:
    """F36, F61: a failed delivery removes what a killed one named, because the rollback would not recognise it."""
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
def test_a_failed_delivery_leaves_what_it_cannot_judge(stage: Stage, name: str | None) -> None:
    """F61: a failed delivery leaves what it cannot judge, and the rollback removes it."""
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
    """F61: an endpoint of an earlier delivery keeps its mark if the service refuses the new name."""
    first = stage.create()
    stage.sent()
    event = rotation(stage, first)
    unanswered(stage, event)
    stage.backend.faults.append(Fault.deny(UPDATE))
    answer = stage.deliver(event)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", first["PhysicalResourceId"])
    assert {endpoint.name for endpoint in stage.registered} == {"canary phone", MARKED}


def test_a_mark_that_cannot_be_set_is_logged(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """F52, F61: if no response is accepted and the service refuses the marking name, the log says so."""
    first = stage.create()
    stage.backend.faults.append(Fault(UPDATE, error="BadRequestException", nth=2))
    unanswered(stage, rotation(stage, first))
    told = "The function could not mark the endpoint so that the next event recognizes it (ServiceError)."
    assert f"Update of Phone: CE-518: {told}" in caplog.messages


def test_a_former_user_whose_endpoints_cannot_be_listed_fails_the_move(stage: Stage) -> None:
    """F25: a move fails if the former user's endpoints cannot be listed, because an attempt may be among them."""
    bob = second_user(stage)
    first = stage.create()
    stage.backend.faults.append(Fault(LIST, error="ServiceFailureException", nth=2, times=None))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(AppInstanceUserArn=bob), stage.properties())
    assert answer["Status"] == "FAILED"
    stage.backend.faults.clear()
    assert first["PhysicalResourceId"] in ids(stage)


def test_a_delivery_that_fails_keeps_the_endpoint_that_cloudformation_holds(stage: Stage) -> None:
    """F61: a repeated rollback that fails keeps the endpoint CloudFormation refers to, however young it is."""
    first = stage.create()
    stage.sent()
    stage.clock.sleep(60)
    stands(stage, "UPDATE_IN_PROGRESS", first["PhysicalResourceId"], ago=1000)
    stage.backend.faults.append(Fault(LIST, error="BadRequestException"))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(), stage.properties(**ROTATED))
    assert answer["Status"] == "FAILED"
    assert ids(stage) == {first["PhysicalResourceId"]}


def test_a_move_to_another_user_removes_what_attempts_left_with_both(stage: Stage) -> None:
    """F61, F69: a move removes unused endpoints with the resource's name from both users."""
    bob = second_user(stage)
    first = stage.create()
    stage.stranger("canary-token-c", name=MARKED)
    stage.stranger("canary-token-d", name=MARKED, app_instance_user_arn=bob)
    answer = stage.update(first["PhysicalResourceId"], stage.properties(AppInstanceUserArn=bob), stage.properties())
    assert ids(stage) == {first["PhysicalResourceId"], answer["PhysicalResourceId"]}


@pytest.mark.parametrize("is_awaited", [True, False])
def test_what_bears_our_name_is_removed_only_by_an_update_that_is_awaited(stage: Stage, *, is_awaited: bool) -> None:
    """F34, F44: if the endpoint is gone, an Update removes a marked one only if CloudFormation still waits for it."""
    first = stage.create()
    stage.backend.endpoints.clear()
    stage.stranger("canary-token-c", name=MARKED)
    if is_awaited:
        stands(stage, "UPDATE_IN_PROGRESS", first["PhysicalResourceId"])
    stage.deliver(rotation(stage, first))
    assert tokens(stage) == {"canary-token-b"} | (set() if is_awaited else {"canary-token-c"})


@pytest.mark.parametrize(
    ("name", "age", "stays"),
    [(MARKED, 600, True), (MARKED, 3, False), ("canary phone", 3, True), ("canary phone", -10, False)],
)
def test_an_update_that_fails_removes_only_what_it_can_have_registered(
    stage: Stage, name: str, age: int, *, stays: bool
) -> None:
    """F27, F61: the mark proves an attempt within the clocks' tolerance; an equal endpoint must be younger than it."""
    stage.backend.switches.change({"device_token_conflict": "none"})
    first = stage.create()
    stage.clock.sleep(1000)
    attempt = stage.stranger("canary-token-b", name=name)
    stage.sent(stage.clock.now() + age)
    stands(stage, "UPDATE_IN_PROGRESS", first["PhysicalResourceId"], ago=1000)
    stage.clock.sleep(max(age, 0) + 60)
    stage.backend.faults.append(Fault(LIST, error="BadRequestException"))
    assert stage.deliver(rotation(stage, first))["Status"] == "FAILED"
    assert (attempt in stage.registered) is stays


def test_an_endpoint_that_the_stack_retains_stays_if_a_late_update_fails(stage: Stage) -> None:
    """F44: an Update that fails after its resource was given up removes nothing that it has not registered."""
    first = stage.create()
    stands(stage, "")
    stage.backend.faults.append(Fault.deny(UPDATE))
    new = stage.properties(Name="new", RequireActive="true")
    assert stage.update(first["PhysicalResourceId"], new, stage.properties())["Status"] == "FAILED"
    assert ids(stage) == {first["PhysicalResourceId"]}


def test_a_create_looks_once_for_what_its_first_delivery_registered(stage: Stage) -> None:
    """F43: what a repeated Create finds by the conflict exists, so it is not looked for again."""
    stage.backend.switches.change({"token_memory": "none"})
    stage.sent()
    event = stage.event("Create", stage.properties())
    stands(stage, "CREATE_IN_PROGRESS")
    unanswered(stage, event)
    stage.clock.sleep(60)
    before = len(stage.operations)
    assert stage.deliver(event)["Status"] == "SUCCESS"
    assert stage.operations[before:] == ["Register", "List", "List", "Describe"]


def test_a_create_removes_what_its_first_delivery_registered_if_it_fails(stage: Stage) -> None:
    """F43: what a delivery of a Create registered is this Create's own, also if a later one finds it."""
    stage.backend.switches.change({"token_memory": "none"})
    event = stage.event("Create", stage.properties(Name=None))
    unanswered(stage, event)
    (endpoint,) = stage.registered
    endpoint.allow_messages = "NONE"
    stage.backend.faults.append(Fault.deny(UPDATE))
    assert stage.deliver(event)["Status"] == "FAILED"
    assert stage.registered == []


def test_a_create_that_fails_spares_what_is_older_than_cloudformations_operation(stage: Stage) -> None:
    """F25, F27: a failed Create keeps an equal endpoint that is older than CloudFormation's operation."""
    stage.backend.switches.change({"device_token_conflict": "none"})
    theirs = stage.stranger(name="canary phone")
    stage.clock.sleep(600)
    stands(stage, "CREATE_IN_PROGRESS")
    stage.backend.faults.append(Fault(REGISTER, error="ServiceFailureException", times=None))
    assert stage.create()["Status"] == "FAILED"
    assert theirs in stage.registered
