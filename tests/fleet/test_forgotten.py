"""Interrupted changes whose lines are gone: the objects of a run are deleted after 30 days, the ledgers never."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from chime_endpoints_emulator import Fault
from chime_endpoints_fleet.ledger import shard_ledger
from chime_endpoints_fleet.ledger.entry import Intent
from support.fleet import FleetStage
from support.fleet_stack import FleetStack

pytestmark = pytest.mark.slow

REGISTER, LIST = "RegisterAppInstanceUserEndpoint", "ListAppInstanceUserEndpoints"
DEREGISTER = "DeregisterAppInstanceUserEndpoint"


def forget(
    stage: FleetStage, run: str, lines: Sequence[Mapping[str, Any]], *, also: tuple[str, ...] = (LIST, DEREGISTER)
) -> None:
    """Leave the changes of a run in doubt, and delete the run's objects."""
    error = "ServiceFailureException"
    stage.backend.faults += [Fault(REGISTER, when="after", error=error, times=None)]
    stage.backend.faults += [Fault(each, error=error, times=None) for each in also]
    stage.begin(run, stage.upload(lines))
    decided = stage.plan(run)
    stage.work(run, 0, decided["shards"][0], 1)
    assert intents(stage)
    stage.backend.faults.clear()
    stage.store.delete(stage.store.names(f"runs/{run}/"))
    stage.clock.sleep(60)


def intents(stage: FleetStage) -> tuple[Intent, ...]:
    """The changes in doubt."""
    return shard_ledger.load(stage.store, 0, 0).header.intents


def without_users(stage: FleetStage) -> None:
    """Rewrite the ledger in the first released form, whose intents name no users."""
    ledger = shard_ledger.load(stage.store, 0, 0)
    old = tuple(replace(each, user_arn="", settled="") for each in ledger.header.intents)
    shard_ledger.save(stage.store, 0, 0, replace(ledger, header=replace(ledger.header, intents=old)))


def test_what_a_forgotten_create_has_registered_is_deregistered(stage: FleetStage) -> None:
    """Its name proves whose it is, also for two keys of one user."""
    assert stage.run("r0", [stage.line("b", user="u1")])
    forget(stage, "r1", [stage.line("b", user="u1"), stage.line("a", user="u1"), stage.line("c", user="u1")])
    assert len(stage.backend.endpoints) == 3
    assert stage.run("r2", [stage.line("b", user="u1")])
    assert stage.differences([stage.line("b", user="u1")]) == []
    assert not intents(stage)


def test_a_deletion_leaves_nothing_of_a_forgotten_change(stage: FleetStage, stack: FleetStack) -> None:
    """It looks for the endpoints of the user that the change was for."""
    lines = [stage.line("a", name="canary-a"), stage.line("b")]
    assert stage.run("r0", lines)
    replaced = [line | {"device_token": f"canary-other-{line['key']}"} for line in lines]
    forget(stage, "r1", replaced, also=(DEREGISTER,))
    assert len(stage.backend.endpoints) == 4
    assert stack.deploy("Delete", "r2")
    assert not stage.backend.endpoints


@pytest.mark.parametrize("form", ["this", "the first"])
def test_a_deletion_does_not_succeed_while_an_endpoint_may_be_left(
    stage: FleetStage, stack: FleetStack, form: str
) -> None:
    """A declared name proves nothing: somebody else may have given it."""
    assert stage.run("r0", [])
    line = stage.line("a", user="u1", name="canary-a")
    forget(stage, "r1", [line])
    if form == "the first":
        without_users(stage)
    for run in ("r2", "r3"):
        assert not stack.deploy("Delete", run)
        assert stack.answers[-1]["Status"] == "FAILED"
        assert stack.answers[-1]["Reason"].startswith("CE-702: 1 endpoint failed: CE-514")
        assert "interrupted create of run r1 may have registered" in stack.answers[-1]["Reason"]
    assert not stage.run("r4", [])
    assert stage.run("r5", [line], adopts=True)
    assert stage.differences([line]) == []
    assert stack.deploy("Delete", "r6")
    assert not stage.backend.endpoints


def test_an_endpoint_that_was_deregistered_by_hand_is_in_doubt_no_longer(stage: FleetStage) -> None:
    """Neither is that of a user that no longer exists."""
    assert stage.run("r0", [])
    forget(stage, "r1", [stage.line("a", user="u1", name="canary-a"), stage.line("b", user="u2", name="canary-b")])
    assert not stage.remove("r2")
    stage.backend.delete_app_instance_user(app_instance_user_arn=stage.users[2])
    stage.backend.endpoints.clear()
    assert stage.remove("r3")
    assert not intents(stage)


def test_what_another_key_has_adopted_is_not_deregistered(stage: FleetStage) -> None:
    """The endpoint keeps the name that was given for the forgotten key."""
    assert stage.run("r0", [])
    forget(stage, "r1", [stage.line("a", user="u1")])
    ledger = shard_ledger.load(stage.store, 0, 0)
    doubtful = ledger.header.intents
    shard_ledger.save(stage.store, 0, 0, replace(ledger, header=replace(ledger.header, intents=())))
    renamed = stage.line("b", user="u1", device_token="canary-token-a")
    assert stage.run("r2", [renamed], adopts=True)
    ledger = shard_ledger.load(stage.store, 0, 0)
    shard_ledger.save(stage.store, 0, 0, replace(ledger, header=replace(ledger.header, intents=doubtful)))
    before = dict(stage.backend.endpoints)
    assert not stage.run("r3", [renamed])
    assert stage.backend.endpoints == before
    assert stage.remove("r4")
    assert not stage.backend.endpoints


def test_a_service_that_does_not_list_leaves_the_doubt(stage: FleetStage) -> None:
    """The next round tries again."""
    assert stage.run("r0", [])
    forget(stage, "r1", [stage.line("a", user="u1")])
    stage.backend.faults.append(Fault(LIST, error="ServiceFailureException", times=None))
    assert not stage.remove("r2")
    assert intents(stage)
    stage.backend.faults.clear()
    stage.clock.sleep(60)
    assert stage.remove("r3")
    assert not stage.backend.endpoints
