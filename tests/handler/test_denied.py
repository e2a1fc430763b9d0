"""The function retries a call that IAM denies for a minute, because a new permission is slow, then names it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chime_endpoints_emulator import Fault
from chime_endpoints_handler.model.declaration import TAGS_TYPE
from chime_endpoints_handler.model.physical_id import suffix
from support.anomalies import DEREGISTER, DESCRIBE, LIST, REGISTER, ROTATED, UPDATE, second_user
from support.refusing import Refusing
from support.stage import STACK_ID, Stage

TAG, UNTAG, LIST_TAGS = "TagResource", "UntagResource", "ListTagsForResource"


def create(stage: Stage) -> dict[str, Any]:
    """Send a Create."""
    return stage.create()


def rename(stage: Stage) -> dict[str, Any]:
    """Send an Update in place."""
    return stage.update(held(stage), stage.properties(Name="new"), stage.properties())


def replace(stage: Stage) -> dict[str, Any]:
    """Send an Update that replaces the endpoint."""
    return stage.update(held(stage), stage.properties(**ROTATED), stage.properties())


def delete(stage: Stage) -> dict[str, Any]:
    """Send a Delete."""
    return stage.delete(held(stage))


def tag(stage: Stage) -> dict[str, Any]:
    """Set tags."""
    return stage.create(tags(stage, "chat"), ResourceType=TAGS_TYPE)


def untag(stage: Stage) -> dict[str, Any]:
    """Remove tags."""
    return stage.delete(f"{stage.user}/tags", tags(stage, "chat"), ResourceType=TAGS_TYPE)


def held(stage: Stage) -> str:
    """Return the ID of the endpoint."""
    return f"{stage.user}/endpoint/{stage.registered[0].endpoint_id}"


def tags(stage: Stage, value: str) -> dict[str, Any]:
    """Return declared tags."""
    return {"ResourceARN": stage.user, "Tags": [{"Key": "team", "Value": value}]}


CALLS = [
    (create, REGISTER),
    (rename, UPDATE),
    (replace, DESCRIBE),
    (replace, LIST),
    (replace, REGISTER),
    (replace, UPDATE),
    (delete, DEREGISTER),
    (tag, TAG),
    (untag, LIST_TAGS),
    (untag, UNTAG),
]
EACH_CALL = pytest.mark.parametrize(("deliver", "operation"), CALLS)


def is_there(stage: Stage, deliver: Callable[[Stage], dict[str, Any]]) -> None:
    """Create what the event is about."""
    if deliver is untag:
        tag(stage)
    elif deliver not in (create, tag):
        stage.create()


def allow_after(stage: Stage, operation: str, seconds: float, **said: Any) -> None:
    """Let IAM deny an operation for that many seconds."""
    end = stage.clock.now() + seconds
    denial = Fault.deny(operation) if not said else Fault(operation, times=None, **said)

    def look() -> None:
        if stage.clock.now() >= end and denial in stage.backend.faults:
            stage.backend.faults.remove(denial)

    stage.backend.faults += [Fault(operation, call=look, times=None), denial]


@EACH_CALL
@pytest.mark.parametrize("seconds", [16, 31, 60])
def test_a_permission_that_takes_effect_within_a_minute_is_waited_for(
    stage: Stage, deliver: Callable[[Stage], dict[str, Any]], operation: str, seconds: float
) -> None:
    """F30: the function retries a denied call of any event until the permission takes effect."""
    is_there(stage, deliver)
    allow_after(stage, operation, seconds)
    began = stage.clock.now()
    assert deliver(stage)["Status"] == "SUCCESS"
    assert seconds <= stage.clock.now() - began <= seconds + 8


@pytest.mark.parametrize("code", ["ForbiddenException", "BadRequestException", "AccessDenied", "KMSAccessDenied"])
def test_a_denial_is_recognised_by_iams_message(stage: Stage, code: str) -> None:
    """F30: IAM's message marks a denial, under a code of the service's own or under one that means a denial."""
    words = "" if "Denied" in code else "User: arn is not authorized to perform: chime:UpdateAppInstanceUserEndpoint"
    stage.create()
    allow_after(stage, UPDATE, 45, error=code, message=words)
    assert rename(stage)["Status"] == "SUCCESS"


@EACH_CALL
def test_a_missing_permission_is_named_after_a_minute(
    stage: Stage, deliver: Callable[[Stage], dict[str, Any]], operation: str
) -> None:
    """F30: the function makes few calls, with growing waits, and then names the permission."""
    is_there(stage, deliver)
    stage.backend.faults.append(Fault.deny(operation))
    began, calls = stage.clock.now(), len(stage.backend.calls)
    answer = deliver(stage)
    assert answer["Status"] == "FAILED"
    assert f"chime:{operation}" in answer["Reason"]
    assert 60 <= stage.clock.now() - began < 65
    assert len(stage.backend.calls) - calls < 25


@EACH_CALL
def test_the_services_own_refusal_is_no_denial(
    stage: Stage, deliver: Callable[[Stage], dict[str, Any]], operation: str
) -> None:
    """F30: the function gives up after seconds: the time that List may lag or a new permission may need."""
    is_there(stage, deliver)
    stage.backend.faults.append(Fault(operation, error="ForbiddenException", times=None))
    began = stage.clock.now()
    deliver(stage)
    assert stage.clock.now() - began < (20 if operation in (REGISTER, TAG) else 8)


@pytest.mark.parametrize("seconds", [3, 10, 30, 60, 120, 900])
@EACH_CALL
def test_an_answer_is_given_in_time_and_names_the_permission(
    stage: Stage, deliver: Callable[[Stage], dict[str, Any]], operation: str, seconds: float
) -> None:
    """F42: the response arrives in time and names the permission, however short the function's timeout is."""
    is_there(stage, deliver)
    stage.backend.faults.append(Fault.deny(operation))
    began = stage.clock.now()
    run = stage.run

    def limited(event: object, **_: Any) -> None:
        run(event, seconds=seconds)

    stage.run = limited  # type: ignore[method-assign] # limits the time of each event
    answer = deliver(stage)
    assert answer["Status"] == "FAILED"
    assert f"chime:{operation}" in answer["Reason"]
    took = stage.clock.now() - began
    assert min(60, seconds / 3) <= took <= min(65, seconds)


