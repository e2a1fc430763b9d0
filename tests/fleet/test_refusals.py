"""Runs that are refused: the reason is told, and nothing is changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chime_endpoints_fleet.ledger import fleet as fleets
from chime_endpoints_fleet.ledger import shard_ledger
from chime_endpoints_fleet.runs import settings as run_settings
from chime_endpoints_fleet.runs.settings import ManifestPlace, Mode, Settings, read_settings
from chime_endpoints_fleet.worker import ActionFailedError
from support.fleet import FLEET, MANIFESTS, STATE, FleetStage
from support.stage import STACK_ID

pytestmark = pytest.mark.slow


def refusal(stage: FleetStage, run: str) -> str:
    """Why a run was refused; nothing was changed."""
    registered, ledger, calls = dict(stage.backend.endpoints), stage.ledger, len(stage.backend.calls)
    assert not stage.plan(run)["go"]
    assert (dict(stage.backend.endpoints), stage.ledger, len(stage.backend.calls)) == (registered, ledger, calls)
    return str(stage.decision(run)["refused"])


def test_a_truncated_manifest_is_refused(stage: FleetStage) -> None:
    """More than a tenth, and more than a hundred, would be deregistered."""
    stage.backend.switches.endpoints_per_user = 50
    lines = stage.lines(250)
    assert stage.run("r1", lines)
    stage.begin("r2", stage.upload(lines[:125]))
    assert refusal(stage, "r2") == (
        "125 of 250 endpoints would be deregistered, and at most 100 are allowed. Nothing was changed. If the manifest"
        " is complete, raise MostDeletionsPercent."
    )
    assert stage.run("r3", lines[:125], most_deletions_percent=50.0)
    assert stage.run("r4", lines[:30])
    assert stage.differences(lines[:30]) == []


def test_a_manifest_that_is_not_there_is_refused(stage: FleetStage) -> None:
    """The reason names the object and the remedy."""
    stage.begin("r1", ManifestPlace(bucket=MANIFESTS, key="none.jsonl"))
    assert refusal(stage, "r1") == (
        "There is no manifest s3://manifests/none.jsonl (NoSuchKey). Upload it, or correct Bucket, Key or VersionId;"
        " versions need a bucket with versioning."
    )
    stage.begin("r2", ManifestPlace(bucket=MANIFESTS, key="none.jsonl", version_id="v1"))
    assert "none.jsonl in version v1 (NoSuchVersion)" in refusal(stage, "r2")


def test_a_version_needs_a_bucket_with_versions(moto_stage: FleetStage) -> None:
    """S3 ignores or refuses the version otherwise, and a rollback would read the newest one."""
    place = moto_stage.upload([moto_stage.line("a")])
    moto_stage.begin("r1", replace(place, version_id="3HL4kqtJlcpXroDTDmJ"))
    assert "need a bucket with versioning" in refusal(moto_stage, "r1")


def test_a_version_that_s3_ignores_is_noticed(stage: FleetStage) -> None:
    """Some S3 return the only version there is."""
    place = stage.upload([stage.line("a")])
    stage.s3.buckets[MANIFESTS].versions[place.key, "v1"] = stage.s3.buckets[MANIFESTS].objects[place.key]
    stage.begin("r1", replace(place, version_id="v1"))
    assert refusal(stage, "r1").startswith("Bucket manifests keeps no versions, but the manifest's version_id")


class Refusing:
    """A client of S3 that cannot read manifests."""

    def __init__(self, s3: Any, code: str) -> None:
        self._s3 = s3
        self._code = code

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)

    def head_object(self, **_: object) -> object:
        """Refuse."""
        raise ClientError({"Error": {"Code": self._code}}, "HeadObject")


def test_a_missing_permission_is_told(stage: FleetStage) -> None:
    """S3 answers 403 for what does not exist, too, unless the role may list the bucket.

    A new policy takes some seconds, in which the state machine tries again.
    """
    stage.begin("r1", stage.upload([]))
    stage.s3 = Refusing(stage.s3, "403")
    with pytest.raises(ActionFailedError, match="prepare failed: ClientError"):
        refusal(stage, "r1")
    stage.clock.sleep(20)
    assert refusal(stage, "r1").startswith(
        "The manifest s3://manifests/devices-1.jsonl cannot be read (403): it does not exist, or the function's role"
        " lacks s3:GetObject"
    )


def test_a_failure_of_s3_is_tried_again(stage: FleetStage) -> None:
    """It says nothing about the manifest."""
    stage.begin("r1", stage.upload([]))
    stage.s3 = Refusing(stage.s3, "503")
    with pytest.raises(ActionFailedError, match="prepare failed: OSError"):
        stage.act("prepare", "r1")


def test_the_prefix_of_another_fleet_is_left_alone(stage: FleetStage) -> None:
    """Its ledger would be overwritten."""
    assert stage.run("r1", [stage.line("a")])
    stage.begin("r2", stage.upload([]), stack_id=f"{STACK_ID}2")
    assert refusal(stage, "r2") == "The prefix in the state bucket belongs to another fleet. Nothing was changed."


def test_an_older_run_does_not_replace_a_newer_one(stage: FleetStage) -> None:
    """Its execution may be started again by hand."""
    stage.begin("r1", stage.upload([stage.line("a")]))
    stage.clock.sleep(1)
    assert stage.run("r2", [stage.line("b")])
    assert refusal(stage, "r1") == "Run r2 has replaced this run. Nothing was changed."
    assert fleets.read(stage.store).run == "r2"


def test_a_run_reads_one_version_of_the_manifest(stage: FleetStage) -> None:
    """The version is found when the run begins, even if none is declared."""
    stage.s3.put_bucket_versioning(Bucket=MANIFESTS, VersioningConfiguration={"Status": "Enabled"})
    place = stage.upload([stage.line("a")], key="devices.jsonl")
    stage.begin("r1", place)
    prepared = stage.act("prepare", "r1")
    stage.upload([stage.line("b")], key="devices.jsonl")
    assert run_settings.load(stage.store, "r1").manifest.version_id
    assert stage.act("prepare", "r1") == prepared
    assert stage.execute("r1")
    assert stage.ledger.keys() == {"a"}


def test_a_manifest_that_is_overwritten_while_it_is_read_is_refused(stage: FleetStage) -> None:
    """A bucket without versions has only the newer one: half of each would be read."""
    place = stage.upload([stage.line("a")], key="devices.jsonl")
    stage.begin("r1", place)
    prepared = stage.act("prepare", "r1")
    stage.upload([stage.line("b")], key="devices.jsonl")
    with pytest.raises(ActionFailedError, match="split failed: OSError"):
        stage.act("split", "r1", level=prepared["level"], range=prepared["ranges"][0])
    for _ in range(2):
        assert refusal(stage, "r1").startswith("The manifest was overwritten after the run began")
    stage.upload([stage.line("a")], key="devices.jsonl")
    assert stage.execute("r1")
    assert stage.ledger.keys() == {"a"}


def test_an_s3_that_ignores_ranges_is_read_all_the_same(stage: FleetStage) -> None:
    """The local cloud returns the whole object if a version is named."""

    class Whole(Refusing):
        """A client that ignores ranges."""

        def get_object(self, **members: Any) -> Any:
            """Return the whole object."""
            return self._s3.get_object(**{name: each for name, each in members.items() if name != "Range"})

        def head_object(self, **members: Any) -> Any:
            """Describe it."""
            return self._s3.head_object(**members)

    lines = stage.lines(40)
    s3, stage.s3 = stage.s3, Whole(stage.s3, "")
    place = stage.upload(lines)
    stage.begin("r1", place)
    prepared = stage.act("prepare", "r1")
    assert len(prepared["ranges"]) > 1
    for span in prepared["ranges"]:
        stage.act("split", "r1", level=prepared["level"], range=span)
    stage.s3 = s3
    assert stage.execute("r1")
    assert stage.differences(lines) == []


def test_what_was_not_read_is_not_taken_for_removed(stage: FleetStage) -> None:
    """A part of the manifest that failed would look like deletions."""
    lines = stage.lines(40)
    assert stage.run("r1", lines)
    stage.begin("r2", stage.upload(lines))
    prepared = stage.act("prepare", "r2")
    for span in prepared["ranges"][1:]:
        stage.act("split", "r2", level=prepared["level"], range=span)
    for shard in prepared["shards"][2:]:
        stage.act("plan", "r2", level=prepared["level"], shard=shard)
    assert not stage.act("decide", "r2", level=prepared["level"])["go"]
    assert stage.decision("r2")["refused"] == (
        "1 parts of the manifest and 2 shards could not be read. Nothing was changed. Start the run again."
    )


def test_lines_that_were_deleted_are_not_taken_for_removed(stage: FleetStage) -> None:
    """The objects with a shard's lines may be deleted between the actions of a run."""
    lines = stage.lines(40)
    assert stage.run("r1", lines)
    for line in lines:
        line["name"] = "another"
    stage.begin("r2", stage.upload(lines))
    decided = stage.plan("r2")
    stage.store.delete(stage.store.names("runs/r2/parts/"))
    with pytest.raises(ActionFailedError, match="work failed: OSError"):
        stage.act("work", "r2", level=3, shard=decided["shards"][0], round=1, rate=1000.0)
    stage.act("plan", "r2", level=3, shard=decided["shards"][0])
    assert not stage.act("decide", "r2", level=3)["go"]
    assert stage.decision("r2")["refused"] == "Lines of the manifest were lost. Nothing was changed. Start another run."
    assert len(stage.backend.endpoints) == 40


