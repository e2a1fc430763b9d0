"""With RequireActive, the deployment of an endpoint that receives no pushes fails."""

from __future__ import annotations

import pytest

from support.anomalies import ROTATED, ids, tokens
from support.stage import STACK_ID, Stage

SETTINGS = {"INVALID_DEVICE_TOKEN": "invalid_device_token", "INVALID_PINPOINT_ARN": "invalid_pinpoint_arn"}


def set_inactive(stage: Stage, physical_id: str) -> None:
    """Set an endpoint to INACTIVE, as a failed delivery does."""
    user, _, endpoint = physical_id.rpartition("/endpoint/")
    stage.backend.set_endpoint_state(
        app_instance_user_arn=user, endpoint_id=endpoint, status="INACTIVE", status_reason="INVALID_DEVICE_TOKEN"
    )


@pytest.mark.parametrize("reason", SETTINGS)
def test_a_create_fails_and_leaves_nothing_if_the_endpoint_is_inactive(stage: Stage, reason: str) -> None:
    """The error has the service's reason and says what to do."""
    stage.backend.switches.change({"new_endpoint_state": SETTINGS[reason]})
    answer = stage.create(stage.properties(RequireActive="true"))
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("CE-417: Endpoint ")
    assert f"is INACTIVE ({reason}), and RequireActive is true." in answer["Reason"]
    assert not stage.registered


def test_an_active_endpoint_is_registered_with_one_more_call(stage: Stage) -> None:
    """The state is in no response but Describe's."""
    assert stage.create(stage.properties(RequireActive=True))["Status"] == "SUCCESS"
    assert stage.operations == ["Register", "Describe"]


@pytest.mark.parametrize("declared", ["false", False])
def test_by_default_nobody_asks(stage: Stage, declared: object) -> None:
    """An INACTIVE endpoint is registered with one call, and a warning needs no call either."""
    stage.backend.switches.change({"new_endpoint_state": "invalid_device_token"})
    assert stage.create(stage.properties(RequireActive=declared))["Status"] == "SUCCESS"
    assert stage.operations == ["Register"]


def test_a_replacement_that_is_inactive_goes_and_the_former_endpoint_stays(stage: Stage) -> None:
    """The rollback then finds the endpoint that it returns to."""
    first = stage.create()
    stage.backend.switches.change({"new_endpoint_state": "invalid_device_token"})
    stage.stack.happens("UPDATE_IN_PROGRESS", STACK_ID, to="chat")
    new = stage.properties(**ROTATED, RequireActive="true")
    answer = stage.update(first["PhysicalResourceId"], new, stage.properties())
    assert answer["Status"] == "FAILED"
    assert ids(stage) == {first["PhysicalResourceId"]}
    assert tokens(stage) == {"canary-token-a"}


def test_requiring_it_later_checks_the_registered_endpoint(stage: Stage) -> None:
    """The endpoint stays as it is, also in what could be changed in place."""
    first = stage.create()
    set_inactive(stage, first["PhysicalResourceId"])
    stage.stack.happens("UPDATE_IN_PROGRESS", STACK_ID, to="chat")
    new = stage.properties(RequireActive="true", Name="canary renamed")
    answer = stage.update(first["PhysicalResourceId"], new, stage.properties())
    assert answer["Status"] == "FAILED"
    (endpoint,) = stage.registered
    assert endpoint.name == "canary phone"


@pytest.mark.parametrize("is_told", [True, False])
def test_a_rollback_restores_an_inactive_endpoint(stage: Stage, *, is_told: bool) -> None:
    """If it failed, the stack would end in UPDATE_ROLLBACK_FAILED; so it counts as one if nobody says otherwise."""
    required = stage.properties(RequireActive="true")
    first = stage.create(required)
    renamed = stage.properties(RequireActive="true", Name="canary renamed")
    stage.update(first["PhysicalResourceId"], renamed, required)
    set_inactive(stage, first["PhysicalResourceId"])
    if is_told:
        stage.stack.happens("UPDATE_ROLLBACK_IN_PROGRESS", STACK_ID, to="chat")
    answer = stage.update(first["PhysicalResourceId"], required, renamed)
    assert answer["Status"] == "SUCCESS"
    (endpoint,) = stage.registered
    assert endpoint.name == "canary phone"


def test_an_inactive_endpoint_is_not_adopted(stage: Stage) -> None:
    """It stays registered and unchanged, because this resource does not own it."""
    theirs = stage.stranger()
    theirs.status, theirs.status_reason = "INACTIVE", "INVALID_DEVICE_TOKEN"
    answer = stage.create(stage.properties(RequireActive="true", AdoptExisting="true"))
    assert answer["Status"] == "FAILED"
    assert theirs.name != "canary phone"
    assert stage.registered == [theirs]
