"""Answers that do not say what there is: of an endpoint that vanished between two calls, or without content."""

from __future__ import annotations

import pytest

from chime_endpoints_emulator import Fault
from support.anomalies import DESCRIBE, LIST, MARKED, REGISTER, ROTATED, UPDATE, ids, second_user, vanish
from support.stage import Stage


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
    """F26: five answers without content, and List shows the endpoint."""
    first = stage.create()
    stage.backend.faults.append(Fault(UPDATE, answer="empty", times=None))  # type: ignore[arg-type] # its word
    answer = stage.update(first["PhysicalResourceId"], stage.properties(Name="new"), stage.properties())
    assert (answer["Status"], stage.operations.count("Update")) == ("FAILED", 5)
    assert answer["Reason"].startswith("CE-514: UpdateAppInstanceUserEndpoint of endpoint ")
    assert stage.registered[0].name == "canary phone"


def test_a_change_that_is_not_confirmed_of_what_is_gone_registers_it_again(stage: Stage) -> None:
    """F34: success for an endpoint that does not exist, with an answer that does not name it."""
    first = stage.create()
    stage.backend.endpoints.clear()
    stage.backend.faults.append(Fault(UPDATE, answer="empty", times=None))  # type: ignore[arg-type] # its word
    answer = stage.update(first["PhysicalResourceId"], stage.properties(Name=None), stage.properties())
    assert answer["Status"] == "SUCCESS"
    assert ids(stage) == {answer["PhysicalResourceId"]}


def test_a_registration_of_what_never_is_there_fails(stage: Stage) -> None:
    """F34, F43: whatever a late delivery registers is gone when it looks."""
    stage.sent()
    stage.clock.sleep(60)
    stage.backend.faults.append(Fault(REGISTER, when="after", call=stage.backend.endpoints.clear, times=None))
    answer = stage.create()
    assert (answer["Status"], stage.operations.count("Register")) == ("FAILED", 3)
    assert answer["Reason"].startswith("CE-514: RegisterAppInstanceUserEndpoint of endpoint ")


def test_a_list_without_content_is_no_empty_list(stage: Stage) -> None:
    """F26, F31: the service refuses a change of what is there, and does not say so at once."""
    first = stage.create()
    stage.backend.faults.append(Fault(UPDATE, error="ForbiddenException", times=None))
    stage.backend.faults.append(Fault(LIST, when="after", answer="empty", times=2))  # type: ignore[arg-type] # its word
    answer = stage.update(first["PhysicalResourceId"], stage.properties(Name="new"), stage.properties())
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("CE-3")
    assert ids(stage) == {first["PhysicalResourceId"]}


def test_a_list_that_fails_is_told_as_such(stage: Stage) -> None:
    """F25: by the operation's name."""
    first = stage.create()
    stage.backend.faults.append(Fault(LIST, error="ServiceFailureException", times=None))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert answer["Reason"].startswith("CE-514: ListAppInstanceUserEndpoints failed: ServiceFailureException.")


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("INVALID_DEVICE_TOKEN", "INVALID_DEVICE_TOKEN"),
        ("INVALID_PINPOINT_ARN", "INVALID_PINPOINT_ARN"),
        ("canary", "for an unknown reason"),
    ],
)
def test_why_an_endpoint_is_inactive_is_told_where_that_is_known(stage: Stage, reason: str, told: str) -> None:
    """F35: of what the service says, only the words of its API model are passed on."""
    theirs = stage.stranger()
    theirs.status = "INACTIVE"
    theirs.status_reason = reason  # type: ignore[assignment] # the service may learn other words
    assert f", which is INACTIVE ({told}), already has the device token" in stage.create()["Reason"]


def test_what_vanishes_does_not_hide_our_own_attempt(stage: Stage) -> None:
    """F34, F61: List shows both; the first one is gone when it is described."""
    stage.backend.switches.change({"device_token_conflict": "none"})
    first = stage.create()
    stage.stranger("canary-token-c", name="canary phone")
    attempt = stage.stranger("canary-token-b", name=MARKED)
    stage.backend.faults.append(Fault(DESCRIBE, call=lambda: vanish(stage, "canary-token-c"), nth=2))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert answer["Data"]["EndpointId"] == attempt.endpoint_id


def test_only_what_may_be_ours_is_described(stage: Stage) -> None:
    """F71: List shows names and types; endpoints of others cost no call each."""
    first = stage.create()
    stage.stranger("canary-token-c")
    stage.stranger("canary-token-d", name="canary phone", endpoint_type="GCM")
    stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert stage.operations == ["Register", "Describe", "List", "Register", "Update"]


def test_a_move_asks_again_what_it_leaves(stage: Stage) -> None:
    """F26, F69: the former user's endpoint is described without content, twice; then it moves."""
    bob = second_user(stage)
    first = stage.create()
    stage.backend.faults.append(Fault(DESCRIBE, when="after", answer="empty", times=2))  # type: ignore[arg-type] # its word
    answer = stage.update(first["PhysicalResourceId"], stage.properties(AppInstanceUserArn=bob), stage.properties())
    assert answer["PhysicalResourceId"].startswith(bob)
    assert ids(stage) == {first["PhysicalResourceId"], answer["PhysicalResourceId"]}


def test_an_empty_description_of_the_current_endpoint_does_not_replace_it(stage: Stage) -> None:
    """F26: a rollback finds the endpoint as declared once its description has content."""
    stage.backend.switches.change({"device_token_conflict": "none"})
    first = stage.create()
    stage.backend.faults.append(Fault(DESCRIBE, when="after", answer="empty"))  # type: ignore[arg-type] # its word
    answer = stage.update(first["PhysicalResourceId"], stage.properties(), stage.properties(**ROTATED))
    assert answer["PhysicalResourceId"] == first["PhysicalResourceId"]
    assert ids(stage) == {first["PhysicalResourceId"]}