def _delete(stage: FleetStage, name: str) -> None:
    stage.store.delete([name])


def _spoil(stage: FleetStage, name: str) -> None:
    stage.store.put(name, b"canary")


def _of_another(stage: FleetStage, name: str) -> None:
    found = stage.store.get(name)
    assert found is not None
    stage.store.put(name, found.body.replace(FLEET.encode(), b"another"))


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (_delete, "ledger/03/00002 is missing, and every shard of the fleet had one. Restore its last version"),
        (_spoil, "ledger/03/00002: its first line is not a ledger's header"),
        (_of_another, "ledger/03/00002: it belongs to another fleet"),
    ],
)
@pytest.mark.parametrize("mode", [Mode.APPLY, Mode.DELETE, Mode.CHECK])
def test_a_damaged_ledger_stops_a_run(
    stage: FleetStage, damage: Callable[[FleetStage, str], None], expected: str, mode: Mode
) -> None:
    """Its endpoints would be taken for strangers, and be left registered by a deletion."""
    lines = stage.lines(40)
    assert stage.run("r1", lines)
    damage(stage, shard_ledger.name_of(3, 2))
    calls = len(stage.backend.calls)
    stage.begin("r2", stage.upload(lines), mode=mode)
    assert not stage.plan("r2")["go"]
    refused = stage.decision("r2")["refused"]
    assert refused.startswith(f"The fleet's ledger is damaged: {expected}")
    assert "Nothing was changed." in refused
    assert len(stage.backend.calls) == calls
    _spoil(stage, shard_ledger.name_of(3, 4))
    stage.act("plan", "r2", level=3, shard=4)
    stage.act("decide", "r2", level=3)
    assert stage.decision("r2")["refused"].startswith("The fleet's ledger is damaged (and 1 more): ")


