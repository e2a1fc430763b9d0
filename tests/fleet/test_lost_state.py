"""A fleet whose object `fleet` was deleted or damaged: its ledgers say what it has registered."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from chime_endpoints_fleet.ledger import fleet as fleets
from chime_endpoints_fleet.ledger import shard_ledger
from support.fleet import FLEET, LOGICAL_ID, MANIFESTS, FleetStage
from support.fleet_stack import FleetStack
from support.stage import STACK_ID

pytestmark = pytest.mark.slow


@pytest.fixture
def stack(stack: FleetStack) -> FleetStack:
    """A stack with a fleet of 40 endpoints in eight shards."""
    assert stack.deploy("Create", "r1", stack.stage.lines(40))
    return stack


def test_a_deployment_stops(stack: FleetStack) -> None:
    """A new state would have another level, and the endpoints would be forgotten. The last version may be restored."""
    stage = stack.stage
    state = stage.store.get(fleets.NAME)
    assert state is not None
    stage.store.delete([fleets.NAME])
    assert not stack.deploy("Update", "r2", stage.lines(40))
    assert "The object `fleet` in the state bucket is missing" in stack.answers[-1]["Reason"]
    assert len(stage.backend.endpoints) == 40
    stage.store.put(fleets.NAME, state.body)
    assert stage.run("r3", stage.lines(40))
    assert stage.differences(stage.lines(40)) == []


@pytest.mark.parametrize("after", ["at once", "after a refused deployment"])
def test_the_command_that_adopts_repairs_it(stack: FleetStack, after: str) -> None:
    """The endpoints stay as they are, and the ledgers are those that there were."""
    stage = stack.stage
    before = stage.ledger
    stage.store.delete([fleets.NAME])
    if after != "at once":
        assert not stack.deploy("Update", "r2", stage.lines(40))
    answer = stack.send({"command": "sync", "fleet": FLEET, "adopts": True})
    assert answer is not None
    stage.backend.calls.clear()
    assert stack.execute(answer["run"])
    assert not stage.backend.calls
    assert (fleets.read(stage.store).level, fleets.read(stage.store).is_complete) == (3, True)
    assert stage.ledger == before
    assert stack.deploy("Update", "r4", stage.lines(41))


def test_it_reads_the_newest_manifest_unless_a_version_is_declared(stack: FleetStack) -> None:
    """The version that the last run has found is not one that it was told to read."""
    stage = stack.stage
    stage.s3.put_bucket_versioning(Bucket=MANIFESTS, VersioningConfiguration={"Status": "Enabled"})
    place = {"Bucket": MANIFESTS, "Key": "devices.jsonl"}
    stage.upload_by(stage.s3, stage.lines(40))
    assert stack.deploy("Update", "r2", Manifest=place)
    stage.upload_by(stage.s3, stage.lines(42))
    stage.store.delete([fleets.NAME])
    answer = stack.send({"command": "sync", "fleet": FLEET, "adopts": True})
    assert answer is not None
    assert stack.execute(answer["run"])
    assert stage.differences(stage.lines(42)) == []
    assert "version_id" not in fleets.read(stage.store).settings["manifest"]


def declared(stack: FleetStack, **changes: Any) -> dict[str, Any]:
    """The resource as the command finds it in the stack's template."""
    properties = stack.event("Update", "r2", stack.stage.lines(40))["ResourceProperties"]
    return {"stack_id": STACK_ID, "logical_id": LOGICAL_ID, "properties": properties | changes}


def test_a_fleet_without_any_run_is_repaired_by_what_its_stack_declares(stack: FleetStack) -> None:
    """The ledgers are those that there were, and no endpoint is touched."""
    stage = stack.stage
    before = stage.ledger
    stage.store.delete([fleets.NAME, *stage.store.names("runs/")])
    stage.backend.calls.clear()
    answer = stack.send({"command": "sync", "fleet": FLEET, "adopts": True, "declared": declared(stack)})
    assert answer is not None
    assert stack.execute(answer["run"])
    assert not stage.backend.calls
    assert stage.ledger == before
    assert stack.deploy("Update", "r4", stage.lines(41))
    assert stage.differences(stage.lines(41)) == []


