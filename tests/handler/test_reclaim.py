"""Deletes after an unanswered Create remove what it registered, and nothing of others."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from chime_endpoints_emulator import Endpoint, Fault
from chime_endpoints_handler.model.physical_id import suffix
from support.anomalies import (
    DESCRIBE,
    LIST,
    MARKED,
    REGISTER,
    rotation,
    stands,
    tokens,
    unanswered,
    unanswered_create,
    unheard,
)
from support.stage import STACK_ID, Stage

INVENTED = "chat-Phone-1X2Y3Z4ABCDE"
"""An ID that CloudFormation makes up for a Create without a response."""
LEFT_ALONE = "CE-418: Endpoint {} matches the declaration, but nothing proves that this resource registered it"


def equal(stage: Stage, **members: Any) -> Endpoint:
    """An endpoint that someone else registers, equal to the declaration in every member."""
    return stage.stranger(name="canary phone", **members)


def reclaim(stage: Stage, physical_id: str = INVENTED, **changes: Any) -> None:
    """A Delete that CloudFormation sends now."""
    stage.stack.happens("DELETE_IN_PROGRESS", physical_id)
    assert stage.delete(physical_id, stage.properties(**changes))["Status"] == "SUCCESS"


@pytest.fixture(params=["user", "none"])
def any_conflict(stage: Stage, request: pytest.FixtureRequest) -> None:
    """Whether two endpoints of a user may have the same device token."""
    stage.backend.switches.change({"device_token_conflict": request.param})


@pytest.mark.parametrize("name", ["canary phone", None])
@pytest.mark.parametrize("first_list", [True, False])
def test_what_an_unanswered_create_registered_is_removed(stage: Stage, name: str | None, *, first_list: bool) -> None:
    """F57: a Delete with an ID that CloudFormation made up finds the endpoint without a wait."""
    stage.backend.switches.new_endpoint_in_first_list = first_list
    unanswered_create(stage, stage.properties(Name=name))
    theirs = stage.stranger("canary-token-b", name="canary phone")
    stage.clock.sleep(900)
    began = stage.clock.now()
    reclaim(stage, Name=name)
    assert stage.clock.now() == began
    assert [endpoint.endpoint_id for endpoint in stage.registered] == [theirs.endpoint_id]


@pytest.mark.parametrize("older_by", [0.1, 1, 4, 5, 6, 600, 3500, 7200])
@pytest.mark.parametrize("wire", ["seconds", "milliseconds"])
def test_what_is_older_than_the_create_is_a_strangers_whatever_it_equals(
    stage: Stage, older_by: float, wire: str
) -> None:
    """F27, F57: an endpoint older than the Create is kept even if it is equal; the Create's own is removed."""
    stage.backend.switches.change({"device_token_conflict": "none", "timestamps": wire})
    theirs = equal(stage)
    stage.clock.sleep(older_by)
    unanswered_create(stage)
    assert len(stage.registered) == 2
    stage.clock.sleep(900)
    reclaim(stage)
    assert stage.registered == [theirs]


@pytest.mark.parametrize("kind", ["Foreign", "Unconfirmed"])
@pytest.mark.parametrize("older_by", [1, 600])
def test_a_failed_create_leaves_a_strangers_equal_endpoint_alone(stage: Stage, kind: str, older_by: float) -> None:
    """F27, F56: the Delete of a failed Create keeps an equal endpoint of someone else, under any ID."""
    theirs = equal(stage)
    stage.clock.sleep(older_by)
    stage.stack.happens("CREATE_IN_PROGRESS", "")
    stage.backend.faults.append(Fault(REGISTER, error="ServiceFailureException", times=None))
    failed = stage.create()["PhysicalResourceId"]
    assert failed.startswith("unconfirmed/")
    stage.backend.faults.clear()
    reclaim(stage, failed if kind == "Unconfirmed" else INVENTED)
    assert stage.registered == [theirs]


def test_an_id_of_an_earlier_release_spares_what_is_older_than_its_create(stage: Stage) -> None:
    """F27, F70: if the ID is from an earlier release, the Delete keeps what is older than the Create."""
    hour_ago = int(stage.clock.now())
    theirs = equal(stage)
    stage.clock.sleep(3600)
    stage.stack.happens("CREATE_IN_PROGRESS", "")
    reclaim(stage, f"unconfirmed/{suffix(STACK_ID, 'Phone')}/{hour_ago}")
    assert stage.registered == [theirs]


