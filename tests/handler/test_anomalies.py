"""What an event meets that it cannot have made, or that goes away under its hands; and who is asked what is true."""

from __future__ import annotations

import os
from typing import Any

import pytest

from chime_endpoints_emulator import Fault
from chime_endpoints_handler.declaration import TAGS_TYPE
from chime_endpoints_handler.index import AnswerNotAcceptedError
from chime_endpoints_handler.physical_id import suffix
from support.stage import OTHER_APPLICATION, STACK_ID, Stage

REGISTER = "RegisterAppInstanceUserEndpoint"
UPDATE = "UpdateAppInstanceUserEndpoint"
DESCRIBE = "DescribeAppInstanceUserEndpoint"
LIST = "ListAppInstanceUserEndpoints"
DEREGISTER = "DeregisterAppInstanceUserEndpoint"
MARKED = f"chat-Phone-{suffix(STACK_ID, 'Phone')}"
ROTATED = {"EndpointAttributes": {"DeviceToken": "canary-token-b"}}


def stands(stage: Stage, status: str, physical_id: str = "", *, ago: float = 0) -> None:
    """Has CloudFormation say how the resource stands."""
    stage.stack.detail = {
        "ResourceStatus": status,
        "PhysicalResourceId": physical_id,
        "LastUpdatedTimestamp": stage.clock.now() - ago,
    }


def tokens(stage: Stage) -> set[str]:
    """The device tokens that are registered, of which none is there twice."""
    found = [endpoint.device_token for endpoint in stage.registered]
    assert len(found) == len(set(found))
    return set(found)


def ids(stage: Stage) -> set[str]:
    """The physical ids of what is registered."""
    return {f"{each.app_instance_user_arn}/endpoint/{each.endpoint_id}" for each in stage.registered}


def test_a_create_removes_what_a_former_declaration_left_in_its_way(stage: Stage) -> None:
    """F27, F67: it bears our mark and is of another application: nothing refers to it any more."""
    stray = stage.stranger(name=MARKED, resource_arn=OTHER_APPLICATION)
    answer = stage.create()
    assert answer["Status"] == "SUCCESS"
    assert ids(stage) == {answer["PhysicalResourceId"]}
    assert stray.endpoint_id not in answer["PhysicalResourceId"]


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_COMPLETE"])
def test_a_create_that_is_delivered_twice_at_once_answers_what_cloudformation_holds(stage: Stage, status: str) -> None:
    """F43: from a service that remembers no token, and at a moment when the first delivery has been answered."""
    stage.backend.switches.change({"token_memory": "none"})
    stage.sent()
    event = stage.event("Create", stage.properties())
    first = stage.deliver(event)
    stands(stage, status, first["PhysicalResourceId"])
    assert stage.deliver(event) == first
    assert ids(stage) == {first["PhysicalResourceId"]}


@pytest.mark.parametrize("refusal", ["Resource Phone does not exist for stack chat", "Stack chat does not exist"])
def test_only_a_stack_that_has_no_such_resource_gives_it_up(stage: Stage, refusal: str) -> None:
    """F44: a stack that nobody has heard of means that somebody else was asked, which is no evidence."""
    stage.stack.refusal = refusal
    stage.sent(stage.clock.now() - 60)
    answer = stage.create()
    is_given_up = "for stack" in refusal
    assert answer["Status"] == ("FAILED" if is_given_up else "SUCCESS")
    assert len(stage.registered) == (0 if is_given_up else 1)


@pytest.mark.parametrize("seconds", [5.4, 5.6])
def test_cloudformation_is_not_asked_where_there_is_no_time_for_it(stage: Stage, seconds: float) -> None:
    """F42: the asking may take five seconds; the event is handled without."""
    stands(stage, "DELETE_COMPLETE")
    stage.sent(stage.clock.now() - 60)
    answer = stage.deliver(stage.event("Create", stage.properties()), seconds=seconds)
    assert stage.stack.asked == (0 if seconds < 5.5 else 1)
    assert answer["Status"] == ("SUCCESS" if seconds < 5.5 else "FAILED")