@pytest.mark.parametrize(
    ("left", "changes", "reason"),
    [
        ("ledger/", {"stack_id": "another"}, "There is no fleet"),
        ("ledger/", {"properties": {"Manifest": {"Bucket": "b"}}}, "Manifest.Key is missing."),
        ("ledger/", None, "There is no fleet"),
        ("nothing", {}, "There is no fleet"),
    ],
)
def test_a_fleet_is_not_made_out_of_nothing(
    stack: FleetStack, left: str, changes: dict[str, Any] | None, reason: str
) -> None:
    """A deletion has perhaps just emptied the bucket, which must stay empty."""
    stage = stack.stage
    stage.store.delete([name for name in stage.store.names("") if not name.startswith(left)])
    given = {} if changes is None else {"declared": declared(stack) | changes}
    answer = stack.send({"command": "sync", "fleet": FLEET, "adopts": True, **given})
    assert answer is not None
    assert reason in answer["error"]
    assert not stage.store.names("runs/")


def test_the_command_that_adopts_repairs_a_damaged_state(stack: FleetStack) -> None:
    """What was damaged is kept. Any other command says what to do."""
    stage = stack.stage
    before = stage.ledger
    stage.store.put(fleets.NAME, b"canary")
    for name in ("sync", "resume", "drain", "check", "stop"):
        answer = stack.send({"command": name, "fleet": FLEET})
        assert answer is not None
        assert "run chime-endpoints fleet sync --adopt" in answer["error"]
    answer = stack.send({"command": "sync", "fleet": FLEET, "adopts": True})
    assert answer is not None
    assert stack.execute(answer["run"])
    assert stage.ledger == before
    kept = stage.store.get("damaged/fleet")
    assert kept is not None
    assert kept.body == b"canary"


@pytest.mark.parametrize("name", [fleets.NAME, shard_ledger.name_of(3, 2)])
def test_what_a_later_release_has_written_is_not_replaced(stack: FleetStack, name: str) -> None:
    """That release can read it."""
    stage = stack.stage
    stage.store.put(name, b'{"format": 99}')
    answer = stack.send({"command": "sync", "fleet": FLEET, "adopts": True})
    assert answer is not None
    if "run" in answer:
        assert not stack.execute(answer["run"])
    said = answer.get("error") or stack.result(answer["run"])["reason"]
    assert "it was written by a later release; deploy that release again" in said
    found = stage.store.get(name)
    assert found is not None
    assert found.body == b'{"format": 99}'


def test_a_deletion_deregisters_what_the_ledgers_say(stack: FleetStack) -> None:
    """Every shard has its ledger."""
    stack.stage.store.delete([fleets.NAME])
    assert stack.deploy("Delete", "r2")
    assert not stack.stage.backend.endpoints


def test_a_deletion_does_not_succeed_if_a_ledger_is_lost_as_well(stack: FleetStack) -> None:
    """Nobody knows what it contained. The endpoints of the manifest can be adopted first."""
    stage = stack.stage
    stage.store.delete([fleets.NAME, shard_ledger.name_of(3, 2)])
    assert not stack.deploy("Delete", "r2")
    assert len(stage.backend.endpoints) == 40
    assert stage.run("r3", stage.lines(40), adopts=True)
    assert stage.differences(stage.lines(40)) == []
    assert stack.deploy("Delete", "r4")
    assert not stage.backend.endpoints


def test_a_fleet_that_was_growing_goes_on_from_the_higher_level(stage: FleetStage) -> None:
    """Its shards are newer; those not written yet are parts of the ones below."""
    few, many = [stage.line("a"), stage.line("b")], stage.lines(100)
    assert stage.run("r1", few)
    stage.clock.sleep(1)
    stage.begin("r2", stage.upload([*few, *many]))
    decided = stage.plan("r2")
    for shard in decided["shards"][:3]:
        stage.work("r2", decided["level"], shard, 1)
    assert shard_ledger.levels(stage.store) == {0, 3}
    stage.store.delete([fleets.NAME])
    stage.clock.sleep(1)
    assert stage.remove("r3")
    assert not stage.backend.endpoints