@pytest.mark.parametrize("asking", ["denied", "throttled", "failing", "hanging", "no events", "no Create", "no time"])
def test_an_equal_endpoint_stays_and_is_reported_if_cloudformation_cannot_be_asked(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, asking: str
) -> None:
    """F57, F63: if CloudFormation cannot be asked, an equal endpoint is kept and an error is logged."""
    stage.backend.switches.change({"device_token_conflict": "none"})
    unanswered_create(stage)
    marked = stage.stranger("canary-token-b", name=MARKED)
    stage.stack.events = {
        "denied": None,
        "no events": [],
        "no Create": [each for each in stage.stack.events or [] if each["ResourceStatus"] != "CREATE_IN_PROGRESS"],
        "no time": [{**each, "Timestamp": None} for each in stage.stack.events or []],
    }.get(asking, stage.stack.events)
    failing(stage, monkeypatch, asking)
    began = stage.clock.now()
    assert stage.delete(INVENTED)["Status"] == "SUCCESS"
    assert stage.clock.now() - began < 30
    (left,) = stage.registered
    assert marked not in stage.registered
    (told,) = [each for each in caplog.records if "CE-418" in each.getMessage()]
    assert told.levelname == "ERROR"
    assert LEFT_ALONE.format(left.endpoint_id) in told.getMessage()
    assert "canary" not in caplog.text


def failing(stage: Stage, monkeypatch: pytest.MonkeyPatch, asking: str) -> None:
    """Make CloudFormation's events fail for good."""
    codes = {"throttled": ("Throttling", 400), "failing": ("InternalFailure", 500)}

    def describe_stack_events(**_: str) -> dict[str, Any]:
        if asking == "hanging":
            stage.clock.sleep(5)
            raise TimeoutError
        code, status = codes[asking]
        error = {"Error": {"Code": code, "Message": "canary"}, "ResponseMetadata": {"HTTPStatusCode": status}}
        raise ClientError(error, "DescribeStackEvents")

    if asking in ("throttled", "failing", "hanging"):
        monkeypatch.setattr(stage.stack, "describe_stack_events", describe_stack_events)


@pytest.mark.parametrize("created", [None, "canary: not a time"])
def test_what_does_not_say_when_it_was_registered_stays_and_is_reported(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, created: object
) -> None:
    """F26, F57: if an endpoint has no registration time, it is kept and reported."""
    unanswered_create(stage)
    shown = stage.clients.chime("us-east-1")
    describe = shown.describe_app_instance_user_endpoint

    def without_time(**parameters: str) -> dict[str, Any]:
        answer: dict[str, Any] = describe(**parameters)
        answer["AppInstanceUserEndpoint"]["CreatedTimestamp"] = created
        return answer

    monkeypatch.setattr(shown, "describe_app_instance_user_endpoint", without_time)
    reclaim(stage)
    assert len(stage.registered) == 1
    assert "CE-418" in caplog.text


