"""The rounds of a run: what failed is tried again only if another attempt may succeed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chime_endpoints_emulator import Fault
from chime_endpoints_fleet.applying.assignment import Batching
from chime_endpoints_fleet.ledger import shard_ledger
from chime_endpoints_fleet.ledger.header import OPEN
from support.fleet import FLEET, FleetStage
from support.fleet_stack import FleetStack

pytestmark = pytest.mark.slow

REGISTER = "RegisterAppInstanceUserEndpoint"
PATIENCE = 20.0
"""More than the fifteen seconds for which a 403 is retried, less than twice as much."""


def registrations(stage: FleetStage) -> int:
    """The registrations since the last time."""
    count = sum(call.operation == REGISTER for call in stage.backend.calls)
    stage.backend.calls.clear()
    return count


def rounds(stage: FleetStage) -> int:
    """The rounds so far."""
    return sum(action == "review" for action, _ in stage.answers)


def test_an_unknown_user_is_waited_for_once(stage: FleetStage) -> None:
    """Its 403 may mean a role that is too new, but only in the first round."""
    began = stage.clock.now()
    assert not stage.run("r1", [stage.line("gone", user="nobody")])
    assert stage.failures == {"gone": "CE-302"}
    assert stage.clock.now() - began < PATIENCE
    assert registrations(stage) <= 32  # of fifteen seconds, at half a second each, and one in the second round
    assert rounds(stage) == 2


def test_an_unknown_user_costs_one_call_once_others_have_succeeded(stage: FleetStage) -> None:
    """The role has its permissions, so the user does not exist."""
    lines = [*stage.lines(9), stage.line("z-gone", user="nobody")]
    began = stage.clock.now()
    assert not stage.run("r1", lines)
    assert stage.failures == {"z-gone": "CE-302"}
    assert registrations(stage) == 10
    assert rounds(stage) == 1
    assert stage.clock.now() - began < 1


def test_an_unknown_user_costs_one_call_after_the_first_minute(stage: FleetStage) -> None:
    """By then, a policy of the same deployment has taken effect."""
    stage.begin("r1", stage.upload([stage.line("gone", user="nobody")]))
    decided = stage.plan("r1")
    stage.clock.sleep(61)
    assert not stage.apply("r1", decided)
    assert registrations(stage) == 1
    assert rounds(stage) == 1


def test_a_role_that_is_new_for_longer_than_a_change_can_wait_is_tried_again(stage: FleetStage) -> None:
    """The changes that begin before any has succeeded may all meet it."""
    stage.batching = Batching(batch=25, threads=1)
    stage.backend.faults.append(Fault(error="ForbiddenException", times=40))
    assert stage.run("r1", stage.lines(30))
    assert stage.differences(stage.lines(30)) == []


def test_a_refused_value_is_tried_once(stage: FleetStage) -> None:
    """A 400 stays a 400."""
    stage.backend.faults.append(Fault(REGISTER, error="BadRequestException", times=None))
    assert not stage.run("r1", stage.lines(1))
    assert stage.failures == {"k0": "CE-304"}
    assert registrations(stage) == 1
    assert rounds(stage) == 1


def test_a_conflict_that_nothing_can_end_is_tried_once(stage: FleetStage) -> None:
    """Nothing is deregistered in this run."""
    stage.stranger(stage.users[1], "canary-taken")
    stage.backend.calls.clear()
    assert not stage.run("r1", [stage.line("taken", user="u1", device_token="canary-taken")])
    assert stage.failures == {"taken": "CE-411"}
    assert registrations(stage) == 1
    assert rounds(stage) == 1


def test_a_conflict_is_tried_again_after_deregistrations(stage: FleetStage) -> None:
    """But not in a third round, before which nothing was deregistered."""
    stage.stranger(stage.users[1], "canary-taken")
    old = stage.line("old", user="u2", device_token="canary-same")
    assert stage.run("r1", [old, stage.line("other")])
    stage.answers.clear()
    stage.backend.calls.clear()
    new = stage.line("new", user="u2", device_token="canary-same")
    lines = [new, stage.line("other"), stage.line("taken", user="u1", device_token="canary-taken")]
    assert not stage.run("r2", lines)
    assert stage.failures == {"taken": "CE-411"}
    assert stage.differences(lines) == ["taken: not in the ledger"]
    assert registrations(stage) == 4
    assert rounds(stage) == 2


def test_the_quota_of_a_user_may_be_free_in_the_next_round(stage: FleetStage) -> None:
    """An endpoint of the user is deregistered in another shard, or later in this one."""
    stage.backend.switches.endpoints_per_user = 1
    assert stage.run("r1", [stage.line("old", user="u2")])
    assert stage.run("r2", [stage.line("new", user="u2")])
    assert stage.differences([stage.line("new", user="u2")]) == []


def test_tokens_that_move_from_key_to_key_get_there_round_by_round(stage: FleetStage) -> None:
    """Each round frees the token of the next."""
    tokens = {"a": "t1", "b": "t2", "c": "t3"}
    lines = [stage.line(key, user="u1", device_token=f"canary-{token}") for key, token in tokens.items()]
    assert stage.run("r1", lines)
    moved = {"a": "t2", "b": "t3", "c": "t4"}
    lines = [stage.line(key, user="u1", device_token=f"canary-{token}") for key, token in moved.items()]
    assert stage.run("r2", lines)
    assert stage.differences(lines) == []


def test_resume_tries_again_what_was_refused_for_good(stack: FleetStack) -> None:
    """Someone has corrected the cause in the meantime."""
    stage = stack.stage
    lines = [*stage.lines(40), stage.line("gone", user="nobody")]
    assert not stack.deploy("Create", "r1", lines)
    assert "CE-702: 1 endpoint failed: CE-302 (1). gone: " in stack.answers[-1]["Reason"]
    stage.backend.create_app_instance_user(app_instance_arn=stage.instance, app_instance_user_id="nobody", name="u")
    stage.backend.calls.clear()
    assert stack.send({"command": "resume", "fleet": FLEET}) == {"run": "r1"}
    assert stack.execute("r1")
    assert stage.differences(lines) == []
    assert registrations(stage) == 1


def test_a_worker_that_was_frozen_reports_nothing_into_an_emptied_bucket(stage: FleetStage) -> None:
    """CloudFormation could not delete it."""
    stage.begin("r1", stage.upload([stage.line("gone", user="nobody")]))
    stage.plan("r1")
    stage.clock.sleep(61)
    stage.backend.faults.append(Fault(REGISTER, call=lambda: stage.store.delete(stage.store.names(""))))
    assert not stage.act("work", "r1", level=0, shard=0, round=1, rate=1000.0)["done"]
    assert not stage.store.names("")


def test_a_worker_that_waits_publishes_nothing(stage: FleetStage, capsys: pytest.CaptureFixture[str]) -> None:
    """It looks every few seconds whether another one has given the shard back."""
    stage.begin("r1", stage.upload(stage.lines(3)))
    stage.plan("r1")
    ledger = shard_ledger.load(stage.store, 0, 0)
    header = replace(ledger.header, run="r1", state=OPEN, lease=stage.clock.now() + 30)
    shard_ledger.save(stage.store, 0, 0, replace(ledger, header=header))
    assert stage.act("work", "r1", level=0, shard=0, round=1, rate=1000.0)["wait"]
    assert "_aws" not in capsys.readouterr().out


def test_failures_of_a_killed_worker_have_their_reasons(stage: FleetStage) -> None:
    """They are written before the ledger says that the keys have failed."""
    stage.batching = Batching(batch=2, threads=1)
    lines = [stage.line(f"a{number}", user="nobody") for number in range(2)] + [stage.line("z")]
    stage.sizes = replace(stage.sizes, shard_endpoints=1000)
    stage.begin("r1", stage.upload(lines))
    stage.plan("r1")
    stage.clock.sleep(61)
    stage.seconds = 50.0
    stage.backend.faults.append(Fault(REGISTER, nth=2, call=lambda: stage.clock.sleep(20)))
    assert not stage.act("work", "r1", level=0, shard=0, round=1, rate=1000.0)["done"]
    assert set(stage.failures) == {"a0", "a1"}
    (report,) = [stage.store.json(name) for name in stage.store.names("runs/r1/report/")]
    assert [each["key"] for each in report["failed"]] == ["a0", "a1"]
