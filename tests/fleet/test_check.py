"""A check compares what is registered with the ledger, and changes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import boto3
import pytest

from chime_endpoints_emulator import Fault
from chime_endpoints_fleet.ledger import fleet as fleets
from chime_endpoints_fleet.ledger import shard_ledger
from chime_endpoints_fleet.manifest.shards import shard_of
from chime_endpoints_fleet.runs.checking.report import prefix_of
from chime_endpoints_fleet.runs.settings import Mode
from support.fleet import FLEET, FleetStage
from support.fleet_stack import MACHINE, Machine
from support.secrets_manager import AsOnAws

pytestmark = pytest.mark.slow


def checked(stage: FleetStage, run: str = "check") -> tuple[bool, list[dict[str, Any]]]:
    """Run a check; return whether it is complete, and the findings in order."""
    stage.begin(run, mode=Mode.CHECK)
    is_complete = stage.execute(run)
    reports = stage.store.every(stage.store.json, stage.store.names(prefix_of(run)))
    found = [finding for report in reports if report for finding in report["findings"]]
    return is_complete, sorted(found, key=lambda finding: str(finding["key"]))


def states(stage: FleetStage, run: str = "check") -> dict[str, tuple[str, str]]:
    """State and detail of each finding, by key."""
    is_complete, found = checked(stage, run)
    assert is_complete
    return {finding["key"]: (finding["state"], finding["detail"]) for finding in found}


@pytest.fixture
def lines(stage: FleetStage) -> dict[str, dict[str, Any]]:
    """The lines of a fleet that has converged; every other one has a name."""
    made = {
        f"k{number}": stage.line(f"k{number}", **({"name": f"name-{number}"} if number % 2 else {}))
        for number in range(40)
    }
    assert stage.run("r1", made.values())
    stage.backend.calls.clear()
    return made


@pytest.mark.usefixtures("lines")
def test_a_converged_fleet_has_no_findings(stage: FleetStage) -> None:
    """The check takes a call for each user, and writes no ledger. It does not become the fleet's newest run."""
    before = {name: stage.store.get(name) for name in stage.store.names("ledger/")}
    assert states(stage) == {}
    assert {call.operation for call in stage.backend.calls} == {"ListAppInstanceUserEndpoints"}
    assert len(stage.backend.calls) >= len({entry.endpoint.user_arn for entry in stage.ledger.values()})
    assert {name: stage.store.get(name) for name in stage.store.names("ledger/")} == before
    assert fleets.read(stage.store).run == "r1"


@pytest.mark.usefixtures("lines")
def test_what_was_changed_outside_is_found(stage: FleetStage) -> None:
    """The ledger has no names, but it has digests of them. A name that is not declared is not compared."""
    there = {key: stage.backend.endpoints[entry.endpoint.endpoint_id] for key, entry in stage.ledger.items()}
    del stage.backend.endpoints[there["k1"].endpoint_id]
    there["k2"].name = "not compared"
    there["k3"].name = "another"
    there["k4"].allow_messages = "NONE"
    there["k5"].allow_messages = "NONE"
    there["k6"].status, there["k6"].status_reason = "INACTIVE", "INVALID_DEVICE_TOKEN"
    assert states(stage) == {
        "k1": ("gone", ""),
        "k3": ("changed", "name"),
        "k4": ("changed", "allow_messages"),
        "k5": ("changed", "allow_messages"),
        "k6": ("inactive", "INVALID_DEVICE_TOKEN"),
    }


@pytest.mark.usefixtures("lines")
def test_endpoints_of_a_deleted_user_are_gone(stage: FleetStage) -> None:
    """The service then refuses to list the user."""
    entry = stage.ledger["k0"]
    of_user = {key for key, each in stage.ledger.items() if each.endpoint.user_arn == entry.endpoint.user_arn}
    stage.backend.delete_app_instance_user(app_instance_user_arn=entry.endpoint.user_arn)
    assert {key: state for key, (state, _) in states(stage).items()} == dict.fromkeys(of_user, "gone")


@pytest.mark.usefixtures("lines")
def test_what_the_fleet_named_and_no_ledger_has_is_a_stray(stage: FleetStage) -> None:
    """Its name proves that the fleet has registered it. Endpoints of others are left alone."""
    entry = stage.ledger["k0"]
    name = stage.backend.endpoints[entry.endpoint.endpoint_id].name
    stray = stage.stranger(entry.endpoint.user_arn, "other-token", name=name)
    stage.stranger(entry.endpoint.user_arn, "third-token")
    stage.stranger(entry.endpoint.user_arn, "forged-token", name=f"{name}x")
    is_complete, (found,) = checked(stage)
    assert is_complete
    assert (found["state"], found["endpoint_id"]) == ("stray", stray.endpoint_id)