@pytest.mark.parametrize(
    ("status", "physical_id", "ago", "is_done"),
    [
        ("UPDATE_IN_PROGRESS", "held", 100, True),
        ("UPDATE_IN_PROGRESS", "held", 0, False),  # of a later operation
        ("UPDATE_IN_PROGRESS", "another", 100, False),
        ("UPDATE_COMPLETE", "held", 100, True),  # of an earlier one
        ("UPDATE_COMPLETE", "held", 1, False),
        ("DELETE_IN_PROGRESS", "held", 100, False),
        ("DELETE_COMPLETE", "held", 100, False),
        ("CREATE_FAILED", "held", 100, False),
        ("", "held", 100, False),
    ],
)
@pytest.mark.parametrize("change", [{"Name": "new"}, ROTATED], ids=["in place", "replacement"])
def test_an_update_is_carried_out_only_while_it_is_awaited(
    stage: Stage, change: dict[str, Any], status: str, physical_id: str, ago: float, *, is_done: bool
) -> None:
    """F44: sent a minute ago; whatever CloudFormation has gone on to, a newer declaration stays."""
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
        assert answer["Reason"].startswith("CE-415: ")
        assert answer["PhysicalResourceId"] == held


@pytest.mark.parametrize("name", ["canary phone", None])
def test_a_stale_update_removes_what_an_earlier_delivery_left_for_a_resource_that_is_gone(
    stage: Stage, name: str | None
) -> None:
    """F44, F61: killed once the new endpoint was there; then CloudFormation deleted the resource."""
    old, new = stage.properties(Name=name), stage.properties(Name=name, **ROTATED)
    first = stage.create(old)
    stage.clock.sleep(600)
    stage.sent()
    event = stage.event("Update", new, PhysicalResourceId=first["PhysicalResourceId"], OldResourceProperties=old)
    stage.sink.refuses = True
    stage.backend.faults.append(Fault(UPDATE, error="BadRequestException", nth=2))  # it cannot be marked again
    with pytest.raises(AnswerNotAcceptedError):
        stage.run(event)
    stage.sink.refuses = False
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
    """F44, F58: the Delete came between registering and answering; what cannot be removed is recognised later."""
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


def test_a_replacement_that_is_found_again_is_withdrawn_where_it_is_given_up(stage: Stage) -> None:
    """F44, F61: an earlier delivery registered it; this one finds it, and the resource is deleted meanwhile."""
    first = stage.create()
    stage.sent()
    new = stage.properties(**ROTATED)
    event = stage.event(
        "Update", new, PhysicalResourceId=first["PhysicalResourceId"], OldResourceProperties=stage.properties()
    )
    stage.sink.refuses = True
    with pytest.raises(AnswerNotAcceptedError):
        stage.run(event)
    stage.sink.refuses = False
    stage.clock.sleep(60)
    stands(stage, "UPDATE_IN_PROGRESS", first["PhysicalResourceId"], ago=1000)

    def give_up() -> None:
        stands(stage, "DELETE_IN_PROGRESS", first["PhysicalResourceId"])

    stage.backend.faults.append(Fault(UPDATE, when="after", call=give_up))
    answer = stage.deliver(event)
    assert answer["Status"] == "FAILED"
    assert tokens(stage) == {"canary-token-a"}


def test_a_replacement_that_cloudformation_holds_already_is_kept(stage: Stage) -> None:
    """F43: a second delivery of an Update whose answer has arrived."""
    first = stage.create()
    stage.sent()
    event = stage.event(
        "Update",
        stage.properties(**ROTATED),
        PhysicalResourceId=first["PhysicalResourceId"],
        OldResourceProperties=stage.properties(),
    )
    answer = stage.deliver(event)
    stands(stage, "UPDATE_COMPLETE", answer["PhysicalResourceId"])
    assert stage.deliver(event) == answer
    assert ids(stage) == {first["PhysicalResourceId"], answer["PhysicalResourceId"]}