@pytest.mark.parametrize("harm", [_delete, _spoil])
def test_a_lost_ledger_begins_anew_if_its_endpoints_are_adopted(
    stage: FleetStage, harm: Callable[[FleetStage, str], None]
) -> None:
    """The endpoints stay as they are. What was damaged is kept."""
    lines = stage.lines(40)
    assert stage.run("r1", lines)
    before = {key: entry.endpoint for key, entry in stage.ledger.items()}
    name = stage.store.names("ledger/")[2]
    harm(stage, name)
    assert not stage.run("r2", lines)
    assert "fleet sync --adopt" in stage.decision("r2")["refused"]
    assert stage.run("r3", lines, adopts=True)
    assert stage.differences(lines) == []
    assert {key: entry.endpoint for key, entry in stage.ledger.items()} == before
    assert bool(stage.store.names("damaged/")) == (harm is not _delete)
    assert stage.run("r4", lines)


def test_a_damaged_state_of_the_fleet_stops_a_run(stage: FleetStage) -> None:
    """A level of zero would hide all ledgers."""
    assert stage.run("r1", [stage.line("a")])
    _spoil(stage, fleets.NAME)
    stage.begin("r2", stage.upload([]))
    assert not stage.plan("r2")["go"]
    assert stage.decision("r2")["refused"] == "fleet: it is not the state of a fleet"


def test_settings_are_read_as_they_were_written(stage: FleetStage) -> None:
    """Members that are missing have their default values."""
    settings = stage.begin(
        "r1",
        ManifestPlace(bucket="b", key="k", version_id="v", etag="e"),
        mode=Mode.DRAIN,
        app_instances=(stage.instance,),
        applications=("a",),
        wait="NOT_AT_ALL",
        is_pinned=True,
    )
    assert run_settings.load(stage.store, "r1") == settings
    least = {"stack_id": "s", "logical_id": "l", "manifest": {"bucket": "b", "key": "k"}}
    assert read_settings(least) == Settings(stack_id="s", logical_id="l", manifest=ManifestPlace(bucket="b", key="k"))
    with pytest.raises(LookupError, match="there is no run r9"):
        run_settings.load(stage.store, "r9")


def test_a_resumed_run_keeps_its_level(stage: FleetStage) -> None:
    """Its lines were divided among the shards of that level."""
    few, many = [stage.line("a")], stage.lines(100)
    stage.begin("r1", stage.upload(few))
    assert stage.act("prepare", "r1")["level"] == 0
    fleets.change(stage.store, lambda fleet: replace(fleet, level=3))
    assert stage.act("prepare", "r1")["level"] == 0
    assert stage.store.json("runs/r1/prepared.json")["level"] == 0
    assert STATE in stage.s3.buckets
    stage.clock.sleep(1)
    assert stage.run("r2", many)


def test_a_fleet_does_not_grow_over_an_open_ledger(stage: FleetStage) -> None:
    """The intents of a shard that splits would be lost."""
    few, many = [stage.line("a")], stage.lines(100)
    assert stage.run("r1", few)
    ledger = shard_ledger.load(stage.store, 0, 0)
    opened = shard_ledger.save(
        stage.store, 0, 0, replace(ledger, header=replace(ledger.header, state="open", lease=0.0))
    )
    assert opened.header.is_unfinished
    stage.clock.sleep(1)
    assert stage.run("r2", many)
    assert fleets.read(stage.store).level == 0
    assert stage.differences(many) == []
    stage.clock.sleep(1)
    assert stage.run("r3", many)
    assert fleets.read(stage.store).level == 3
    assert fleets.read(stage.store).is_complete
    assert stage.differences(many) == []
    assert not stage.store.names("ledger/00/")
