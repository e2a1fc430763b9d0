"""An abandoned Update still runs during its rollback, which removes what the Update registered."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from chime_endpoints_emulator import Fault
from support.anomalies import DEREGISTER, REGISTER, ROTATED, UPDATE, ids, stands, tokens
from support.stage import STACK_ID, Stage


def begins(stage: Stage, status: str, physical_id: str) -> None:
    """Begin an update of the stack or its rollback, and the resource's part of it."""
    stage.stack.happens(status, STACK_ID, to="chat")
    stage.stack.happens("UPDATE_IN_PROGRESS", physical_id)
    stands(stage, "UPDATE_IN_PROGRESS", physical_id)


def roll_back(stage: Stage, first: dict[str, Any]) -> dict[str, Any]:
    """Deliver the rollback's Update, to the former declaration."""
    begins(stage, "UPDATE_ROLLBACK_IN_PROGRESS", first["PhysicalResourceId"])
    return stage.update(first["PhysicalResourceId"], stage.properties(), stage.properties(**ROTATED))


def test_a_rollback_removes_what_the_overtaken_update_registered(stage: Stage) -> None:
    """F44, F61: a rollback removes an endpoint if its age and its equality show that the update registered it."""
    stage.backend.switches.change({"device_token_conflict": "none"})
    first = stage.create()
    stage.clock.sleep(600)
    begins(stage, "UPDATE_IN_PROGRESS", first["PhysicalResourceId"])
    named = stage.stranger("canary-token-b", name="canary phone")  # as it was at the beginning of the rollback
    assert roll_back(stage, first)["PhysicalResourceId"] == first["PhysicalResourceId"]
    assert named not in stage.registered
    assert tokens(stage) == {"canary-token-a"}


def test_an_overtaken_update_leaves_what_may_be_a_newer_ones_if_cloudformation_says_no_more(stage: Stage) -> None:
    """F44: once overtaken, an Update removes nothing that it only may have registered, unless it is given up."""
    stage.backend.switches.change({"token_memory": "none"})
    first = stage.create()
    stands(stage, "UPDATE_COMPLETE", "the ID of its successor")
    answers = iter([stage.stack.detail])
    stage.stack.others = SimpleNamespace(get=lambda *_: next(answers, "Rate exceeded"))  # type: ignore[assignment] # a dict that forgets
    stage.backend.faults.append(Fault(REGISTER, when="after", call=lambda: stage.clock.sleep(5)))
    stage.backend.faults.append(Fault(REGISTER, when="after", error="ServiceFailureException", status=500))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert answer["Reason"].startswith("CE-415: ")
    assert tokens(stage) == {"canary-token-a", "canary-token-b"}


def test_an_overtaken_update_registers_nothing_in_the_place_of_what_is_gone(stage: Stage) -> None:
    """F34, F44: if the endpoint is gone, an Update that CloudFormation no longer waits for stops at once."""
    first = stage.create()
    stage.backend.endpoints.clear()
    stands(stage, "UPDATE_COMPLETE", "the ID of its successor")
    stage.backend.faults.append(Fault.deny(DEREGISTER))
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**ROTATED), stage.properties())
    assert answer["Reason"].startswith("CE-415: ")
    assert stage.registered == []


@pytest.mark.parametrize("difference", [{"device_token": "canary-token-c"}, {"name": "another"}], ids=str)
def test_a_rollback_spares_what_differs_from_the_overtaken_update(stage: Stage, difference: dict[str, Any]) -> None:
    """F27: a rollback keeps an endpoint that differs from the abandoned update."""
    first = stage.create()
    begins(stage, "UPDATE_IN_PROGRESS", first["PhysicalResourceId"])
    theirs = stage.stranger(**({"device_token": "canary-token-b", "name": "canary phone"} | difference))
    roll_back(stage, first)
    assert theirs in stage.registered


def test_a_rollback_spares_what_is_older_than_the_overtaken_update(stage: Stage) -> None:
    """F27: a rollback keeps an endpoint that is older than the abandoned update, even if it is equal."""
    first = stage.create()
    theirs = stage.stranger("canary-token-b", name="canary phone")
    stage.clock.sleep(1)
    begins(stage, "UPDATE_IN_PROGRESS", first["PhysicalResourceId"])
    roll_back(stage, first)
    assert theirs in stage.registered


def test_a_rollback_removes_nothing_if_cloudformation_does_not_say_when_the_update_began(stage: Stage) -> None:
    """F27, F44: if CloudFormation does not say when the update began, the rollback removes nothing."""
    first = stage.create()
    theirs = stage.stranger("canary-token-b", name="canary phone")
    stage.update(first["PhysicalResourceId"], stage.properties(), stage.properties(**ROTATED))
    assert theirs in stage.registered


def test_a_rollback_removes_what_the_overtaken_update_registered_in_the_place_of_a_lost_endpoint(stage: Stage) -> None:
    """F44, F61: what the update registered does not count as what came back after it, so it does not stay."""
    stage.backend.switches.change({"device_token_conflict": "none"})
    first = stage.create()
    stage.backend.endpoints.clear()
    stage.clock.sleep(600)
    begins(stage, "UPDATE_IN_PROGRESS", first["PhysicalResourceId"])
    named = stage.stranger("canary-token-b", name="canary phone")  # as it was at the beginning of the rollback
    assert roll_back(stage, first)["Status"] == "SUCCESS"
    assert named not in stage.registered
    assert tokens(stage) == {"canary-token-a"}


def test_an_endpoint_that_an_overtaken_update_chose_stays_with_a_resource_that_lives_on(stage: Stage) -> None:
    """F44, F61: if CloudFormation goes on while an Update changes an endpoint that it found, that endpoint stays."""
    first = stage.create(stage.properties(Name=None))
    lost, third = (f"{stage.user}/endpoint/{name}" for name in ("lost", "third"))
    stage.sent()
    stands(stage, "UPDATE_IN_PROGRESS", lost)
    stage.backend.faults += [
        Fault(UPDATE, when="after", error="ServiceFailureException", status=500),
        Fault(UPDATE, nth=2, call=lambda: stands(stage, "UPDATE_IN_PROGRESS", third)),
    ]
    old = stage.properties(Name=None, **ROTATED)
    answer = stage.update(lost, stage.properties(Name=None, AllowMessages="NONE"), old)
    assert answer["Reason"].startswith("CE-415: ")
    assert ids(stage) == {first["PhysicalResourceId"]}


def test_what_an_overtaken_update_registered_without_a_response_is_removed(stage: Stage) -> None:
    """F44, F61: an overtaken Update removes a replacement that it has found instead of a response."""
    stage.backend.switches.change({"token_memory": "none", "device_token_conflict": "user"})
    first = stage.create()["PhysicalResourceId"]
    stage.sent()
    stands(stage, "UPDATE_IN_PROGRESS", first)

    def go_on() -> None:
        stage.clock.sleep(1)
        stands(stage, "UPDATE_IN_PROGRESS", first)

    stage.backend.faults += [
        Fault(REGISTER, when="after", error="ServiceFailureException", status=500),
        Fault(UPDATE, call=go_on),
    ]
    answer = stage.update(first, stage.properties(**ROTATED), stage.properties())
    assert (
        answer["Reason"]
        == "CE-415: CloudFormation is no longer waiting for this Update. What it registered was removed."
    )
    assert ids(stage) == {first}
