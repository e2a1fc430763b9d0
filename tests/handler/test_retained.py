"""Endpoints without a declared name that the stack retains: they have the resource's name and are not leftovers."""

from __future__ import annotations

from typing import Any

import pytest

from support.anomalies import MARKED, ids, second_user, stands, unanswered
from support.stage import Stage


def unnamed(stage: Stage, token: str = "canary-token-a", **changes: Any) -> dict[str, Any]:
    """The declaration of an endpoint without a name."""
    return stage.properties(Name=None, EndpointAttributes={"DeviceToken": token}, **changes)


def replaced(stage: Stage, held: dict[str, Any], new: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
    """The response to an Update a day later; the replaced endpoint is retained."""
    stage.clock.sleep(24 * 3600)
    answer = stage.update(held["PhysicalResourceId"], new, old)
    assert answer["Status"] == "SUCCESS"
    return answer


def test_what_was_replaced_and_retained_stays(stage: Stage) -> None:
    """F66, F69: a retained endpoint stays through rotations and changes of the name."""
    first = stage.create(unnamed(stage))
    second = replaced(stage, first, unnamed(stage, "canary-token-b"), unnamed(stage))
    third = replaced(stage, second, unnamed(stage, "canary-token-c"), unnamed(stage, "canary-token-b"))
    named = stage.properties(EndpointAttributes={"DeviceToken": "canary-token-c"})
    replaced(stage, third, named, unnamed(stage, "canary-token-c"))
    assert ids(stage) == {each["PhysicalResourceId"] for each in (first, second, third)}


def test_what_was_replaced_and_retained_stays_with_the_former_user(stage: Stage) -> None:
    """F66, F69: a retained endpoint stays with the former user after a move."""
    bob = second_user(stage)
    first = stage.create(unnamed(stage))
    second = replaced(stage, first, unnamed(stage, "canary-token-b"), unnamed(stage))
    moved = unnamed(stage, "canary-token-b", AppInstanceUserArn=bob)
    third = replaced(stage, second, moved, unnamed(stage, "canary-token-b"))
    assert ids(stage) == {each["PhysicalResourceId"] for each in (first, second, third)}


def test_what_was_retained_stays_through_a_rollback(stage: Stage) -> None:
    """F60, F66: a rollback leaves a failed update's endpoint to CloudFormation's Delete, and retains the others."""
    first = stage.create(unnamed(stage))
    second = replaced(stage, first, unnamed(stage, "canary-token-b"), unnamed(stage))
    third = replaced(stage, second, unnamed(stage, "canary-token-c"), unnamed(stage, "canary-token-b"))
    back = stage.update(third["PhysicalResourceId"], unnamed(stage, "canary-token-b"), unnamed(stage, "canary-token-c"))
    assert back["PhysicalResourceId"] == second["PhysicalResourceId"]
    stage.delete(third["PhysicalResourceId"], unnamed(stage, "canary-token-c"))
    assert ids(stage) == {first["PhysicalResourceId"], second["PhysicalResourceId"]}


def test_an_unanswered_attempt_is_not_mistaken_for_a_retained_endpoint(stage: Stage) -> None:
    """F61, F66: an endpoint younger than the current one is a failed attempt's, not a retained one."""
    first = stage.create(unnamed(stage))
    second = replaced(stage, first, unnamed(stage, "canary-token-b"), unnamed(stage))
    stage.clock.sleep(24 * 3600)
    new, old = unnamed(stage, "canary-token-c"), unnamed(stage, "canary-token-b")
    held = second["PhysicalResourceId"]
    unanswered(stage, stage.event("Update", new, PhysicalResourceId=held, OldResourceProperties=old))
    assert len(stage.registered) == 3
    assert stage.update(held, old, new)["PhysicalResourceId"] == held
    assert ids(stage) == {first["PhysicalResourceId"], held}


def test_if_the_current_endpoint_is_gone_those_with_our_name_are_removed(stage: Stage) -> None:
    """F34, F61: if the current endpoint is gone, those with our name are removed, as the guarantees say."""
    first = stage.create(unnamed(stage))
    stage.backend.endpoints.clear()
    stage.stranger("canary-token-b", name=MARKED)
    stage.clock.sleep(4 * 3600)
    stands(stage, "UPDATE_IN_PROGRESS", first["PhysicalResourceId"])
    answer = stage.update(first["PhysicalResourceId"], unnamed(stage, AllowMessages="NONE"), unnamed(stage))
    assert answer["Status"] == "SUCCESS"
    assert ids(stage) == {answer["PhysicalResourceId"]}


@pytest.mark.parametrize("scope", ["user", "none"])
def test_a_token_that_is_declared_again_takes_up_what_was_retained(stage: Stage, scope: str) -> None:
    """F27, F66: if the token of a retained endpoint is declared again, the resource uses that endpoint again."""
    stage.backend.switches.change({"device_token_conflict": scope})
    first = stage.create(unnamed(stage))
    second = replaced(stage, first, unnamed(stage, "canary-token-b"), unnamed(stage))
    third = replaced(stage, second, unnamed(stage), unnamed(stage, "canary-token-b"))
    assert third["PhysicalResourceId"] == first["PhysicalResourceId"]
    assert ids(stage) == {first["PhysicalResourceId"], second["PhysicalResourceId"]}


def test_a_retained_endpoint_that_conflicts_is_reported(stage: Stage) -> None:
    """F27, F66: if a retained endpoint with another declaration has the token, the reason names it."""
    first = stage.create(unnamed(stage))
    second = replaced(stage, first, unnamed(stage, "canary-token-b"), unnamed(stage))
    stage.clock.sleep(24 * 3600)
    new, old = unnamed(stage, Type="APNS_SANDBOX"), unnamed(stage, "canary-token-b")
    answer = stage.update(second["PhysicalResourceId"], new, old)
    assert answer["Reason"].startswith("CE-411: ")
    assert first["Data"]["EndpointId"] in answer["Reason"]
    assert ids(stage) == {first["PhysicalResourceId"], second["PhysicalResourceId"]}