def test_a_registration_whose_answer_is_lost_is_found_by_the_conflict(stage: Stage) -> None:
    """F25, F37: a replacement, from a service that remembers no token: what holds the device token is ours."""
    stage.backend.switches.change({"token_memory": "none", "new_endpoint_in_first_list": False})
    first = stage.create()
    stage.backend.faults.append(Fault(REGISTER, when="after", error="ServiceFailureException"))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert answer["Status"] == "SUCCESS"
    assert ids(stage) == {first["PhysicalResourceId"], answer["PhysicalResourceId"]}
    assert {endpoint.name for endpoint in stage.registered} == {"canary phone"}


def test_a_replacement_may_adopt_what_holds_its_device_token(stage: Stage) -> None:
    """F27: with AdoptExisting; it is named as declared."""
    first = stage.create()
    theirs = stage.stranger("canary-token-b")
    new = stage.properties(**ROTATED, AdoptExisting="true")
    answer = stage.update(first["PhysicalResourceId"], new, stage.properties())
    assert answer["Data"]["EndpointId"] == theirs.endpoint_id
    assert theirs.name == "canary phone"
    assert stage.operations.count("Update") == 1


def test_what_was_adopted_is_not_marked_where_nobody_accepts_the_answer(stage: Stage) -> None:
    """F27, F61: the mark would have the rollback remove it, and it is not ours to remove."""
    first = stage.create()
    theirs = stage.stranger("canary-token-b")
    new = stage.properties(**ROTATED, AdoptExisting="true")
    stage.sink.refuses = True
    with pytest.raises(AnswerNotAcceptedError):
        stage.update(first["PhysicalResourceId"], new, stage.properties())
    stage.sink.refuses = False
    assert theirs.name == "canary phone"
    stage.update(first["PhysicalResourceId"], stage.properties(), new)
    assert tokens(stage) == {"canary-token-a", "canary-token-b"}


@pytest.mark.parametrize(
    ("change", "different"),
    [
        ({"Type": "APNS_SANDBOX"}, "another Type, which"),
        ({"ResourceArn": OTHER_APPLICATION}, "another ResourceArn, which"),
        (
            {"EndpointAttributes": {"DeviceToken": "canary-token-c", "VoipDeviceToken": "canary-token-b"}},
            "another DeviceToken and another VoipDeviceToken, which",
        ),
    ],
    ids=lambda each: next(iter(each)) if isinstance(each, dict) else "",
)
def test_what_differs_is_not_adopted_and_the_difference_is_named(
    stage: Stage, change: dict[str, Any], different: str
) -> None:
    """F27: what cannot be changed; it stays as it is."""
    theirs = stage.stranger("canary-token-b")
    before = vars(theirs).copy()
    answer = stage.create(stage.properties(**(ROTATED | change), AdoptExisting="true"))
    assert answer["Status"] == "FAILED"
    assert different in answer["Reason"]
    assert [vars(each) | {"listed": True} for each in stage.registered] == [before | {"listed": True}]


