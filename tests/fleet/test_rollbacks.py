"""Rollbacks of large updates: CloudFormation returns to a manifest that the fleet has accepted before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from chime_endpoints_fleet.ledger import fleet as fleets
from chime_endpoints_fleet.runs.deciding.accepted import accept
from chime_endpoints_fleet.runs.settings import ManifestPlace, Sizes
from support.fleet import MANIFESTS, fleet_stage
from support.fleet_stack import FleetStack
from support.sink import Sink

pytestmark = pytest.mark.slow


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch, sink: Sink) -> Iterator[FleetStack]:
    """A stack with room for some hundred endpoints."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield FleetStack(fleet_stage(users=60, sizes=Sizes(range_bytes=20_000, shard_endpoints=100)), sink)


@pytest.fixture(params=[False, True], ids=["without versions", "with versions"])
def versions(request: pytest.FixtureRequest, stack: FleetStack) -> bool:
    """Whether the bucket keeps versions, and the templates name them."""
    if request.param:
        status = {"Status": "Enabled"}
        stack.stage.s3.put_bucket_versioning(Bucket=MANIFESTS, VersioningConfiguration=status)
    return bool(request.param)


def some(stack: FleetStack, count: int) -> list[dict[str, Any]]:
    """Lines, five for each user."""
    return [stack.stage.line(f"k{number}", user=f"u{number // 5}") for number in range(count)]


def place_of(stack: FleetStack, lines: list[dict[str, Any]], *, versions: bool) -> dict[str, str]:
    """Upload a manifest: a version of one key, or a key of its own."""
    if not versions:
        return declared(stack.stage.upload(lines))
    return declared(stack.stage.upload_by(stack.stage.s3, lines))


def declared(place: ManifestPlace) -> dict[str, str]:
    """Return the property of a place."""
    version = {"VersionId": place.version_id} if place.version_id else {}
    return {"Bucket": place.bucket, "Key": place.key, **version}


@pytest.mark.parametrize("how", ["the update fails", "another resource fails", "the old run was still converging"])
def test_a_large_update_is_rolled_back(stack: FleetStack, how: str, *, versions: bool) -> None:
    """The rollback deregisters more than the limit allows, and nobody could raise it there."""
    few, many = some(stack, 140), some(stack, 270)
    wrong = [stack.stage.line("nobody", user="no-such-user")] if how == "the update fails" else []
    old = place_of(stack, few, versions=versions)
    new = place_of(stack, [*many, *wrong], versions=versions)
    if how == "the old run was still converging":
        stack.send(stack.event("Create", "r1", Manifest=old))
        decided = stack.stage.plan("r1")
        stack.stage.work("r1", decided["level"], decided["shards"][0], 1)
        stack.act("answer", "r1", clock=True)
        assert stack.answers[-1]["Data"]["State"] == "CONVERGING"
    else:
        assert stack.deploy("Create", "r1", Manifest=old)
    assert stack.deploy("Update", "r2", Manifest=new) == (not wrong)
    assert len(stack.stage.ledger) == 270
    assert stack.deploy("Update", "r3", Manifest=old)
    assert stack.answers[-1]["Status"] == "SUCCESS"
    assert stack.stage.differences(few) == []


def test_a_truncated_manifest_is_refused_after_a_failed_update(stack: FleetStack, *, versions: bool) -> None:
    """It is another version, whatever its key."""
    lines = some(stack, 260)
    assert stack.deploy("Create", "r1", Manifest=place_of(stack, lines, versions=versions))
    wrong = [*lines, stack.stage.line("nobody", user="no-such-user")]
    assert not stack.deploy("Update", "r2", Manifest=place_of(stack, wrong, versions=versions))
    assert not stack.deploy("Update", "r3", Manifest=place_of(stack, lines[:130], versions=versions))
    assert stack.answers[-1]["Reason"].startswith("CE-701: 130 of 260 endpoints would be deregistered")
    assert stack.stage.differences(lines) == []


def test_a_run_that_ends_beside_a_deletion_writes_nothing(stack: FleetStack) -> None:
    """CloudFormation could not delete the bucket."""
    settings = stack.stage.begin("r1")
    accept(stack.stage.store, "r1", settings)
    assert stack.stage.store.get(fleets.NAME) is None
