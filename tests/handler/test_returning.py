"""A replacement under a declared name is rolled back to the endpoint with which the update began."""

from __future__ import annotations

import pytest

from support.anomalies import MARKED, ids
from support.rotating import Stack, there
from support.stage import Stage

OLD = {"EndpointAttributes": {"DeviceToken": "canary-token-a"}}
NEW = {"EndpointAttributes": {"DeviceToken": "canary-token-b"}}


@pytest.fixture
def stack(stage: Stage) -> Stack:
    """A service that allows equal endpoints, and an empty stack."""
    stage.backend.switches.change({"device_token_conflict": "none"})
    return Stack(stage)


@pytest.mark.parametrize("is_first", [True, False])
def test_a_strangers_equal_endpoint_is_not_returned_to(stack: Stack, *, is_first: bool) -> None:
    """F60: a rollback does not return to someone else's equal endpoint of the same age."""
    if is_first:
        stack.stage.stranger("canary-token-a", name="canary phone")
    first = stack.create(**OLD)
    if not is_first:
        stack.stage.stranger("canary-token-a", name="canary phone")
    before = there(stack)
    stack.update(**NEW)
    assert stack.held != first
    assert stack.roll_back()["PhysicalResourceId"] == first
    assert there(stack) == before


def test_a_strangers_equal_endpoint_is_not_returned_to_after_a_lost_response(stack: Stack) -> None:
    """F52, F60: after a lost response, the generated name marks the endpoint that the rollback returned to."""
    stack.stage.stranger("canary-token-a", name="canary phone")
    first = stack.create(**OLD)
    before = there(stack)
    stack.update(**NEW)
    stack.stage.backend.update_app_instance_user_endpoint(
        app_instance_user_arn=stack.stage.user,
        endpoint_id=first.rpartition("/")[2],
        name=MARKED,
    )
    assert stack.roll_back()["PhysicalResourceId"] == first
    assert sorted(there(stack)) == sorted(before)


@pytest.mark.parametrize("conflict", ["none", "user"])
def test_the_rollback_of_an_adoption_returns(stack: Stack, conflict: str) -> None:
    """F27, F60: the rollback of an adoption returns to the old endpoint, although the adopted one is older."""
    stack.stage.backend.switches.change({"device_token_conflict": conflict})
    first = stack.create(**OLD)
    stack.stage.backend.switches.change({"device_token_conflict": "user"})
    theirs = stack.stage.stranger("canary-token-b")
    stack.stage.clock.sleep(86_400)
    stack.update(**NEW, AdoptExisting="true")
    assert stack.held.endswith(theirs.endpoint_id)
    stack.stage.backend.switches.change({"device_token_conflict": conflict})
    assert stack.roll_back()["PhysicalResourceId"] == first
    assert ids(stack.stage) == {first}


def test_the_events_are_not_read_if_the_ages_suffice(stack: Stack) -> None:
    """F72: if the endpoints' ages identify the old one, a rollback does not read the stack's events."""
    first = stack.create(**OLD)
    stack.update(**NEW)
    assert stack.roll_back()["PhysicalResourceId"] == first
    assert stack.stage.stack.asked_for_rollback == []


@pytest.mark.parametrize("conflict", ["none", "user"])
@pytest.mark.parametrize("is_gone", [True, False])
def test_a_rollback_returns_hours_later(stack: Stack, conflict: str, *, is_gone: bool) -> None:
    """F60, F62: a rollback hours later returns to the old endpoint, even if the new one is gone."""
    stack.stage.backend.switches.change({"device_token_conflict": conflict})
    first = stack.create(**OLD)
    stack.update(**NEW)
    stack.stage.clock.sleep(86_400)
    if is_gone:
        del stack.stage.backend.endpoints[stack.held.rpartition("/")[2]]
    assert stack.roll_back()["PhysicalResourceId"] == first
    assert ids(stack.stage) == {first}
