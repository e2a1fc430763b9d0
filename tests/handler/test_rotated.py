"""A device token whose source names no version is rotated, and then an update is rolled back: what was, is again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from chime_endpoints_emulator import Fault
from support.anomalies import DESCRIBE, MARKED, REGISTER, second_user, stands
from support.stage import OTHER_APPLICATION, REGION, STACK_ID, Stage

OLD, NEW = "canary-old", "canary-new"
NESTED = "arn:aws:cloudformation:us-east-1:123456789012:stack/nested/6e5b8f10-0000-4000-8000-000000000002"

CHANGES: list[dict[str, Any]] = [
    {"AllowMessages": "NONE"},
    {"Name": "other"},
    {"Type": "APNS_SANDBOX"},
    {"ResourceArn": OTHER_APPLICATION},
]


@dataclass
class Stack:
    """The stack of an endpoint whose device token is in a secret, and what CloudFormation tells of it."""

    stage: Stage
    held: str = ""
    declared: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] = field(default_factory=dict)
    """What was declared before the last update."""

    def __post_init__(self) -> None:
        secrets = boto3.client("secretsmanager", region_name=REGION)
        self.secret = secrets.create_secret(Name="push", SecretString=OLD)["ARN"]

    def create(self, **changes: Any) -> str:
        """Creates the stack a day ago; returns the physical id."""
        attributes = {"DeviceTokenSource": {"SecretArn": self.secret}}
        self.declared = self.stage.properties(**{"EndpointAttributes": attributes} | changes)
        self.says("CREATE_IN_PROGRESS")
        self.held = self.stage.create(self.declared)["PhysicalResourceId"]
        self.says("CREATE_COMPLETE")
        self.stage.clock.sleep(86_400)
        return self.held

    def rotate(self, token: str = NEW) -> None:
        """Puts another token into the secret."""
        boto3.client("secretsmanager", region_name=REGION).put_secret_value(SecretId=self.secret, SecretString=token)

    def update(self, **changes: Any) -> dict[str, Any]:
        """An update of the stack, as far as the endpoint."""
        self.says("UPDATE_IN_PROGRESS")
        self.before, self.declared = self.declared, self.declared | changes
        return self.send()

    def roll_back(self) -> dict[str, Any]:
        """Rolls the update back with an Update, and deletes what that replaces."""
        self.says("UPDATE_ROLLBACK_IN_PROGRESS")
        self.before, self.declared, successor = self.declared, self.before, self.held
        answer = self.send()
        if answer["Status"] == "SUCCESS" and self.held != successor:
            self.stage.delete(successor, self.before)
        return answer

    def send(self) -> dict[str, Any]:
        """An Update of the endpoint, with what CloudFormation notes of it."""
        self.stage.clock.sleep(60)
        self.stage.sent()
        stands(self.stage, "UPDATE_IN_PROGRESS", self.held)
        self.stage.stack.happens("UPDATE_IN_PROGRESS", self.held)
        answer = self.stage.update(self.held, self.declared, self.before)
        if answer["Status"] == "SUCCESS":
            self.held = answer["PhysicalResourceId"]
            self.stage.stack.happens("UPDATE_IN_PROGRESS", self.held)
        self.stage.stack.happens(answer["Status"].replace("SUCCESS", "UPDATE_COMPLETE"), self.held)
        return answer

    def says(self, status: str) -> None:
        """The stack has this status now; a nested stack and another resource have theirs."""
        self.stage.stack.happens(status, STACK_ID, to="chat")
        self.stage.stack.happens("UPDATE_COMPLETE", NESTED, to="Nested")
        self.stage.stack.happens("UPDATE_IN_PROGRESS", "tablet", to="Tablet")


@pytest.fixture
def stack(stage: Stage) -> Stack:
    """The stack before anything is in it."""
    return Stack(stage)


def there(stack: Stack) -> list[tuple[str, str, str | None, str]]:
    """What is registered."""
    return [
        (f"{each.app_instance_user_arn}/endpoint/{each.endpoint_id}", each.device_token, each.name, each.allow_messages)
        for each in stack.stage.registered
    ]


@pytest.mark.parametrize("conflict", ["user", "application", "none"])
@pytest.mark.parametrize("name", ["canary phone", None])
@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_rollback_returns_to_the_endpoint_that_the_update_began_with(
    stack: Stack, change: dict[str, Any], name: str | None, conflict: str
) -> None:
    """F60: the source's new content has replaced the endpoint, and something else in the stack failed."""
    stack.stage.backend.switches.change({"device_token_conflict": conflict})
    first, before = stack.create(Name=name), there(stack)
    stack.rotate()
    stack.update(**change)
    assert stack.held != first
    answer = stack.roll_back()
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", first)
    assert there(stack) == before


