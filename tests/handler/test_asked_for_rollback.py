"""When the function asks CloudFormation whether a stack rolls back: a declaration may now name another endpoint."""

from __future__ import annotations

from itertools import count
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from chime_endpoints_emulator import Fault
from support.anomalies import REGISTER
from support.rotating import OLD, Stack, there
from support.stage import REGION, STACK_ID, Stage


@pytest.fixture
def stack(stage: Stage) -> Stack:
    """The stack, still without resources."""
    return Stack(stage)


def test_cloudformation_is_not_asked_if_the_source_is_unchanged(stack: Stack) -> None:
    """The function does not ask if the token is unchanged and no other endpoint could belong to the resource."""
    stack.create()
    stack.update(AllowMessages="NONE")
    assert stack.stage.stack.asked_for_rollback == []


def test_the_stack_status_is_read_if_the_source_changed(stack: Stack) -> None:
    """The function asks for the status, and in a rollback reads the events back to the start of the update."""
    former = stack.create()
    stack.stage.stack.events = (stack.stage.stack.events or []) * 9
    stack.rotate()
    stack.update(AllowMessages="ALL")
    assert stack.held != former
    assert stack.stage.stack.asked_for_rollback == ["DescribeStacks"]
    stack.stage.stack.asked_for_rollback.clear()
    stack.roll_back()
    assert stack.stage.stack.asked_for_rollback == ["DescribeStacks"] + ["DescribeStackEvents"] * 5


@pytest.mark.parametrize("attributes", [{"DeviceToken": OLD}, "VersionId"])
def test_cloudformation_is_not_asked_if_the_token_cannot_change(stack: Stack, attributes: Any) -> None:
    """The function does not ask, although another endpoint looks like this one and the update fails."""
    if attributes == "VersionId":
        secrets = boto3.client("secretsmanager", region_name=REGION)
        version = secrets.get_secret_value(SecretId=stack.secret)["VersionId"]
        attributes = {"DeviceTokenSource": {"SecretArn": stack.secret, "VersionId": version}}
    stack.create(EndpointAttributes=attributes)
    stack.stage.stranger("canary-other", name="canary phone")
    stack.stage.backend.faults.append(Fault(REGISTER, error="BadRequestException", status=400, times=None))
    assert stack.update(Type="APNS_SANDBOX")["Status"] == "FAILED"
    assert stack.stage.stack.asked_for_rollback == []


@pytest.mark.parametrize("operation", ["describe_stacks", "describe_stack_events"])
@pytest.mark.parametrize("code", ["Throttling", "AccessDenied", "InternalFailure"])
def test_a_refused_question_is_retried(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, code: str, operation: str
) -> None:
    """The function retries, because many resources may ask at once or the permission may be new."""
    first, before = stack.create(), there(stack)
    stack.rotate()
    stack.update(AllowMessages="NONE")
    refuse(stack, monkeypatch, operation, code, times=3)
    assert stack.roll_back()["PhysicalResourceId"] == first
    assert there(stack) == before


@pytest.mark.parametrize("operation", ["describe_stacks", "describe_stack_events"])
@pytest.mark.parametrize("code", ["Throttling", "AccessDenied", "InternalFailure"])
def test_a_refused_question_is_given_up_after_a_few_seconds(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, code: str, operation: str
) -> None:
    """The function stops asking after a few seconds and still brings the endpoint to its declaration."""
    stack.create()
    stack.rotate()
    stack.update(AllowMessages="NONE")
    held = stack.held
    refuse(stack, monkeypatch, operation, code, times=None)
    begun = stack.stage.clock.now()
    assert stack.roll_back()["PhysicalResourceId"] == held
    assert stack.stage.clock.now() - begun < 60 + 10


@pytest.mark.parametrize(("seconds", "pages"), [(0, 50), (1, 46), (9, 6)])
def test_endless_stack_events_are_read_for_a_limited_time(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, seconds: int, pages: int
) -> None:
    """The function limits the number of pages and uses half of the time, so its response is not delayed."""
    stack.create()
    stack.rotate()
    stack.update(AllowMessages="NONE")
    stand_in, held = stack.stage.stack, stack.held
    seen: list[str] = []

    def describe(*, StackName: str, NextToken: str = "") -> dict[str, Any]:  # noqa: N803 - the API's names
        stack.stage.clock.sleep(seconds)
        seen.append(StackName + NextToken)
        return {"StackEvents": [], "NextToken": str(len(seen))}

    monkeypatch.setattr(stand_in, "describe_stack_events", describe)
    assert stack.roll_back()["PhysicalResourceId"] == held
    assert seen == [STACK_ID, *(f"{STACK_ID}{number}" for number in range(1, pages))]


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("describe_stacks", {}),
        ("describe_stacks", {"Stacks": []}),
        ("describe_stacks", {"Stacks": [{}]}),
        ("describe_stacks", {"Stacks": [None]}),
        ("describe_stack_events", {}),
        ("describe_stack_events", {"StackEvents": [{}]}),
        ("describe_stack_events", {"StackEvents": []}),
        ("describe_stack_events", {"StackEvents": None}),
    ],
    ids=str,
)
def test_an_unusable_response_of_cloudformation_is_ignored(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, operation: str, answer: dict[str, Any]
) -> None:
    """The function ignores an unusable response and acts as if it had not asked."""
    stack.create()
    stack.rotate()
    stack.update(AllowMessages="NONE")
    held = stack.held
    monkeypatch.setattr(stack.stage.stack, operation, lambda **_: answer)
    assert stack.roll_back()["PhysicalResourceId"] == held


def refuse(stack: Stack, monkeypatch: pytest.MonkeyPatch, operation: str, code: str, *, times: int | None) -> None:
    """Let CloudFormation refuse an operation a number of times, or always."""
    tell, left = getattr(stack.stage.stack, operation), iter(range(times)) if times is not None else count()
    status = {"Throttling": 400, "AccessDenied": 403}.get(code, 500)

    def refused(**parameters: Any) -> dict[str, Any]:
        if next(left, None) is None:
            told: dict[str, Any] = tell(**parameters)
            return told
        error = {"Error": {"Code": code, "Message": "canary"}, "ResponseMetadata": {"HTTPStatusCode": status}}
        raise ClientError(error, operation)

    monkeypatch.setattr(stack.stage.stack, operation, refused)
