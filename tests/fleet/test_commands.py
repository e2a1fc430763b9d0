"""The commands to a fleet's function."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chime_endpoints_fleet.ledger import fleet as fleets
from support.fleet import FLEET, MANIFESTS, FleetStage
from support.fleet_stack import FleetStack
from support.sink import Sink

pytestmark = pytest.mark.slow


@pytest.fixture
def stack(stack: FleetStack) -> FleetStack:
    """A stack with a deployed fleet."""
    stack.deploy("Create", "r1", stack.stage.lines(60))
    return stack


def command(stack: FleetStack, name: str, fleet: str = FLEET) -> dict[str, str]:
    """The answer to a command."""
    answer = stack.send({"command": name, "fleet": fleet})
    assert answer is not None
    return dict(answer)


def test_sync_makes_good_what_others_have_changed(stack: FleetStack) -> None:
    """It is a run with the manifest that the stack declares."""
    stack.stage.s3.put_object(Bucket="manifests", Key="devices-1.jsonl", Body=b"")
    run = command(stack, "sync")["run"]
    assert len(run) == 26
    assert stack.execute(run)
    assert not stack.stage.backend.endpoints
    assert len(stack.answers) == 1


def test_drain_deregisters_everything_and_keeps_the_fleet(stack: FleetStack) -> None:
    """The stack can then be deleted within the hour."""
    assert stack.execute(command(stack, "drain")["run"])
    assert not stack.stage.backend.endpoints
    assert stack.execute(command(stack, "sync")["run"])
    assert len(stack.stage.backend.endpoints) == 60


def test_a_check_changes_nothing_and_replaces_no_run(stack: FleetStack) -> None:
    """It compares what is registered with the ledger."""
    run = command(stack, "check")["run"]
    assert not stack.machine.stopped[1:]
    assert stack.execute(run)
    assert stack.result(run)["ok"]
    assert command(stack, "resume") == {"run": "r1"}


def test_a_run_is_stopped_and_resumed(stack: FleetStack) -> None:
    """It continues where it was."""
    stack.stage.s3.put_object(Bucket="manifests", Key="devices-1.jsonl", Body=b"")
    run = command(stack, "sync")["run"]
    decided = stack.stage.plan(run)
    stack.stage.work(run, decided["level"], decided["shards"][0], 1)
    left = len(stack.stage.backend.endpoints)
    assert 0 < left < 60
    assert command(stack, "stop") == {"run": run}
    assert run in stack.machine.stopped
    assert stack.result(run)["reason"].startswith("CE-705")
    stack.stage.clock.sleep(1)
    assert command(stack, "resume") == {"run": run}
    (again,) = (name for name in stack.machine.started if name.startswith(f"{run}-"))
    assert stack.machine.started[again] == {"fleet": FLEET, "run": run}
    assert stack.stage.store.get(f"runs/{run}/result") is None
    assert stack.execute(run)
    assert not stack.stage.backend.endpoints


def test_the_newest_manifest_is_read_also_after_a_run_was_continued(stage: FleetStage, sink: Sink) -> None:
    """A run is of one version from start to end, and the next one of the version that is the newest then."""
    stack = FleetStack(stage, sink)
    stage.s3.put_bucket_versioning(Bucket=MANIFESTS, VersioningConfiguration={"Status": "Enabled"})
    place = stage.upload_by(stage.s3, stage.lines(20))
    stack.send(stack.event("Create", "r1", Manifest={"Bucket": place.bucket, "Key": place.key}))
    stage.plan("r1")
    stage.upload_by(stage.s3, stage.lines(25))
    assert stack.execute("r1")
    assert len(stage.backend.endpoints) == 20
    assert stack.execute(command(stack, "sync")["run"])
    assert len(stage.backend.endpoints) == 25


def test_what_cloudformation_waits_for_is_not_replaced(stack: FleetStack) -> None:
    """But it can be stopped, and CloudFormation learns of it."""
    stack.send(stack.event("Update", "r2", stack.stage.lines(65)))
    for name in ("sync", "drain", "check"):
        assert command(stack, name)["error"].startswith("CloudFormation waits for run r2.")
    assert command(stack, "stop") == {"run": "r2"}
    assert stack.answers[-1]["Reason"].startswith("CE-705: The run was stopped")


def test_what_a_condition_waits_for_is_not_replaced(stack: FleetStack) -> None:
    """The stack would be rolled back."""
    stack.send(stack.event("Update", "r2", stack.stage.lines(65), Wait="NOT_AT_ALL", WaitHandle=stack.sink.url))
    decided = stack.stage.plan("r2")
    stack.act("answer", "r2", level=decided["level"], shards=[])
    assert stack.answers[-1]["Data"]["State"] == "CONVERGING"
    assert command(stack, "sync")["error"].startswith("CloudFormation waits for run r2.")


def test_a_check_keeps_the_lines_of_the_run_beside_it(stack: FleetStack) -> None:
    """The run still needs them."""
    run = command(stack, "sync")["run"]
    stack.stage.plan(run)
    assert stack.execute(command(stack, "check")["run"])
    assert any("/parts/" in name for name in stack.stage.store.names(f"runs/{run}/"))


def test_what_cannot_be_done_is_said(stack: FleetStack) -> None:
    """The command prints the sentence."""
    assert command(stack, "sync", "Other-Fleet-0123456789abcdef")["error"].startswith("There is no fleet Other-Fleet-")
    assert command(stack, "explode") == {"error": "There is no command explode."}


def test_a_deletion_ends_a_check(stack: FleetStack) -> None:
    """What the check writes afterwards would be in the way of the bucket's deletion."""
    check = command(stack, "check")["run"]
    decided = stack.stage.plan(check)
    stack.send(stack.event("Delete", "r2"))
    assert check in stack.machine.stopped
    assert stack.result(check)["reason"].startswith("CE-705")
    stack.stage.work(check, decided["level"], decided["shards"][0], 1)
    assert not stack.stage.store.names(f"runs/{check}/check/")
    assert stack.execute("r2")
    stack.finish(check, error="States.Timeout")
    assert stack.stage.store.names("") == []