def test_a_rollback_returns_from_another_user(stack: Stack) -> None:
    """F60: there the device token is another, too."""
    first, before = stack.create(), there(stack)
    stack.rotate()
    stack.update(AppInstanceUserArn=second_user(stack.stage))
    assert stack.roll_back()["PhysicalResourceId"] == first
    assert there(stack) == before


def test_a_rollback_goes_back_behind_an_update_that_was_not_rolled_back(stack: Stack) -> None:
    """F60, F62: it failed with rollback disabled, and so did the next; then the stack is rolled back."""
    first, before = stack.create(), there(stack)
    declared = stack.declared
    stack.rotate()
    stack.update(AllowMessages="NONE")
    stack.says("UPDATE_FAILED")
    second = stack.held
    stack.update(Name="other")
    assert stack.held == second
    stack.before = declared
    assert stack.roll_back()["PhysicalResourceId"] == first
    assert there(stack) == before


def test_a_rollback_returns_though_the_stacks_creation_is_forgotten(stack: Stack) -> None:
    """F60: CloudFormation keeps events for 90 days; of the stack's own there is only the beginning of the update."""
    first, before = stack.create(), there(stack)
    stack.rotate()
    stack.stage.stack.events = []
    stack.update(AllowMessages="NONE")
    assert stack.roll_back()["PhysicalResourceId"] == first
    assert there(stack) == before


@pytest.mark.parametrize("name", ["canary phone", None])
def test_what_an_unanswered_attempt_left_beside_it_is_removed(stack: Stack, name: str | None) -> None:
    """F61: it bears this resource's name, and is younger than what the update began with."""
    first, before = stack.create(Name=name), there(stack)
    stack.rotate()
    stack.update(AllowMessages="NONE")
    stack.stage.stranger("canary-attempt", name=MARKED)
    assert stack.roll_back()["PhysicalResourceId"] == first
    assert there(stack) == before


def held_by_a_stranger(stack: Stack) -> None:
    """Somebody else has registered the new token."""
    stack.rotate()
    stack.stage.stranger(NEW, name="theirs")


def deleted(stack: Stack) -> None:
    """There is no secret any more."""
    secrets = boto3.client("secretsmanager", region_name=REGION)
    secrets.delete_secret(SecretId=stack.secret, ForceDeleteWithoutRecovery=True)


def unusable(stack: Stack) -> None:
    """What is in the secret is no device token."""
    stack.rotate("{{resolve:secretsmanager:canary}}")


@pytest.mark.parametrize("mishap", [held_by_a_stranger, deleted, unusable])
@pytest.mark.parametrize("name", ["canary phone", None])
def test_a_rollback_succeeds_though_the_source_gives_no_token_that_could_be_registered(
    stack: Stack, mishap: Callable[[Stack], None], name: str | None
) -> None:
    """F23, F59: the update fails for it; its rollback needs no other token than the registered one."""
    first, before = stack.create(Name=name), there(stack)
    mishap(stack)
    theirs = there(stack)[1:]
    assert stack.update(AllowMessages="NONE")["Status"] == "FAILED"
    answer = stack.roll_back()
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", first)
    assert there(stack) == before + theirs


@pytest.mark.parametrize("name", ["canary phone", None])
@pytest.mark.parametrize("gone", ["source", "endpoint"])
def test_a_rollback_fails_where_there_is_nothing_to_return_to(stack: Stack, name: str | None, gone: str) -> None:
    """F23, F34: the endpoint is gone as well, or there is no telling that the update is rolled back."""
    stack.create(Name=name)
    deleted(stack)
    stack.update(AllowMessages="NONE")
    if gone == "endpoint":
        stack.stage.backend.endpoints.clear()
    else:
        stack.stage.stack.events = []
    answer = stack.roll_back()
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("CE-201: GetSecretValue")


