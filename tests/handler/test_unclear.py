"""Responses that leave the state unclear: an endpoint that vanishes between calls, or no content."""

from __future__ import annotations

import pytest

from chime_endpoints_emulator import Fault
from support.anomalies import DESCRIBE, LIST, MARKED, REGISTER, ROTATED, UPDATE, ids, second_user, vanish
from support.stage import Stage


@pytest.mark.parametrize("missing", ["forbidden", "success"])
def test_what_vanishes_between_list_and_describe_is_passed_over(stage: Stage, missing: str) -> None:
    """F34: if the endpoint that holds the token vanishes before it is described, Register succeeds."""
    stage.backend.switches.change({"missing_endpoint": missing})
    first = stage.create()
    stage.stranger("canary-token-b", name="canary phone")
    stage.backend.faults.append(Fault(DESCRIBE, call=lambda: vanish(stage, "canary-token-b"), nth=2))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert answer["Status"] == "SUCCESS"
    assert ids(stage) == {first["PhysicalResourceId"], answer["PhysicalResourceId"]}


@pytest.mark.parametrize("nth", [1, 2], ids=["the current one", "another"])
def test_what_may_not_be_described_and_is_there_fails(stage: Stage, nth: int) -> None:
    """F31, F34: if an endpoint cannot be described but List shows it, nothing else is registered."""
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
    """F26: if a description is empty once and List shows the endpoint, Describe is retried."""
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
    """F26: if descriptions stay empty and List shows the endpoint, the event fails."""
    first = stage.create()
    stage.stranger("canary-token-c", name="canary phone")
    before = ids(stage)
    empty = Fault(DESCRIBE, when="after", answer="empty", nth=nth, times=None)  # type: ignore[arg-type] # its word
    stage.backend.faults.append(empty)
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("CE-514: DescribeAppInstanceUserEndpoint of endpoint ")
    assert ids(stage) == before


def test_an_endpoint_that_vanishes_while_it_is_named_is_reported(stage: Stage) -> None:
    """F34: if someone deregisters the replacement before it is named, the reason says so."""
    first = stage.create()
    stage.backend.faults.append(Fault(UPDATE, call=lambda: vanish(stage, "canary-token-b")))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("CE-416: ")
    assert ids(stage) == {first["PhysicalResourceId"]}


def test_a_change_that_is_never_confirmed_fails(stage: Stage) -> None:
    """F26: if five responses to a change have no content and List shows the endpoint, the event fails."""
    first = stage.create()
    stage.backend.faults.append(Fault(UPDATE, answer="empty", times=None))  # type: ignore[arg-type] # its word
    answer = stage.update(first["PhysicalResourceId"], stage.properties(Name="new"), stage.properties())
    assert (answer["Status"], stage.operations.count("Update")) == ("FAILED", 5)
    assert answer["Reason"].startswith("CE-514: UpdateAppInstanceUserEndpoint of endpoint ")
    assert stage.registered[0].name == "canary phone"


def test_a_change_that_is_not_confirmed_of_what_is_gone_registers_it_again(stage: Stage) -> None:
    """F34: if a change of a missing endpoint succeeds without naming it, the endpoint is registered again."""
    first = stage.create()
    stage.backend.endpoints.clear()
    stage.backend.faults.append(Fault(UPDATE, answer="empty", times=None))  # type: ignore[arg-type] # its word
    answer = stage.update(first["PhysicalResourceId"], stage.properties(Name=None), stage.properties())
    assert answer["Status"] == "SUCCESS"
    assert ids(stage) == {answer["PhysicalResourceId"]}


def test_a_registration_of_what_never_is_there_fails(stage: Stage) -> None:
    """F34, F43: if a late delivery's registrations do not exist when it looks, the Create fails."""
    stage.sent()
    stage.clock.sleep(60)
    stage.backend.faults.append(Fault(REGISTER, when="after", call=stage.backend.endpoints.clear, times=None))
    answer = stage.create()
    assert (answer["Status"], stage.operations.count("Register")) == ("FAILED", 3)
    assert answer["Reason"].startswith("CE-514: RegisterAppInstanceUserEndpoint of endpoint ")


def test_a_list_without_content_is_no_empty_list(stage: Stage) -> None:
    """F26, F31: a List without content is not taken for an empty list, so that the Update fails."""
    first = stage.create()
    stage.backend.faults.append(Fault(UPDATE, error="ForbiddenException", times=None))
    stage.backend.faults.append(Fault(LIST, when="after", answer="empty", times=2))  # type: ignore[arg-type] # its word
    answer = stage.update(first["PhysicalResourceId"], stage.properties(Name="new"), stage.properties())
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("CE-3")
    assert ids(stage) == {first["PhysicalResourceId"]}


def test_a_failed_list_is_reported_by_name(stage: Stage) -> None:
    """F25: if List fails, the reason names the operation."""
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
def test_the_reason_an_endpoint_is_inactive_is_reported_if_known(stage: Stage, reason: str, told: str) -> None:
    """F35: if an endpoint is inactive, only the words of the API's model are passed on from the reason."""
    theirs = stage.stranger()
    theirs.status = "INACTIVE"
    theirs.status_reason = reason  # type: ignore[assignment] # the service may learn other words
    assert f", which is INACTIVE ({told}), already has the device token" in stage.create()["Reason"]


def test_what_vanishes_does_not_hide_our_own_attempt(stage: Stage) -> None:
    """F34, F61: if another endpoint vanishes before it is described, our own attempt is still found."""
    stage.backend.switches.change({"device_token_conflict": "none"})
    first = stage.create()
    stage.stranger("canary-token-c", name="canary phone")
    attempt = stage.stranger("canary-token-b", name=MARKED)
    stage.backend.faults.append(Fault(DESCRIBE, call=lambda: vanish(stage, "canary-token-c"), nth=2))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert answer["Data"]["EndpointId"] == attempt.endpoint_id


def test_only_what_may_be_ours_is_described(stage: Stage) -> None:
    """F71: other endpoints are not described, because List shows their names and types."""
    first = stage.create()
    stage.stranger("canary-token-c")
    stage.stranger("canary-token-d", name="canary phone", endpoint_type="GCM")
    stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert stage.operations == ["Register", "Describe", "List", "Register", "Update"]


def test_a_move_asks_again_what_it_leaves(stage: Stage) -> None:
    """F26, F69: if the former user's endpoint is described without content twice, the move retries and succeeds."""
    bob = second_user(stage)
    first = stage.create()
    stage.backend.faults.append(Fault(DESCRIBE, when="after", answer="empty", times=2))  # type: ignore[arg-type] # its word
    answer = stage.update(first["PhysicalResourceId"], stage.properties(AppInstanceUserArn=bob), stage.properties())
    assert answer["PhysicalResourceId"].startswith(bob)
    assert ids(stage) == {first["PhysicalResourceId"], answer["PhysicalResourceId"]}


def test_an_empty_description_of_the_current_endpoint_does_not_replace_it(stage: Stage) -> None:
    """F26: if a description has content only later, a rollback keeps the current endpoint."""
    stage.backend.switches.change({"device_token_conflict": "none"})
    first = stage.create()
    stage.backend.faults.append(Fault(DESCRIBE, when="after", answer="empty"))  # type: ignore[arg-type] # its word
    answer = stage.update(first["PhysicalResourceId"], stage.properties(), stage.properties(**ROTATED))
    assert answer["PhysicalResourceId"] == first["PhysicalResourceId"]
    assert ids(stage) == {first["PhysicalResourceId"]}