@pytest.mark.usefixtures("lines")
def test_a_user_that_cannot_be_listed_is_tried_again_and_fails(stage: FleetStage) -> None:
    """The others are checked once."""
    stage.backend.faults.append(Fault("ListAppInstanceUserEndpoints", error="AccessDeniedException", times=None, nth=3))
    is_complete, found = checked(stage)
    assert (is_complete, found) == (False, [])
    stage.backend.faults.clear()
    stage.backend.calls.clear()
    assert stage.execute("check")
    assert len(stage.backend.calls) < len(stage.ledger)


@pytest.mark.usefixtures("lines")
def test_a_check_continues_when_its_function_ends(stage: FleetStage) -> None:
    """No user is listed twice for a shard."""
    stage.seconds = 60.5
    stage.begin("check", mode=Mode.CHECK, rate=20.0)
    assert stage.execute("check")
    works = [answer for action, answer in stage.answers if action == "work"]
    assert any(not answer["done"] for answer in works)
    level = fleets.read(stage.store).level
    pairs = {(entry.endpoint.user_arn, shard_of(key, level)) for key, entry in stage.ledger.items()}
    assert len(stage.backend.calls) == len(pairs)


def test_an_empty_fleet_has_nothing_to_check(stage: FleetStage) -> None:
    """No manifest is read for it."""
    assert states(stage) == {}
    assert stage.store.fleet == FLEET
    assert not stage.backend.calls


def test_a_run_repairs_what_a_check_has_found(stage: FleetStage, lines: dict[str, dict[str, Any]]) -> None:
    """It asks the service for those endpoints only, and for nothing the next time."""
    there = {key: stage.backend.endpoints[entry.endpoint.endpoint_id] for key, entry in stage.ledger.items()}
    del stage.backend.endpoints[there["k1"].endpoint_id]
    there["k3"].name, there["k5"].allow_messages = "another", "NONE"
    assert set(states(stage)) == {"k1", "k3", "k5"}
    assert stage.differences(lines.values()) != []
    stage.backend.calls.clear()
    assert stage.run("r2", lines.values(), repairs="check")
    assert stage.differences(lines.values()) == []
    assert len(stage.backend.calls) < 30
    stage.backend.calls.clear()
    assert stage.run("r3", lines.values())
    assert not stage.backend.calls
    assert states(stage, "another") == {}


def test_a_fleet_that_has_grown_is_repaired(stage: FleetStage) -> None:
    """The reports are those of the shards before."""
    lines = [stage.line(f"k{number}") for number in range(10)]
    assert stage.run("r1", lines)
    before = fleets.read(stage.store).level
    stage.backend.endpoints.pop(stage.ledger["k7"].endpoint.endpoint_id)
    assert set(states(stage)) == {"k7"}
    lines += [stage.line(f"more-{number}") for number in range(40)]
    assert stage.run("r2", lines, repairs="check")
    assert fleets.read(stage.store).level > before
    assert stage.differences(lines) == []


def test_a_check_that_is_gone_repairs_nothing(stage: FleetStage, lines: dict[str, dict[str, Any]]) -> None:
    """The bucket deletes the objects of a run after a while."""
    assert stage.run("r2", lines.values(), repairs="gone")
    assert not stage.backend.calls


def test_what_another_key_has_adopted_is_no_stray(stage: FleetStage) -> None:
    """Without a declared name, it keeps the name that it got for the key before."""
    old = stage.line("a", user="u1", device_token="canary-same")
    assert stage.run("r1", [old, *stage.lines(40)])
    endpoint = stage.ledger["a"].endpoint
    level = fleets.read(stage.store).level
    shard = shard_of("a", level)
    ledger = shard_ledger.load(stage.store, level, shard)
    others = {key: each for key, each in ledger.entries.items() if key != "a"}
    shard_ledger.save(stage.store, level, shard, replace(ledger, entries=others))  # it was lost, and restored without
    assert {key: state for key, (state, _) in states(stage, "c1").items()} in ({"a": "stray"}, {})
    assert stage.run(
        "r2", [stage.line("b", user="u1", device_token="canary-same", adopt_existing=True), *stage.lines(40)]
    )
    assert stage.ledger["b"].endpoint == endpoint
    assert states(stage, "c2") == {}