@pytest.mark.parametrize("name", ["canary phone", None])
def test_a_retained_endpoint_is_left_alone_where_nothing_is_rolled_back(stack: Stack, name: str | None) -> None:
    """F66: it looks like what a rollback would return to; the stack's status tells."""
    stack.create(Name=name)
    stack.rotate()
    stack.update(AllowMessages="NONE")  # and the old one is retained
    stack.says("UPDATE_COMPLETE")
    before = there(stack)
    held = stack.held
    stack.update(AllowMessages="ALL")
    assert stack.held == held
    assert [each[:3] for each in there(stack)] == [each[:3] for each in before]


def test_a_retained_endpoint_is_left_alone_by_a_later_rollback(stack: Stack) -> None:
    """F66: what the update began with is another, though both have been this resource's."""
    stack.create()
    stack.rotate()
    stack.update(AllowMessages="NONE")  # and the old one is retained
    stack.says("UPDATE_COMPLETE")
    retained, second = there(stack)
    stack.rotate("canary-newer")
    stack.update(AllowMessages="ALL")
    assert stack.roll_back()["PhysicalResourceId"] == second[0]
    assert there(stack) == [retained, second]


def test_where_cloudformation_may_not_be_asked_the_new_token_stays(stack: Stack) -> None:
    """The documented limit: a role that was written before may not read the events; nothing is removed for that."""
    first = stack.create()
    stack.rotate()
    stack.update(AllowMessages="NONE")
    held = stack.held
    stack.stage.stack.events = None
    stack.stage.stack.happens = lambda *_, **__: None  # type: ignore[method-assign]
    assert stack.roll_back()["PhysicalResourceId"] == held
    assert {each[0] for each in there(stack)} == {first, held}


@pytest.mark.parametrize("change", [{"AppInstanceUserArn": "bob"}, *CHANGES[2:]], ids=str)
def test_an_endpoint_that_is_not_as_declared_is_not_returned_to(stack: Stack, change: dict[str, Any]) -> None:
    """Whatever CloudFormation's events say: the update is that of another declaration."""
    other = {"AppInstanceUserArn": second_user(stack.stage)} if "AppInstanceUserArn" in change else change
    stack.create()
    stack.rotate()
    stack.update(AllowMessages="NONE")
    stack.before |= other
    declared = dict(stack.before)
    stack.roll_back()
    (last,) = [each for each in stack.stage.registered if stack.held.endswith(each.endpoint_id)]
    assert last.device_token == NEW
    assert (last.app_instance_user_arn, last.type, last.resource_arn) == (
        declared["AppInstanceUserArn"],
        declared["Type"],
        declared["ResourceArn"],
    )


