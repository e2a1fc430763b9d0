"""Runs from the manifest to the registered endpoints, through every action of the worker."""

from __future__ import annotations

import json

import pytest

from chime_endpoints_fleet.runs.settings import Sizes
from support.fleet import FleetStage

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("which", ["stage", "moto_stage"])
def test_a_run_registers_changes_and_deregisters_what_the_manifest_says(
    which: str, request: pytest.FixtureRequest
) -> None:
    """One call for each new, renamed and removed endpoint; none for the others."""
    stage: FleetStage = request.getfixturevalue(which)
    lines = {f"k{number}": stage.line(f"k{number}", name=f"canary-name-{number}") for number in range(40)}
    assert stage.run("r1", lines.values())
    assert stage.differences(lines.values()) == []
    assert len(stage.backend.calls) == 40
    lines["k1"]["name"] = "another"
    lines["k2"]["device_token"] = "canary-token-other"
    del lines["k3"]
    lines["new"] = stage.line("new")
    stage.backend.calls.clear()
    assert stage.run("r2", lines.values())
    assert stage.differences(lines.values()) == []
    assert len(stage.backend.calls) == 1 + 4 + 1 + 1
    stage.backend.calls.clear()
    assert stage.run("r3", lines.values())
    assert not stage.backend.calls
    assert stage.remove("r4")
    assert not stage.backend.endpoints
    assert not stage.ledger
    assert "canary-" not in json.dumps([answer for _, answer in stage.answers])


def test_what_the_functions_of_the_largest_fleet_answer_is_small(stage: FleetStage) -> None:
    """The numbers of 1,024 shards are 5 KB. Step Functions allows 256 KB, and keeps all of it for 90 days."""
    stage.sizes = Sizes(range_bytes=40_000, shard_endpoints=1)
    lines = "".join(f"{json.dumps(line)}\n" for line in stage.lines(20))
    stage.begin("r1", stage.upload(lines.encode() + b"\n" * 1024 * 250))
    assert len(stage.plan("r1")["shards"]) == 1024
    longest = {action: 0 for action, _ in stage.answers}
    for action, answer in stage.answers:
        longest[action] = max(longest[action], len(json.dumps(answer)))
    assert max(longest.pop("prepare"), longest.pop("decide")) <= 6 * 1024
    assert max(longest.values()) <= 1024