@pytest.mark.parametrize("seconds", [30, 120])
def test_a_move_does_not_wait_for_a_user_about_whom_the_role_may_no_longer_ask(stage: Stage, seconds: float) -> None:
    """F64: the move does not wait for the former user's permission, which was removed and will not come back."""
    bob, first = second_user(stage), stage.create()["PhysicalResourceId"]
    denied = {"error": "AccessDeniedException", "times": 2}
    stage.backend.faults += [Fault(DESCRIBE, **denied), Fault(LIST, error="AccessDeniedException")]  # type: ignore[arg-type] # the code of IAM
    began = stage.clock.now()
    event = stage.event(
        "Update",
        stage.properties(AppInstanceUserArn=bob),
        PhysicalResourceId=first,
        OldResourceProperties=stage.properties(),
    )
    assert stage.deliver(event, seconds=seconds)["Status"] == "SUCCESS"
    assert stage.clock.now() - began < 1


@pytest.mark.parametrize(
    "source",
    [{"SecretArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:push"}, {"ParameterName": "/push"}],
    ids=str,
)
@pytest.mark.parametrize("times", [11, None])
def test_a_device_tokens_source_is_waited_for(stage: Stage, source: dict[str, str], times: int | None) -> None:
    """F23, F30: the function retries a denied secret, parameter and key; a key's denial has the same code."""
    stage.clients = refusing = Refusing(stage, "AccessDeniedException", times=times)  # type: ignore[assignment] # in the place of the staged ones
    began = stage.clock.now()
    answer = stage.create(stage.properties(EndpointAttributes={"DeviceTokenSource": source}))
    assert (answer["Status"] == "SUCCESS") is (times is not None)
    assert 45 < stage.clock.now() - began < 65
    assert refusing.asked < 20


def test_a_delete_does_not_wait_for_a_device_tokens_source(stage: Stage) -> None:
    """F23, F31: a Delete does not wait until it may read a secret, and spares what it cannot recognize without it."""
    theirs = stage.stranger(name="canary phone")
    stage.clients = Refusing(stage, "AccessDeniedException", times=None)  # type: ignore[assignment] # in the place of the staged ones
    began = stage.clock.now()
    source = {"DeviceTokenSource": {"SecretArn": "push"}}
    unconfirmed = f"unconfirmed/{suffix(STACK_ID, 'Phone')}/{int(began) - 60}"
    assert stage.delete(unconfirmed, stage.properties(EndpointAttributes=source))["Status"] == "SUCCESS"
    assert stage.registered == [theirs]
    assert stage.clock.now() - began < 10


def test_two_permissions_may_take_their_time_one_after_the_other(stage: Stage) -> None:
    """F30: the function waits for each permission in turn, as long as the deadline allows."""
    stage.create()
    allow_after(stage, DESCRIBE, 40)
    allow_after(stage, LIST, 80)
    assert replace(stage)["Status"] == "SUCCESS"


def test_a_second_missing_permission_does_not_cost_another_minute(stage: Stage) -> None:
    """F31: the denial is checked with List, which is denied too, and the function does not wait again."""
    first, began = stage.create(), stage.clock.now()
    stage.backend.faults += [Fault.deny(DEREGISTER), Fault.deny(LIST)]
    answer = stage.delete(first["PhysicalResourceId"])
    assert f"needs chime:{DEREGISTER} and chime:{LIST} on" in answer["Reason"]
    assert stage.clock.now() - began <= 60


def test_hints_are_not_waited_for(stage: Stage) -> None:
    """F30: a denied question to CloudFormation does not delay the event, because its answer is optional."""
    stage.sent(stage.clock.now() - 60)
    stage.stack.refusal = "User is not authorized to perform: cloudformation:DescribeStackResource"
    began = stage.clock.now()
    assert stage.create()["Status"] == "SUCCESS"
    assert stage.clock.now() == began


@pytest.mark.parametrize("deliver", [create, rename, replace, delete, tag, untag])
def test_nothing_is_slower_where_nothing_is_denied(stage: Stage, deliver: Callable[[Stage], dict[str, Any]]) -> None:
    """If no call is denied, the function does not wait."""
    is_there(stage, deliver)
    began = stage.clock.now()
    assert deliver(stage)["Status"] == "SUCCESS"
    assert stage.clock.now() == began