def test_a_much_older_endpoint_is_not_reported(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """F57: an equal endpoint is reported if it is seconds older than the Create, but not an hour older."""
    stage.backend.switches.change({"device_token_conflict": "none"})
    equal(stage)
    stage.clock.sleep(3600)
    near = equal(stage)
    stage.clock.sleep(3)
    stage.stack.happens("CREATE_IN_PROGRESS", "")
    reclaim(stage)
    assert len(stage.registered) == 2
    (told,) = [each for each in caplog.messages if "CE-418" in each]
    told_of = LEFT_ALONE.format(near.endpoint_id)
    assert told == f"Delete of Phone: {told_of}, so it stays registered. Deregister it if nothing uses it."


def test_cloudformation_is_not_asked_if_no_endpoint_equals_the_declaration(stage: Stage) -> None:
    """CloudFormation is not asked if no endpoint equals the declaration, even if one has our name."""
    unanswered_create(stage, stage.properties(Name=None))
    reclaim(stage, Name=None)
    reclaim(stage)
    assert stage.registered == []
    assert stage.stack.asked_for_rollback == []


def lives(stage: Stage, *, times: int) -> None:
    """Add and remove the resource this often, each time under a new ID, with other resources beside it."""
    for number in range(times):
        stage.stack.happens("UPDATE_IN_PROGRESS", STACK_ID, to="chat")
        for status in ("CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"):
            stage.stack.happens(status, f"held-{number}")
            stage.stack.happens(status, "tablet", to="Tablet")
        stage.stack.happens("UPDATE_COMPLETE", STACK_ID, to="chat")
        stage.clock.sleep(60)
        stage.stack.happens("UPDATE_IN_PROGRESS", STACK_ID, to="chat")
        stage.stack.happens("DELETE_IN_PROGRESS", f"held-{number}")
        stage.stack.happens("DELETE_COMPLETE", f"held-{number}")
        stage.stack.happens("UPDATE_COMPLETE", STACK_ID, to="chat")
        stage.clock.sleep(60)


@pytest.mark.usefixtures("any_conflict")
def test_the_create_that_counts_is_that_of_the_life_that_ends(stage: Stage) -> None:
    """F67: if the logical ID was used before, a Delete removes only what the last Create registered."""
    lives(stage, times=3)
    theirs = equal(stage)
    stage.clock.sleep(60)
    stage.stack.happens("UPDATE_IN_PROGRESS", STACK_ID, to="chat")
    stage.stack.happens("CREATE_IN_PROGRESS", "")
    stage.clock.sleep(900)
    stage.stack.happens("CREATE_FAILED", INVENTED)
    stage.stack.happens("UPDATE_ROLLBACK_IN_PROGRESS", STACK_ID, to="chat")
    reclaim(stage)
    assert stage.registered == [theirs]
    assert len(stage.stack.asked_for_rollback) <= 2, "read back to the beginning of the operation, and no further"


def test_a_late_delete_looks_back_to_the_create_of_its_own_life(stage: Stage) -> None:
    """F43, F67: if the logical ID is in use again, a late Delete removes only what its own Create registered."""
    unanswered_create(stage)
    stage.clock.sleep(900)
    stage.stack.happens("DELETE_IN_PROGRESS", INVENTED)
    stage.clock.sleep(60)
    lives(stage, times=3)
    assert stage.delete(INVENTED)["Status"] == "SUCCESS"
    assert stage.registered == []


def test_the_second_event_of_a_create_is_not_taken_for_its_beginning(stage: Stage) -> None:
    """F57: a Create begins with its first event, not with the one that records the physical ID."""
    stage.stack.happens("CREATE_IN_PROGRESS", STACK_ID, to="chat")
    unanswered_create(stage)
    stage.clock.sleep(60)
    stage.stack.happens("ROLLBACK_IN_PROGRESS", STACK_ID, to="chat")
    stage.stack.happens("CREATE_IN_PROGRESS", INVENTED)
    stage.stack.happens("CREATE_FAILED", INVENTED)
    reclaim(stage)
    assert stage.registered == []


def test_a_stack_that_is_deleted_after_its_rollback_spares_what_was_registered_between(stage: Stage) -> None:
    """F57, F65: a stack's Delete keeps endpoints that others registered after its rollback."""
    stage.stack.happens("CREATE_IN_PROGRESS", STACK_ID, to="chat")
    theirs = equal(stage)
    stage.clock.sleep(1)
    stage.stack.happens("CREATE_IN_PROGRESS", "")
    for status, of in (("CREATE_FAILED", INVENTED), ("ROLLBACK_IN_PROGRESS", STACK_ID)):
        stage.stack.happens(status, of, to="chat" if of == STACK_ID else "Phone")
    stage.stack.happens("DELETE_IN_PROGRESS", INVENTED)
    stage.stack.happens("DELETE_FAILED", INVENTED)
    stage.stack.happens("ROLLBACK_FAILED", STACK_ID, to="chat")
    stage.clock.sleep(86_400)
    stage.stack.happens("DELETE_IN_PROGRESS", STACK_ID, to="chat")
    reclaim(stage)
    assert stage.registered == [theirs]


@pytest.mark.parametrize("status", ["CREATE_COMPLETE", "UPDATE_COMPLETE"])
def test_a_create_that_was_answered_has_left_nothing(stage: Stage, status: str) -> None:
    """F20: if the Create was answered with another program's ID, the Delete removes no equal endpoint."""
    stage.stack.happens("CREATE_IN_PROGRESS", "")
    stage.stack.happens(status, "None")
    stage.clock.sleep(60)
    theirs = equal(stage)
    stage.clock.sleep(60)
    reclaim(stage, "None")
    assert stage.registered == [theirs]


def test_a_delete_that_is_delivered_hours_later_removes_what_its_create_left(stage: Stage) -> None:
    """F43, F57: a Delete that arrives hours late uses CloudFormation's time of the Create."""
    unanswered_create(stage)
    stands(stage, "DELETE_IN_PROGRESS", INVENTED)
    stage.stack.happens("DELETE_IN_PROGRESS", INVENTED)
    stage.clock.sleep(4 * 3600)
    stage.delete(INVENTED)
    assert stage.registered == []


@pytest.mark.parametrize("name", ["canary phone", None])
@pytest.mark.parametrize("times", [1, 2])
def test_a_refusal_does_not_say_that_an_unanswered_create_left_nothing(
    stage: Stage, times: int, name: str | None
) -> None:
    """F31, F57: if the service refuses to list a user, the Delete asks again a second later."""
    unanswered_create(stage, stage.properties(Name=name))
    stage.backend.faults.append(Fault(LIST, error="ForbiddenException", status=403, times=times))
    reclaim(stage, Name=name)
    assert stage.registered == []


@pytest.mark.parametrize("operation", [LIST, DESCRIBE])
def test_a_denial_does_not_say_that_an_unanswered_create_left_nothing(stage: Stage, operation: str) -> None:
    """F31, F57: if access is denied, the Delete fails and names the permission."""
    unanswered_create(stage)
    stage.backend.faults.append(Fault.deny(operation))
    answer = stage.delete(INVENTED)
    assert answer["Status"] == "FAILED"
    assert f"chime:{operation}" in answer["Reason"]
    assert len(stage.registered) == 1


@pytest.mark.parametrize(
    "declared",
    [
        {"Type": "of an older schema"},
        {"EndpointAttributes": {"DeviceTokenSource": {"ParameterName": "/missing"}}},
    ],
    ids=["invalid today", "source is gone"],
)
def test_if_the_declaration_cannot_be_read_only_the_name_counts(stage: Stage, declared: dict[str, Any]) -> None:
    """F21, F23, F57: if the declaration cannot be read, only an endpoint with our generated name is removed."""
    stage.stranger("canary-token-c", name="canary phone")
    stage.stranger("canary-token-b", name=MARKED)
    reclaim(stage, **declared)
    assert tokens(stage) == {"canary-token-c"}


def test_what_was_registered_with_what_is_no_device_token_is_removed(stage: Stage) -> None:
    """F57: a Delete does not judge the device token, which an earlier release may have registered."""
    stage.stack.happens("CREATE_IN_PROGRESS", "")
    stage.stranger("arn:aws:canary", name="canary phone")
    reclaim(stage, EndpointAttributes={"DeviceToken": "arn:aws:canary"})
    assert not stage.registered


def test_a_create_that_is_still_at_work_is_waited_for(stage: Stage) -> None:
    """F44, F57: a Delete waits for a Create that still runs and registers late."""
    stage.backend.faults.append(Fault(LIST, when="after", nth=2, call=lambda: stage.stranger(name=MARKED)))
    reclaim(stage)
    assert not stage.registered


def test_what_bears_our_name_is_removed_beside_what_is_as_declared(stage: Stage) -> None:
    """F57, F61: a Delete removes both an unanswered Create's endpoint and one left by a replacement."""
    unanswered_create(stage)
    stage.stranger("canary-token-b", name=MARKED)
    reclaim(stage)
    assert not stage.registered


@pytest.mark.parametrize("older_by", [1, 600])
def test_a_stale_create_spares_a_strangers_equal_endpoint(stage: Stage, older_by: float) -> None:
    """F27, F44: a late Create removes what its first delivery registered, and no equal endpoint of someone else."""
    stage.backend.switches.change({"device_token_conflict": "none"})
    theirs = equal(stage)
    stage.clock.sleep(older_by)
    stage.sent()
    event = stage.event("Create", stage.properties())
    unheard(stage, event)
    stands(stage, "DELETE_COMPLETE")
    assert stage.deliver(event)["Status"] == "FAILED"
    assert stage.registered == [theirs]


@pytest.mark.parametrize("name", ["canary phone", None])
def test_a_late_delete_spares_what_replaces_the_endpoint_of_a_resource_that_lives_on(
    stage: Stage, name: str | None
) -> None:
    """F27, F43: a late Delete keeps the replacement if the resource still exists under another ID."""
    first = stage.create(stage.properties(Name=name))
    unanswered(stage, rotation(stage, first, name=name))
    assert len(stage.registered) == 2
    stands(stage, "UPDATE_IN_PROGRESS", first["PhysicalResourceId"])
    reclaim(stage, Name=name)
    assert len(stage.registered) == 2


def test_a_create_that_fails_reports_what_may_be_from_it(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """F25, F27: an equal endpoint from about the time at which the Create began stays, and the log reports it."""
    stage.backend.switches.change({"device_token_conflict": "none"})
    theirs = stage.stranger(name="canary phone")
    stage.clock.sleep(1)
    stage.sent()
    stage.backend.faults.append(Fault(REGISTER, error="ServiceFailureException", times=None))
    assert stage.create()["Status"] == "FAILED"
    assert stage.registered == [theirs]
    assert LEFT_ALONE.format(theirs.endpoint_id) in caplog.text
