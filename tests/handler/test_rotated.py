"""If a source without a version gives a new token, a rollback restores the endpoint with the old one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from chime_endpoints_emulator import Fault
from chime_endpoints_handler.index import AnswerNotAcceptedError
from support.anomalies import DESCRIBE, MARKED, REGISTER, second_user, stands
from support.rotating import NEW, Stack, there
from support.stage import OTHER_APPLICATION, REGION, Stage

SHARED = {"DeviceToken": "canary-token-a"}
CHANGES: list[dict[str, Any]] = [
    {"AllowMessages": "NONE"},
    {"Name": "other"},
    {"Type": "APNS_SANDBOX"},
    {"ResourceArn": OTHER_APPLICATION},
]


@pytest.fixture
def stack(stage: Stage) -> Stack:
    """The stack before it has any resource."""
    return Stack(stage)


@pytest.mark.parametrize("conflict", ["user", "application", "none"])
@pytest.mark.parametrize("name", ["canary phone", None])
@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_rollback_returns_to_the_endpoint_that_the_update_began_with(
    stack: Stack, change: dict[str, Any], name: str | None, conflict: str
) -> None:
    """F60: a rollback returns to the endpoint with which the update began, although the source has changed."""
    stack.stage.backend.switches.change({"device_token_conflict": conflict})
    first, before = stack.create(Name=name), there(stack)
    stack.rotate()
    stack.update(**change)
    assert stack.held != first
    answer = stack.roll_back()
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", first)
    assert there(stack) == before


def test_a_rollback_removes_what_list_shows_only_the_second_time(stack: Stack) -> None:
    """F36, F60: a rollback removes an unanswered update's endpoint even if List shows it late."""
    stack.stage.backend.switches.change({"device_token_conflict": "none"})
    stack.create()
    before = there(stack)
    stack.rotate()
    stack.says("UPDATE_IN_PROGRESS")
    stack.before, stack.declared = stack.declared, stack.declared | {"AllowMessages": "NONE"}
    stack.stage.backend.switches.change({"new_endpoint_in_first_list": False})
    stack.stage.stranger(NEW, name="canary phone", allow_messages="NONE")
    assert stack.roll_back()["Status"] == "SUCCESS"
    assert there(stack) == before


def test_a_rollback_returns_from_another_user(stack: Stack) -> None:
    """F60: a rollback returns from another user, although the device token differs."""
    first, before = stack.create(), there(stack)
    stack.rotate()
    stack.update(AppInstanceUserArn=second_user(stack.stage))
    assert stack.roll_back()["PhysicalResourceId"] == first
    assert there(stack) == before


def test_a_rollback_goes_back_behind_an_update_that_was_not_rolled_back(stack: Stack) -> None:
    """F60, F62: a rollback returns past an update that failed while rollback was disabled."""
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
    """F60: a rollback works although CloudFormation forgets the stack's creation after 90 days."""
    first, before = stack.create(), there(stack)
    stack.rotate()
    stack.stage.stack.events = []
    stack.update(AllowMessages="NONE")
    assert stack.roll_back()["PhysicalResourceId"] == first
    assert there(stack) == before


@pytest.mark.parametrize("name", ["canary phone", None])
def test_what_an_unanswered_attempt_left_beside_it_is_removed(stack: Stack, name: str | None) -> None:
    """F61: a rollback removes an unanswered attempt's endpoint: it has our name and is younger."""
    first, before = stack.create(Name=name), there(stack)
    stack.rotate()
    stack.update(AllowMessages="NONE")
    stack.stage.stranger("canary-attempt", name=MARKED)
    assert stack.roll_back()["PhysicalResourceId"] == first
    assert there(stack) == before


def held_by_a_stranger(stack: Stack) -> None:
    """Someone else has registered the new token."""
    stack.rotate()
    stack.stage.stranger(NEW, name="theirs")


def deleted(stack: Stack) -> None:
    """The secret no longer exists."""
    secrets = boto3.client("secretsmanager", region_name=REGION)
    secrets.delete_secret(SecretId=stack.secret, ForceDeleteWithoutRecovery=True)


def unusable(stack: Stack) -> None:
    """The secret's content is not a device token."""
    stack.rotate("{{resolve:secretsmanager:canary}}")


@pytest.mark.parametrize("mishap", [held_by_a_stranger, deleted, unusable])
@pytest.mark.parametrize("name", ["canary phone", None])
def test_a_rollback_succeeds_though_the_source_gives_no_token_that_could_be_registered(
    stack: Stack, mishap: Callable[[Stack], None], name: str | None
) -> None:
    """F23, F59: if the source has no usable token, the update fails and its rollback succeeds."""
    first, before = stack.create(Name=name), there(stack)
    mishap(stack)
    theirs = there(stack)[1:]
    assert stack.update(AllowMessages="NONE")["Status"] == "FAILED"
    answer = stack.roll_back()
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", first)
    assert there(stack) == before + theirs


def no_token(stack: Stack) -> None:
    """The secret no longer holds a token, after it held one that could be registered."""
    stack.stage.clock.sleep(60)
    unusable(stack)