def test_a_replaced_run_reads_no_manifest_beside_a_deletion(stack: FleetStack) -> None:
    """A function that is at work is not stopped with its execution."""
    run = command(stack, "sync")["run"]
    prepared = stack.act("prepare", run)
    before = set(stack.stage.store.names(f"runs/{run}/"))
    stack.send(stack.event("Delete", "r2"))
    stack.act("split", run, level=prepared["level"], range=prepared["ranges"][0])
    assert not stack.finish(run)
    assert set(stack.stage.store.names(f"runs/{run}/")) == before


def test_a_check_does_not_begin_beside_a_deletion(stack: FleetStack) -> None:
    """The deletion began after the command had looked at the fleet."""
    put = stack.stage.s3.put_object

    def overtaken(**members: Any) -> Any:
        stack.stage.s3.put_object = put
        stack.send(stack.event("Delete", "r2"))
        return put(**members)

    stack.stage.s3.put_object = overtaken
    assert command(stack, "check")["error"].startswith("The fleet is being deleted.")
    assert stack.execute("r2")
    assert stack.stage.store.names("") == []


def test_what_appears_while_the_bucket_is_emptied_is_deleted(stack: FleetStack) -> None:
    """A function had begun to write before the fleet was marked as ended."""
    stack.send(stack.event("Delete", "r2"))
    stack.stage.apply("r2", stack.stage.plan("r2"))
    delete = stack.stage.s3.delete_objects

    def late(**members: Any) -> Any:
        stack.stage.s3.delete_objects = delete
        answer = delete(**members)
        stack.stage.store.put("runs/r1/split/000000000000", b"{}")
        return answer

    stack.stage.s3.delete_objects = late
    assert stack.finish("r2")
    assert stack.stage.store.names("") == []


def test_a_fleet_that_is_being_deleted_takes_no_commands(stack: FleetStack) -> None:
    """Only another deletion continues it."""
    fleets.change(stack.stage.store, lambda fleet: replace(fleet, ended="r2"))
    for name in ("sync", "resume", "check", "stop"):
        assert command(stack, name)["error"].startswith("The fleet is being deleted.")


def test_a_run_that_a_condition_waits_for_is_resumed(stack: FleetStack) -> None:
    """Its execution was ended by the service; nobody else would send the signal."""
    lines = stack.stage.lines(65)
    stack.send(stack.event("Update", "r2", lines, Wait="NOT_AT_ALL", WaitHandle=stack.sink.url))
    decided = stack.stage.plan("r2")
    stack.act("answer", "r2", level=decided["level"], shards=[])
    assert command(stack, "resume") == {"run": "r2"}
    assert stack.execute("r2")
    assert stack.stage.differences(lines) == []
    signals = [answer for answer in stack.answers if "UniqueId" in answer]
    assert [(signal["UniqueId"], signal["Status"]) for signal in signals] == [("r2", "SUCCESS")]
    assert not stack.finish("r1")
    assert len([answer for answer in stack.answers if "UniqueId" in answer]) == 1


def test_a_run_whose_objects_have_expired_is_resumed(stack: FleetStack) -> None:
    """The bucket deletes the objects of a run after 30 days; the fleet still has the run's settings."""
    gone = stack.stage.ledger["k7"].endpoint.endpoint_id
    lines = [line for line in stack.stage.lines(60) if line["key"] != "k7"]
    stack.stage.upload(lines, key="devices-1.jsonl")
    run = command(stack, "sync")["run"]
    stack.stage.plan(run)
    store = stack.stage.store
    store.delete([name for name in store.names(f"runs/{run}/") if not name.endswith("prepared.json")])
    assert command(stack, "resume") == {"run": run}
    assert stack.execute(run)
    assert stack.result(run)["ok"]
    assert gone not in stack.stage.backend.endpoints


def test_an_execution_of_a_run_whose_objects_have_expired_has_failed(stack: FleetStack) -> None:
    """It did nothing."""
    stack.stage.store.delete(stack.stage.store.names("runs/r1/"))
    assert not stack.finish("r1", error="ActionFailedError")
