"""`fleet plan` compares a manifest on this machine with the fleet's ledgers."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.main import run
from commands.fleet.conftest import DeployedFleet
from support.identity import APPLICATION

OTHER = f"{APPLICATION[:-1]}0"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    """The path of a manifest."""
    return tmp_path / "devices.jsonl"


def write(path: Path, lines: Sequence[dict[str, Any]]) -> str:
    """Write a manifest."""
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return str(path)


def planned(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str], path: str, *more: str) -> tuple[int, Any]:
    """The exit code and the plan as JSON."""
    code = fleet.run("plan", path, "--json", *more)
    return code, json.loads(capsys.readouterr().out)


def test_every_kind_of_change_is_counted(
    fleet: DeployedFleet, manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The ledgers know by digests what has changed; the service is not asked."""
    line = fleet.line
    fleet.register([line("same"), line("renamed"), line("moved"), line("gone")])
    path = write(
        manifest, [line("same"), line("renamed", name="New"), line("moved", device_token="other"), line("new")]
    )
    code, plan = planned(fleet, capsys, path)
    assert code == ExitCode.FOUND
    assert plan["changes"] == {"settle": 1, "replace": 1, "remove": 0, "create": 1, "delete": 1}
    assert (plan["unchanged"], plan["declared"], plan["registered"], plan["calls"]) == (1, 4, 4, 8)
    assert fleet.run("plan", path, "--allow-changes") == ExitCode.DONE
    assert "token-of" not in capsys.readouterr().out


def test_a_manifest_that_is_applied_has_no_changes(
    fleet: DeployedFleet, manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code is 0."""
    lines = [fleet.line(f"key-{number}") for number in range(20)]
    fleet.register(lines)
    assert fleet.run("plan", write(manifest, lines)) == ExitCode.DONE
    assert "Nothing to do." in capsys.readouterr().out


def test_a_changed_default_replaces_all(
    fleet: DeployedFleet, manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It can be planned before it is deployed. Lines that name other applications than the fleet's stay wrong."""
    lines = [fleet.line("one"), fleet.line("two")]
    fleet.register(lines)
    code, plan = planned(fleet, capsys, write(manifest, lines), "--allow-messages", "NONE")
    assert (code, plan["changes"]["settle"]) == (ExitCode.FOUND, 2)
    code, plan = planned(fleet, capsys, write(manifest, lines), "--application", OTHER)
    assert (code, plan["changes"]["replace"], plan["calls"]) == (ExitCode.FOUND, 2, 10)
    _, plan = planned(fleet, capsys, write(manifest, [lines[0] | {"application": OTHER}, lines[1]]))
    assert plan["wrong"] == 1
    assert "is not an application of the fleet" in plan["mistakes"][0]["text"]


def test_wrong_lines_are_shown_with_number_and_key(
    fleet: DeployedFleet, manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All are counted. A key that occurs twice is one of them."""
    fleet.register([])
    manifest.write_text('\n{"key": "a"}\nnot JSON, secret-token\n')
    with manifest.open("a") as file:
        file.writelines(f"{json.dumps(fleet.line('same'))}\n" for _ in range(2))
    assert fleet.run("plan", str(manifest)) == ExitCode.FOUND
    shown = capsys.readouterr().out
    assert "line 2: a: " in shown
    assert "line 3: The line is not JSON." in shown
    assert "line 5: same: key: is also the key of line 4" in shown
    assert "The run would change nothing: 3 lines are wrong." in shown
    assert "secret-token" not in shown
    assert fleet.run("plan", str(manifest), "--format", "csv", "--allow-changes") == ExitCode.FOUND
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["change"] for row in rows] == ["wrong"] * 3 + ["create"]


def test_a_device_token_in_two_lines_is_told(
    fleet: DeployedFleet, manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The service accepts it once. The token is not shown."""
    fleet.register([])
    line = fleet.line
    path = write(manifest, [line("one"), line("two"), line("three", device_token="token-of-one")])
    assert fleet.run("plan", path, "--allow-changes") == ExitCode.FOUND
    shown = capsys.readouterr().out
    assert "line 3 has the device token of line 1: one of them would fail" in shown
    assert "token-of-one" not in shown
    assert planned(fleet, capsys, path)[1]["same_tokens"] == [{"line": 3, "as_line": 1}]


def test_a_truncated_manifest_is_refused(
    fleet: DeployedFleet, manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """More than a tenth would be removed, and more than a hundred."""
    lines = [fleet.line(f"key-{number}") for number in range(220)]
    fleet.register(lines)
    code, plan = planned(fleet, capsys, write(manifest, lines[:110]))
    assert (code, plan["is_refused"], plan["allowed_deletions"]) == (ExitCode.FOUND, True, 100)
    fleet.run("plan", str(manifest))
    assert "it would remove 110 of 220 endpoints, and 100 are allowed" in capsys.readouterr().out
    code, plan = planned(fleet, capsys, write(manifest, lines[:120]))
    assert (code, plan["is_refused"]) == (ExitCode.FOUND, False)


def test_without_a_fleet_every_line_is_new(
    fleet: DeployedFleet, manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """So the command checks a file that has no fleet yet. With --new, it makes no call."""
    fleet.account.cloudformation.stacks.clear()
    path = write(manifest, [fleet.line("one"), fleet.line("two", type="APNS")])
    defaults = ["--app-instance", fleet.account.app_instance, "--application", APPLICATION, "--type", "GCM"]
    code, plan = planned(fleet, capsys, path, *defaults)
    assert (code, plan["fleet"], plan["changes"]["create"]) == (ExitCode.FOUND, None, 2)
    assert run(["fleet", "plan", path, "--new", "--allow-changes", *defaults]) == ExitCode.DONE
    assert "No fleet is deployed: 2 declared, 0 registered" in capsys.readouterr().out


def test_a_file_that_is_not_there_is_named(
    fleet: DeployedFleet, manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """So is one that cannot be read."""
    assert fleet.run("plan", str(manifest), "--new") == ExitCode.FAILED
    assert f"{manifest} cannot be read: No such file or directory" in capsys.readouterr().err


def test_a_large_manifest_is_read_in_pieces(
    fleet: DeployedFleet, manifest: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Numbers of lines count over the pieces."""
    lines = [*(fleet.line(f"key-{number}") for number in range(2500)), fleet.line("key-0")]
    manifest.write_text("".join(f"{json.dumps(line)}{' ' * 2000}\n" for line in lines))
    assert manifest.stat().st_size > 5_000_000
    fleet.register([])
    _, plan = planned(fleet, capsys, str(manifest))
    assert [mistake["line"] for mistake in plan["mistakes"]] == [2501]
