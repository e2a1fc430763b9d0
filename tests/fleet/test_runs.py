"""Runs from the manifest to the registered endpoints, through every action of the worker."""

from __future__ import annotations

import json

import pytest

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