def test_an_endpoint_that_two_keys_have_is_found(stage: FleetStage) -> None:
    """No run lets that happen; a ledger that was restored may."""
    assert stage.run("r1", stage.lines(40))
    level = fleets.read(stage.store).level
    one, other = "k1", next(key for key in stage.ledger if shard_of(key, level) != shard_of("k1", level))
    shard = shard_of(other, level)
    ledger = shard_ledger.load(stage.store, level, shard)
    taken = replace(ledger.entries[other], endpoint=stage.ledger[one].endpoint)
    former = ledger.entries[other].endpoint
    shard_ledger.save(stage.store, level, shard, replace(ledger, entries={**ledger.entries, other: taken}))
    del stage.backend.endpoints[former.endpoint_id]
    found = states(stage)
    assert {key for key, (state, _) in found.items() if state == "shared"} == {one, other}


def test_device_tokens_are_compared_if_asked_for(stage: FleetStage) -> None:
    """A secret was rotated. A line that changed after the run is left out, and so is what cannot differ."""
    secrets = boto3.client("secretsmanager")
    arn = secrets.create_secret(Name="tokens", SecretString='{"k0": "canary-0", "k1": "canary-1", "v": "canary-v"}')[
        "ARN"
    ]
    stage.clients = stage.clients.__class__(stage.clients.stack, stage.clients.direct, AsOnAws(secrets))
    lines = stage.lines(40)
    for key in (0, 1):
        lines[key]["device_token"] = {"secret": arn, "field": f"k{key}"}
    lines[2] |= {"type": "APNS", "voip_device_token": {"secret": arn, "field": "v"}}
    assert stage.run("r1", lines)
    secrets.put_secret_value(SecretId=arn, SecretString='{"k0": "canary-0", "k1": "canary-other", "v": "canary-w"}')
    lines[3]["device_token"] = "canary-not-applied-yet"
    place = stage.upload(lines)
    assert states(stage) == {}
    stage.backend.calls.clear()
    stage.begin("c2", place, mode=Mode.CHECK, tokens=True)
    assert stage.execute("c2")
    reports = stage.store.every(stage.store.json, stage.store.names(prefix_of("c2")))
    assert sorted((each["key"], each["state"]) for one in reports for each in one["findings"]) == [
        ("k1", "rotated"),
        ("k2", "rotated"),
    ]
    described = [call for call in stage.backend.calls if call.operation.startswith("Describe")]
    assert len(described) == 39
    assert "canary" not in str(reports)
    stage.machines = Machine()
    assert stage.act("finish", "c2", error="", execution=f"{MACHINE.replace(':stateMachine:', ':execution:')}:c2")["ok"]
    assert not stage.store.names("runs/c2/parts/")
    lines[3]["device_token"] = "canary-token-k3"
    assert stage.run("r3", lines, repairs="c2")
    by_key = {key: stage.backend.endpoints[each.endpoint.endpoint_id] for key, each in stage.ledger.items()}
    assert (by_key["k1"].device_token, by_key["k2"].voip_device_token) == ("canary-other", "canary-w")


def test_a_secret_that_cannot_be_read_makes_the_check_incomplete(stage: FleetStage) -> None:
    """The others are compared."""
    secrets = boto3.client("secretsmanager")
    arn = secrets.create_secret(Name="tokens", SecretString='{"k0": "canary-0"}')["ARN"]
    stage.clients = stage.clients.__class__(stage.clients.stack, stage.clients.direct, AsOnAws(secrets))
    lines = stage.lines(5)
    lines[0]["device_token"] = {"secret": arn, "field": "k0"}
    assert stage.run("r1", lines)
    secrets.put_secret_value(SecretId=arn, SecretString="{}")
    stage.begin("c2", stage.upload(lines), mode=Mode.CHECK, tokens=True)
    assert not stage.execute("c2")
    (report,) = stage.store.every(stage.store.json, stage.store.names(prefix_of("c2")))
    assert set(report["failed"].values()) == {"CE-204"}


def test_a_check_with_tokens_does_not_divide_the_fleet(stage: FleetStage) -> None:
    """The newest manifest may be larger than the one that was applied."""
    assert stage.run("r1", stage.lines(3))
    stage.begin("c2", stage.upload(stage.lines(60)), mode=Mode.CHECK, tokens=True)
    assert stage.execute("c2")
    assert fleets.read(stage.store).level == 0