class TestWhatCloudFormationIsAsked:
    """Nothing on the way where nothing fails, and its status alone where the token has become another."""

    def test_nothing_where_the_source_has_the_same_content(self, stack: Stack) -> None:
        """And there is no other endpoint that could be this resource's."""
        stack.create()
        stack.update(AllowMessages="NONE")
        assert stack.stage.stack.asked_for_rollback == []

    def test_the_status_where_the_source_has_another(self, stack: Stack) -> None:
        """The events are read where the stack is rolled back, as far as the beginning of the update."""
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
    def test_nothing_where_the_token_cannot_change(self, stack: Stack, attributes: Any) -> None:
        """Though there is another endpoint that looks like this one, and the update fails."""
        if attributes == "VersionId":
            secrets = boto3.client("secretsmanager", region_name=REGION)
            version = secrets.get_secret_value(SecretId=stack.secret)["VersionId"]
            attributes = {"DeviceTokenSource": {"SecretArn": stack.secret, "VersionId": version}}
        stack.create(EndpointAttributes=attributes)
        stack.stage.stranger("canary-other", name="canary phone")
        stack.stage.backend.faults.append(Fault(REGISTER, error="BadRequestException", status=400, times=None))
        assert stack.update(Type="APNS_SANDBOX")["Status"] == "FAILED"
        assert stack.stage.stack.asked_for_rollback == []

    def test_again_where_it_is_busy(self, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
        """Many resources of a stack may ask at once."""
        first, before = stack.create(), there(stack)
        stack.rotate()
        stack.update(AllowMessages="NONE")
        refuse_events(stack, monkeypatch, "Throttling", times=3)
        assert stack.roll_back()["PhysicalResourceId"] == first
        assert there(stack) == before

    def test_not_for_ever(self, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
        """It is given up after a few seconds: the endpoint is brought to the declaration all the same."""
        stack.create()
        stack.rotate()
        stack.update(AllowMessages="NONE")
        held = stack.held
        refuse_events(stack, monkeypatch, "Throttling", times=None)
        begun = stack.stage.clock.now()
        assert stack.roll_back()["PhysicalResourceId"] == held
        assert stack.stage.clock.now() - begun < 60 + 10

    def test_events_without_an_end(self, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
        """So many pages, and no more."""
        stack.create()
        stack.rotate()
        stack.update(AllowMessages="NONE")
        stand_in, held = stack.stage.stack, stack.held
        pages: list[str] = []

        def describe(*, StackName: str, NextToken: str = "") -> dict[str, Any]:  # noqa: N803 - the API's names
            pages.append(StackName + NextToken)
            return {"StackEvents": [], "NextToken": str(len(pages))}

        monkeypatch.setattr(stand_in, "describe_stack_events", describe)
        assert stack.roll_back()["PhysicalResourceId"] == held
        assert pages == [STACK_ID, *(f"{STACK_ID}{number}" for number in range(1, 50))]

    @pytest.mark.parametrize("events", [{}, {"StackEvents": [{}]}, {"StackEvents": []}], ids=str)
    def test_what_it_should_not_answer(
        self, stack: Stack, monkeypatch: pytest.MonkeyPatch, events: dict[str, Any]
    ) -> None:
        """It is as if it had not been asked."""
        stack.create()
        stack.rotate()
        stack.update(AllowMessages="NONE")
        held = stack.held
        monkeypatch.setattr(stack.stage.stack, "describe_stack_events", lambda **_: events)
        assert stack.roll_back()["PhysicalResourceId"] == held


def test_a_rollback_that_is_continued_days_later_returns_as_well(stack: Stack) -> None:
    """F62: it fails where nobody can tell whether the endpoint is there: to go on would be to leave it registered."""
    first, before = stack.create(), there(stack)
    stack.rotate()
    stack.update(AllowMessages="NONE")
    refused = Fault(DESCRIBE, error="ForbiddenException", status=403, times=None, nth=2)
    stack.stage.backend.faults.append(refused)
    answer = stack.roll_back()
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("CE-302: DescribeAppInstanceUserEndpoint")
    stack.stage.backend.faults.clear()
    stack.says("UPDATE_ROLLBACK_FAILED")
    stack.stage.clock.sleep(3 * 86_400)
    stack.before, stack.declared = stack.declared, stack.before
    assert stack.roll_back()["PhysicalResourceId"] == first
    assert there(stack) == before


def test_the_deployer_is_told_that_the_former_token_is_registered(
    stack: Stack, caplog: pytest.LogCaptureFixture
) -> None:
    """F74: and not what it is."""
    first = stack.create()
    stack.rotate()
    stack.update(AllowMessages="NONE")
    caplog.set_level("DEBUG", logger="chime_endpoints")
    stack.roll_back()
    assert f"The rollback returns to endpoint {first.rpartition('/')[2]} with the device token" in caplog.text
    assert "canary" not in caplog.text


def refuse_events(stack: Stack, monkeypatch: pytest.MonkeyPatch, code: str, *, times: int | None) -> None:
    """CloudFormation refuses to tell what happened, so many times."""
    describe, left = stack.stage.stack.describe_stack_events, iter(range(times)) if times is not None else count()

    def refuse(**parameters: Any) -> dict[str, Any]:
        if next(left, None) is None:
            return describe(**parameters)
        error = {"Error": {"Code": code, "Message": "canary"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
        raise ClientError(error, "DescribeStackEvents")

    monkeypatch.setattr(stack.stage.stack, "describe_stack_events", refuse)