@pytest.mark.parametrize("mishap", [Stack.rotate, no_token])
@pytest.mark.parametrize("name", ["canary phone", None])
def test_what_an_unanswered_move_left_is_removed(
    stack: Stack, mishap: Callable[[Stack], None], name: str | None
) -> None:
    """F60, F61: a rollback removes an unanswered move's endpoint from the other user."""
    before = (stack.create(Name=name), there(stack))
    stack.rotate("canary-newer")
    stack.update_unheard(AppInstanceUserArn=second_user(stack.stage))
    assert len(stack.stage.registered) == 2
    mishap(stack)
    assert (stack.roll_back()["PhysicalResourceId"], there(stack)) == before


def test_an_unanswered_rollback_leaves_the_name(stack: Stack) -> None:
    """F60: if the rollback's response is lost, the endpoint keeps its name, as it needs no mark."""
    stack.create()
    before = there(stack)
    deleted(stack)
    assert stack.update(AllowMessages="NONE")["Status"] == "FAILED"
    stack.stage.sink.refuses = True
    with pytest.raises(AnswerNotAcceptedError):
        stack.roll_back()
    assert there(stack) == before


@pytest.mark.parametrize("name", ["canary phone", None])
def test_a_rollback_succeeds_though_the_named_version_is_gone(stack: Stack, name: str | None) -> None:
    """F23: a rollback succeeds even if the declared version of the source no longer exists."""
    secrets = boto3.client("secretsmanager", region_name=REGION)
    version = secrets.get_secret_value(SecretId=stack.secret)["VersionId"]
    source = {"SecretArn": stack.secret, "VersionId": version}
    first, before = stack.create(Name=name, EndpointAttributes={"DeviceTokenSource": source}), there(stack)
    stack.update(EndpointAttributes={"DeviceToken": NEW})
    deleted(stack)
    assert stack.roll_back()["PhysicalResourceId"] == first
    assert there(stack) == before


@pytest.mark.parametrize("name", ["canary phone", None])
@pytest.mark.parametrize("gone", ["source", "endpoint"])
def test_a_rollback_fails_if_there_is_nothing_to_return_to(stack: Stack, name: str | None, gone: str) -> None:
    """F23, F34: a rollback fails if the endpoint is gone, or if the events do not show a rollback."""
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
def test_a_retained_endpoint_is_left_alone_if_nothing_is_rolled_back(stack: Stack, name: str | None) -> None:
    """F66: if the stack's status is no rollback, a retained endpoint is left alone."""
    stack.create(Name=name)
    stack.rotate()
    stack.update(AllowMessages="NONE")  # the old one is retained
    stack.says("UPDATE_COMPLETE")
    before = there(stack)
    held = stack.held
    stack.update(AllowMessages="ALL")
    assert stack.held == held
    assert [each[:3] for each in there(stack)] == [each[:3] for each in before]


def test_a_retained_endpoint_is_left_alone_by_a_later_rollback(stack: Stack) -> None:
    """F66: a later rollback returns to its own update's endpoint, not to a retained one."""
    stack.create()
    stack.rotate()
    stack.update(AllowMessages="NONE")  # the old one is retained
    stack.says("UPDATE_COMPLETE")
    retained, second = there(stack)
    stack.rotate("canary-newer")
    stack.update(AllowMessages="ALL")
    assert stack.roll_back()["PhysicalResourceId"] == second[0]
    assert there(stack) == [retained, second]


def test_if_cloudformation_may_not_be_asked_the_new_token_stays(stack: Stack) -> None:
    """Limit L10: if the role may not read the stack's events, the new token stays and nothing is removed."""
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
    """If an endpoint differs from the former declaration, a rollback does not return to it."""
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


def test_a_rollback_that_is_continued_days_later_returns_as_well(stack: Stack) -> None:
    """F62: if Describe is refused, the rollback fails, and continuing it days later restores the endpoint."""
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


def test_a_second_delivery_that_finds_no_token_changes_nothing(stack: Stack) -> None:
    """F23, F43: if the source has no token in a second delivery, the Update fails and changes nothing."""
    stack.create()
    before = there(stack)
    stack.says("UPDATE_IN_PROGRESS")
    stage = stack.stage
    stage.sent()
    stands(stage, "UPDATE_IN_PROGRESS", stack.held)
    stage.clock.sleep(60)
    deleted(stack)
    answer = stage.update(stack.held, stack.declared | {"AllowMessages": "NONE"}, stack.declared)
    assert answer["Reason"].startswith("CE-201: ")
    assert there(stack) == before