def test_an_inactive_endpoint_that_stays_is_warned_of(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """F35: adopting it or keeping it succeeds, and nothing will be pushed to it."""
    theirs = stage.stranger()
    theirs.status, theirs.status_reason = "INACTIVE", "INVALID_DEVICE_TOKEN"
    assert stage.create(stage.properties(AdoptExisting="true"))["Status"] == "SUCCESS"
    assert f"Endpoint {theirs.endpoint_id} is INACTIVE (INVALID_DEVICE_TOKEN)" in caplog.text


def test_a_create_without_time_for_its_call_has_done_nothing(stage: Stage) -> None:
    """F42: the Delete that follows has nothing to look for."""
    answer = stage.deliver(stage.event("Create", stage.properties()), seconds=0.5)
    assert answer["PhysicalResourceId"].startswith("not-applied/")
    calls = len(stage.backend.calls)
    stage.delete(answer["PhysicalResourceId"])
    assert len(stage.backend.calls) == calls


def test_the_rollback_of_an_unanswered_move_succeeds_where_that_identity_is_gone(stage: Stage) -> None:
    """F33, F61: its tags went with it."""
    instance = stage.user.split("/user/")[0]
    bob = stage.backend.create_app_instance_user(app_instance_arn=instance, app_instance_user_id="bob", name="Bob")
    old = {"ResourceARN": stage.user, "Tags": [{"Key": "team", "Value": "chat"}]}
    stage.create(old, ResourceType=TAGS_TYPE)
    stage.backend.delete_app_instance_user(app_instance_user_arn=bob)
    answer = stage.update(f"{stage.user}/tags", old, old | {"ResourceARN": bob}, ResourceType=TAGS_TYPE)
    assert answer["Status"] == "SUCCESS"


@pytest.mark.parametrize("memory", ["for_ever", "none"])
def test_a_replacement_whose_registration_never_answers_leaves_nothing(stage: Stage, memory: str) -> None:
    """F25, F61: each attempt took effect; what they left is removed before the failure is told."""
    stage.backend.switches.change({"token_memory": memory, "device_token_conflict": "none"})
    first = stage.create()
    stage.backend.faults.append(Fault(REGISTER, when="after", error="ServiceFailureException", times=None))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", first["PhysicalResourceId"])
    assert ids(stage) == {first["PhysicalResourceId"]}


def test_a_replacement_that_is_refused_for_ever_tells_the_conflict(stage: Stage) -> None:
    """F27: our own strays of earlier attempts are removed, three times at the most."""
    first = stage.create()
    stage.backend.faults.append(Fault(REGISTER, error="ConflictException", times=None))

    def leave_a_stray() -> None:
        stage.stranger("canary-token-b", name=MARKED, resource_arn=OTHER_APPLICATION)

    stage.backend.faults.insert(0, Fault(REGISTER, call=leave_a_stray, times=None))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert answer["Status"] == "FAILED"
    assert "ConflictException" in answer["Reason"]
    assert stage.operations.count("Register") == 4  # with the Create's


@pytest.mark.parametrize("refused", [DESCRIBE, LIST])
def test_a_delivery_that_fails_removes_what_an_earlier_one_has_named(stage: Stage, refused: str) -> None:
    """F36, F61: named, killed before its answer, then refused: the rollback could not recognise it, and List lags."""
    stage.backend.switches.change({"new_endpoint_in_first_list": False})
    first = stage.create()
    stage.clock.sleep(600)
    stage.sent()
    event = stage.event(
        "Update",
        stage.properties(**ROTATED),
        PhysicalResourceId=first["PhysicalResourceId"],
        OldResourceProperties=stage.properties(),
    )
    stage.sink.refuses = True
    stage.backend.faults.append(Fault(UPDATE, error="BadRequestException", nth=2))
    with pytest.raises(AnswerNotAcceptedError):
        stage.run(event)
    stage.sink.refuses = False
    stage.clock.sleep(60)
    stands(stage, "UPDATE_IN_PROGRESS", first["PhysicalResourceId"], ago=1000)
    stage.backend.faults[:] = [Fault.deny(refused, times=1)]
    answer = stage.deliver(event)
    assert answer["Status"] == "FAILED"
    assert ids(stage) == {first["PhysicalResourceId"]}


@pytest.mark.parametrize("name", ["canary phone", None])
def test_a_delivery_that_fails_leaves_alone_what_nobody_can_judge(stage: Stage, name: str | None) -> None:
    """F61: CloudFormation cannot be asked, or the mark will tell: the rollback's Update recognises it."""
    old, new = stage.properties(Name=name), stage.properties(Name=name, **ROTATED)
    first = stage.create(old)
    stage.clock.sleep(600)
    stage.sent()
    event = stage.event("Update", new, PhysicalResourceId=first["PhysicalResourceId"], OldResourceProperties=old)
    stage.sink.refuses = True
    with pytest.raises(AnswerNotAcceptedError):
        stage.run(event)
    stage.sink.refuses = False
    stage.clock.sleep(60)
    stage.backend.faults.append(Fault.deny(DESCRIBE, times=1))
    assert stage.deliver(event)["Status"] == "FAILED"
    assert tokens(stage) == {"canary-token-a", "canary-token-b"}
    assert stage.update(first["PhysicalResourceId"], old, new)["Status"] == "SUCCESS"
    assert ids(stage) == {first["PhysicalResourceId"]}


def test_an_own_attempt_that_cannot_be_named_stays_marked(stage: Stage) -> None:
    """F61: a second delivery finds what the first one registered, and the service refuses to rename it."""
    first = stage.create()
    stage.sent()
    event = stage.event(
        "Update",
        stage.properties(**ROTATED),
        PhysicalResourceId=first["PhysicalResourceId"],
        OldResourceProperties=stage.properties(),
    )
    stage.sink.refuses = True
    with pytest.raises(AnswerNotAcceptedError):
        stage.run(event)
    stage.sink.refuses = False
    stage.backend.faults.append(Fault.deny(UPDATE))
    answer = stage.deliver(event)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", first["PhysicalResourceId"])
    assert {endpoint.name for endpoint in stage.registered} == {"canary phone", MARKED}


def test_a_replacement_is_withdrawn_where_a_newer_operation_has_begun(stage: Stage) -> None:
    """F44: CloudFormation holds another id by now; it has not given the resource up."""
    first = stage.create()
    stage.sent()
    stage.backend.faults.append(
        Fault(UPDATE, when="after", call=lambda: stands(stage, "UPDATE_IN_PROGRESS", f"{stage.user}/endpoint/newer"))
    )
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert answer["Status"] == "FAILED"
    assert ids(stage) == {first["PhysicalResourceId"]}


def test_a_conflict_with_little_time_left_is_told_without_a_second_look(stage: Stage) -> None:
    """F42: another user's endpoint holds the token; where there is time, List is asked three times over."""
    stage.backend.switches.change({"device_token_conflict": "app_instance"})
    instance = stage.user.split("/user/")[0]
    bob = stage.backend.create_app_instance_user(app_instance_arn=instance, app_instance_user_id="bob", name="Bob")
    stage.stranger(app_instance_user_arn=bob)
    for seconds, lists in ((1.6, 2), (120.0, 6)):
        calls = len(stage.backend.calls)
        answer = stage.deliver(stage.event("Create", stage.properties()), seconds=seconds)
        assert "another user's endpoint holds it" in answer["Reason"]
        assert stage.operations[calls:] == ["Register", *["List"] * lists]


def test_a_mark_that_cannot_be_set_is_told(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """F52, F61: nobody accepted the answer, and the service refuses the name: the log says so."""
    first = stage.create()
    stage.sink.refuses = True
    stage.backend.faults.append(Fault(UPDATE, error="BadRequestException", nth=2))
    with pytest.raises(AnswerNotAcceptedError):
        stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert "Update of Phone: CE-518: The endpoint could not be marked" in caplog.text


@pytest.mark.parametrize(
    "declared",
    [
        {"Type": "of an older schema"},
        {"EndpointAttributes": {"DeviceTokenSource": {"ParameterName": "/missing"}}},
    ],
    ids=["invalid today", "source is gone"],
)
def test_an_unanswered_create_is_reclaimed_by_its_name_alone_where_the_rest_cannot_be_told(
    stage: Stage, declared: dict[str, Any]
) -> None:
    """F21, F23, F57: what bears the mark is ours; what bears a declared name may be anybody's."""
    stage.stranger("canary-token-c", name="canary phone")
    stage.stranger("canary-token-b", name=MARKED)
    assert stage.delete("chat-Phone-1X2Y3Z", stage.properties(**declared))["Status"] == "SUCCESS"
    assert tokens(stage) == {"canary-token-c"}


def vanish(stage: Stage, token: str) -> None:
    """Somebody deregisters what holds a device token."""
    for endpoint in stage.registered:
        if endpoint.device_token == token:
            del stage.backend.endpoints[endpoint.endpoint_id]


@pytest.mark.parametrize("missing", ["forbidden", "success"])
def test_what_vanishes_between_list_and_describe_is_passed_over(stage: Stage, missing: str) -> None:
    """F34: it held the device token a moment ago; then the registration succeeds."""
    stage.backend.switches.change({"missing_endpoint": missing})
    first = stage.create()
    stage.stranger("canary-token-b", name="canary phone")
    stage.backend.faults.append(Fault(DESCRIBE, call=lambda: vanish(stage, "canary-token-b"), nth=2))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert answer["Status"] == "SUCCESS"
    assert ids(stage) == {first["PhysicalResourceId"], answer["PhysicalResourceId"]}


@pytest.mark.parametrize("nth", [1, 2], ids=["the current one", "another"])
def test_what_may_not_be_described_and_is_there_fails(stage: Stage, nth: int) -> None:
    """F31, F34: List shows it, so that nothing may be registered beside it."""
    first = stage.create()
    stage.stranger("canary-token-b", name="canary phone")
    before = ids(stage)
    stage.backend.faults.append(Fault(DESCRIBE, error="ForbiddenException", nth=nth))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", first["PhysicalResourceId"])
    assert "DescribeAppInstanceUserEndpoint of endpoint" in answer["Reason"]
    assert ids(stage) == before


@pytest.mark.parametrize("nth", [1, 2], ids=["the current one", "another"])
def test_an_empty_description_of_what_is_there_is_asked_for_again(stage: Stage, nth: int) -> None:
    """F26: an answer lost its content on the way once, and List shows the endpoint."""
    first = stage.create()
    stage.stranger("canary-token-c", name="canary phone")
    before = ids(stage)
    stage.backend.faults.append(Fault(DESCRIBE, when="after", answer="empty", nth=nth))  # type: ignore[arg-type] # its word
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert answer["Status"] == "SUCCESS"
    assert ids(stage) - before == {answer["PhysicalResourceId"]}
    assert not stage.backend.faults


@pytest.mark.parametrize("nth", [1, 2], ids=["the current one", "another"])
def test_an_empty_description_of_what_is_there_is_unclear(stage: Stage, nth: int) -> None:
    """F26: answers without content for ever, and List shows the endpoint."""
    first = stage.create()
    stage.stranger("canary-token-c", name="canary phone")
    before = ids(stage)
    empty = Fault(DESCRIBE, when="after", answer="empty", nth=nth, times=None)  # type: ignore[arg-type] # its word
    stage.backend.faults.append(empty)
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("CE-514: DescribeAppInstanceUserEndpoint of endpoint ")
    assert ids(stage) == before


def test_what_vanishes_while_it_is_named_is_told(stage: Stage) -> None:
    """F34: the replacement was registered, and somebody deregistered it before it had its name."""
    first = stage.create()
    stage.backend.faults.append(Fault(UPDATE, call=lambda: vanish(stage, "canary-token-b")))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("CE-416: ")
    assert ids(stage) == {first["PhysicalResourceId"]}


def test_a_change_that_is_never_confirmed_fails(stage: Stage) -> None:
    """F26: three answers without content, and List shows the endpoint."""
    first = stage.create()
    stage.backend.faults.append(Fault(UPDATE, answer="empty", times=None))  # type: ignore[arg-type] # its word
    answer = stage.update(first["PhysicalResourceId"], stage.properties(Name="new"), stage.properties())
    assert (answer["Status"], stage.operations.count("Update")) == ("FAILED", 3)
    assert stage.registered[0].name == "canary phone"


def test_a_change_that_is_not_confirmed_of_what_is_gone_registers_it_again(stage: Stage) -> None:
    """F34: success for an endpoint that does not exist, with an answer that does not name it."""
    first = stage.create()
    stage.backend.endpoints.clear()
    stage.backend.faults.append(Fault(UPDATE, answer="empty", times=None))  # type: ignore[arg-type] # its word
    answer = stage.update(first["PhysicalResourceId"], stage.properties(Name=None), stage.properties())
    assert answer["Status"] == "SUCCESS"
    assert ids(stage) == {answer["PhysicalResourceId"]}


def test_a_stranger_of_another_messages_setting_is_not_taken_for_an_own_attempt(stage: Stage) -> None:
    """F27: it equals the declaration but in one member."""
    first = stage.create()
    theirs = stage.stranger("canary-token-b", name="canary phone", allow_messages="NONE")
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert answer["Status"] == "FAILED"
    assert theirs.endpoint_id in answer["Reason"]


def test_the_former_declaration_is_not_needed_where_its_source_is_gone(stage: Stage) -> None:
    """F23, F34: what vanished is registered anew, and what holds the token is somebody else's."""
    old = stage.properties(EndpointAttributes={"DeviceTokenSource": {"ParameterName": "/missing"}})
    first = stage.create()
    stage.backend.endpoints.clear()
    theirs = stage.stranger(name="canary phone", resource_arn=OTHER_APPLICATION)
    answer = stage.update(first["PhysicalResourceId"], stage.properties(), old)
    assert answer["Status"] == "FAILED"
    assert theirs.endpoint_id in answer["Reason"]


def test_a_former_user_whose_endpoints_cannot_be_listed_fails_the_move(stage: Stage) -> None:
    """F25: for want of an answer, not of a user: what an attempt left there could not be told."""
    instance = stage.user.split("/user/")[0]
    bob = stage.backend.create_app_instance_user(app_instance_arn=instance, app_instance_user_id="bob", name="Bob")
    first = stage.create()
    stage.backend.faults.append(Fault(LIST, error="ServiceFailureException", nth=2, times=None))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(AppInstanceUserArn=bob), stage.properties())
    assert answer["Status"] == "FAILED"
    stage.backend.faults.clear()
    assert first["PhysicalResourceId"] in ids(stage)


def test_a_change_of_tags_from_what_cannot_be_read_sets_all_of_them(stage: Stage) -> None:
    """F18, F21: an older schema wrote it; nothing is removed that nobody can say was ours."""
    stage.backend.tags[stage.user] = {"theirs": "1"}
    new = {"ResourceARN": stage.user, "Tags": [{"Key": "team", "Value": "chat"}]}
    answer = stage.update(f"{stage.user}/tags", new, {"Tags": "of long ago"}, ResourceType=TAGS_TYPE)
    assert answer["Status"] == "SUCCESS"
    assert stage.backend.tags[stage.user] == {"theirs": "1", "team": "chat"}


@pytest.mark.parametrize("can_be_undone", [True, False])
def test_tags_of_another_identity_that_may_have_been_set_are_removed_again(
    stage: Stage, *, can_be_undone: bool
) -> None:
    """F39, F61: the Update fails with the id it has, and its rollback looks at that identity once more."""
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
    """F39, F56: the id says whether anything may have been left."""
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


def test_sams_own_variable_stays_as_it_is(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Crhelper is made to think that it runs in SAM's local mode, and only while it is made."""
    for value in ("theirs", None):
        if value is None:
            monkeypatch.delenv("AWS_SAM_LOCAL", raising=False)
        else:
            monkeypatch.setenv("AWS_SAM_LOCAL", value)
        stage.create()
        assert os.environ.get("AWS_SAM_LOCAL") == value


def test_a_voip_token_that_is_no_longer_declared_replaces_the_endpoint(stage: Stage) -> None:
    """F69: what was registered with both tokens is another endpoint than one with the first alone."""
    both = stage.properties(EndpointAttributes={"DeviceToken": "canary-token-a", "VoipDeviceToken": "canary-voip"})
    first = stage.create(both)
    answer = stage.update(first["PhysicalResourceId"], stage.properties(), both)
    assert (answer["Status"], answer["PhysicalResourceId"] != first["PhysicalResourceId"]) == ("SUCCESS", True)
    assert [endpoint.voip_device_token for endpoint in stage.registered] == [None]