HARMS = {
    "damaged": (b"canary", "CE-701: The fleet's ledger is damaged: fleet: it is not the state of a fleet."),
    "of a later release": (b'{"format": 99}', "CE-701: fleet: it was written by a later release; deploy that"),
}


@pytest.mark.parametrize("harm", HARMS)
def test_the_clock_answers_although_the_state_is_damaged(stack: FleetStack, harm: str) -> None:
    """CloudFormation must not wait for an hour more."""
    body, reason = HARMS[harm]
    stack.send(stack.event("Update", "r2", stack.stage.lines(41)))
    assert stack.stage.plan("r2")["go"]
    stack.stage.store.put(fleets.NAME, body)
    stack.act("answer", "r2", clock=True)
    assert stack.answers[-1]["Reason"].startswith(reason)


@pytest.mark.parametrize(
    ("name", "body"), [("run.json", None), ("run.json", b"{}"), ("plan.json", b"canary"), ("result", b"[]")]
)
def test_the_clock_answers_although_objects_of_the_run_are_damaged(
    stack: FleetStack, name: str, body: bytes | None
) -> None:
    """Whoever damaged them, CloudFormation waits."""
    stack.send(stack.event("Update", "r2", stack.stage.lines(41)))
    assert stack.stage.plan("r2")["go"]
    if body is None:
        stack.stage.store.delete([f"runs/r2/{name}"])
    else:
        stack.stage.store.put(f"runs/r2/{name}", body)
    stack.act("answer", "r2", clock=True)
    reason = stack.answers[-1]["Reason"]
    assert reason.startswith("CE-703: The objects of the run in the state bucket cannot be read (")
    assert "canary" not in reason


@pytest.mark.parametrize("refusals", [2, 3])
def test_the_clock_answers_although_the_state_cannot_be_read(stack: FleetStack, refusals: int) -> None:
    """After some seconds, if S3 refuses for so long."""
    stage = stack.stage
    stack.send(stack.event("Update", "r2", stage.lines(41)))
    assert stage.plan("r2")["go"]
    get, left = stage.s3.get_object, [refusals]

    def refusing(**members: Any) -> Any:
        if members["Key"].endswith("/fleet") and left[0]:
            left[0] -= 1
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject")
        return get(**members)

    stage.s3.get_object = refusing
    stack.act("answer", "r2", clock=True)
    assert len(stack.answers) == 2
    assert stack.answers[-1]["Status"] == ("SUCCESS" if refusals == 2 else "FAILED")


def test_a_run_ends_although_the_state_is_damaged(stack: FleetStack) -> None:
    """CloudFormation is answered at once, not by the clock."""
    stack.send(stack.event("Update", "r2", stack.stage.lines(41)))
    stack.stage.store.put(fleets.NAME, b"canary")
    assert not stack.execute("r2")
    assert stack.answers[-1]["Reason"].startswith("CE-701: The fleet's ledger is damaged: fleet: ")
    assert stack.result("r2")["ok"] is False


@pytest.mark.parametrize(("name", "body"), [("run.json", b"canary"), ("run.json", b"{}"), ("plan.json", b"canary")])
def test_a_run_ends_although_its_objects_are_damaged(stack: FleetStack, name: str, body: bytes) -> None:
    """CloudFormation is answered at once."""
    stack.send(stack.event("Update", "r2", stack.stage.lines(41)))
    stack.stage.apply("r2", stack.stage.plan("r2"))
    stack.stage.store.put(f"runs/r2/{name}", body)
    assert not stack.finish("r2")
    assert stack.answers[-1]["Reason"].startswith("CE-703: ")
    assert "canary" not in stack.answers[-1]["Reason"]


@pytest.mark.parametrize("kind", ["Update", "Delete"])
def test_an_event_is_answered_although_the_state_is_damaged(stack: FleetStack, kind: str) -> None:
    """Whoever deploys learns what to do; a deletion does not succeed, because endpoints are registered."""
    stack.stage.store.put(fleets.NAME, b"canary")
    stack.send(stack.event(kind, "r2", stack.stage.lines(41)))
    assert stack.answers[-1]["Status"] == "FAILED"
    assert "run chime-endpoints fleet sync --adopt" in stack.answers[-1]["Reason"]
    assert len(stack.stage.backend.endpoints) == 40