@pytest.mark.parametrize("mishap", [held_by_a_stranger, deleted, unusable])
def test_what_came_back_under_another_id_is_kept(stack: Stack, mishap: Callable[[Stack], None]) -> None:
    """F23, F61: if the old endpoint came back under another ID, the rollback keeps it."""
    stack.create()
    first = stack.held
    mishap(stack)
    del stack.stage.backend.endpoints[first.rpartition("/")[2]]
    there_again = stack.stage.stranger("canary-old", name="canary phone")
    stack.says("UPDATE_IN_PROGRESS")
    stack.stage.stack.happens("UPDATE_IN_PROGRESS", first)
    stack.held = f"{stack.stage.user}/endpoint/{there_again.endpoint_id}"
    held, stack.before, stack.declared = stack.held, stack.declared, stack.declared | {"ResourceArn": OTHER_APPLICATION}
    answer = stack.roll_back()
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", held)
    assert there_again.endpoint_id in stack.stage.backend.endpoints


def test_a_successor_with_another_voip_token_is_not_kept(stack: Stack) -> None:
    """F60: a successor with another VoIP token is replaced by an endpoint with the old one."""
    attributes = {"DeviceTokenSource": {"SecretArn": stack.secret}}
    before, after = (attributes | {"VoipDeviceToken": token} for token in ("canary-voip", "canary-other"))
    stack.create(EndpointAttributes=before)
    stack.update(EndpointAttributes=after)
    (successor,) = stack.stage.registered
    assert successor.voip_device_token == "canary-other"
    assert stack.roll_back()["Status"] == "SUCCESS"
    (endpoint,) = stack.stage.registered
    assert (endpoint.device_token, endpoint.voip_device_token) == ("canary-old", "canary-voip")


def test_an_update_that_cloudformation_has_given_up_does_not_change_what_was_rolled_back(stack: Stack) -> None:
    """F44: if a rollback finishes while an Update waits, the Update fails and changes nothing."""
    first, before = stack.create(), there(stack)
    stack.rotate()
    declared, stage = stack.declared, stack.stage

    def meanwhile() -> None:
        stack.says("UPDATE_ROLLBACK_IN_PROGRESS")
        stage.clock.sleep(10)
        stands(stage, "UPDATE_COMPLETE", first)

    stage.backend.faults.append(Fault(call=meanwhile))
    answer = stack.update(AllowMessages="NONE")
    assert (answer["Status"], answer["Reason"].partition(":")[0]) == ("FAILED", "CE-415")
    assert (there(stack), stack.before) == (before, declared)


def test_the_log_says_that_the_former_token_is_registered(stack: Stack, caplog: pytest.LogCaptureFixture) -> None:
    """F74: the log says that the rollback restores the former token, without its value."""
    first = stack.create()
    stack.rotate()
    stack.update(AllowMessages="NONE")
    caplog.set_level("DEBUG", logger="chime_endpoints")
    stack.roll_back()
    assert (
        f"The rollback returns to endpoint {first.rpartition('/')[2]} with the device token that it had before the"
        " update. The next update registers the current value of the token's source."
    ) in caplog.text
    assert "canary" not in caplog.text


@pytest.fixture
def came_back(stack: Stack) -> Stack:
    """The stack after an update that failed, whose endpoint came back with the VoIP token from before a rotation."""
    stack.stage.backend.switches.change({"device_token_conflict": "user"})
    stack.create(EndpointAttributes=SHARED | {"VoipDeviceTokenSource": {"SecretArn": stack.secret}})
    stack.rotate()
    stack.stage.backend.faults.append(Fault(REGISTER, error="BadRequestException", nth=2))
    assert stack.update(AllowMessages="NONE")["Status"] == "FAILED"
    stack.stage.backend.faults.clear()
    return stack


def tokens(stack: Stack) -> list[tuple[str, str | None]]:
    """The device tokens of each registered endpoint."""
    return [(each.device_token, each.voip_device_token) for each in stack.stage.registered]


def test_what_came_back_with_the_former_voip_token_gives_way_to_the_rollback(came_back: Stack) -> None:
    """F60, F61: the rollback recognizes what came back, although the VoIP token's source has changed since."""
    assert tokens(came_back) == [("canary-token-a", "canary-old")]
    assert came_back.roll_back()["Status"] == "SUCCESS"
    assert tokens(came_back) == [("canary-token-a", NEW)]


def test_what_came_back_with_the_former_voip_token_gives_way_to_the_next_update(came_back: Stack) -> None:
    """F60, F61: so does the next update, if the failed one is not rolled back."""
    came_back.says("UPDATE_FAILED")
    assert came_back.update(Name="other")["Status"] == "SUCCESS"
    assert tokens(came_back) == [("canary-token-a", NEW)]


@pytest.mark.parametrize(
    "member",
    [
        {"endpoint_type": "APNS_SANDBOX"},
        {"resource_arn": OTHER_APPLICATION},
        {"name": "theirs"},
        {"created": -20_000.0},
    ],
    ids=lambda member: next(iter(member)),
)
def test_what_differs_in_anything_else_did_not_come_back(came_back: Stack, member: dict[str, Any]) -> None:
    """F60: an endpoint of another type, application, name or time is someone else's."""
    (endpoint,) = came_back.stage.registered
    for name, value in member.items():
        setattr(endpoint, name.replace("endpoint_", ""), endpoint.created + value if name == "created" else value)
    answer = came_back.roll_back()
    assert answer["Reason"].startswith("CE-411: ")
    assert came_back.stage.registered == [endpoint]
