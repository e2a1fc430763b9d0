"""`fleet check` waits for a check, and reports what it has found."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest

from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.main import run
from chime_endpoints_fleet.runs import settings as run_settings
from chime_endpoints_fleet.runs.checking.findings import Finding, State
from chime_endpoints_fleet.runs.checking.report import NEWEST, Report, report_name
from chime_endpoints_fleet.runs.settings import Mode
from commands.fleet.conftest import DeployedFleet

pytestmark = pytest.mark.slow

CHECK = "check-1"
GONE = Finding(key="two", user_arn="arn:x/user/bob", endpoint_id="id-2", state=State.GONE)
CHANGED = Finding(key="one", user_arn="arn:x/user/alice", endpoint_id="id-1", state=State.CHANGED, detail="name")


def check(fleet: DeployedFleet, *findings: Finding, failed: str = "", **result: Any) -> None:
    """Let a check end with these findings, which both shards have."""
    fleet.register([fleet.line("one"), fleet.line("two")])
    run_settings.save(fleet.store, CHECK, replace(fleet.begin(), mode=Mode.CHECK))
    fleet.store.put_json(NEWEST, {"run": CHECK})
    fleet.decide(CHECK, counts={"check": 4}, shards=[0, 1])
    for shard in (0, 1):
        report = Report({"alice": "", "bob": failed}, 1, list(findings))
        fleet.store.put_json(report_name(CHECK, shard), report.to_json(is_done=True))
    fleet.finish(CHECK, **result)
    fleet.functions.answer = {"run": CHECK}


def test_a_fleet_without_differences_is_fine(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """The progress goes to the standard error."""
    check(fleet)
    assert fleet.run("check") == ExitCode.DONE
    told = capsys.readouterr()
    assert "check check-1 was started" in told.err
    assert "done, 4 of 4, 2 registered" in told.err
    assert told.out.strip() == "2 endpoints compared, 0 differences."
    assert fleet.functions.received == [{"command": "check", "fleet": fleet.store.fleet}]


def test_differences_are_reported_once(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """The most serious come first. --last starts no other check."""
    check(fleet, CHANGED, GONE)
    assert fleet.run("check", "--last") == ExitCode.FOUND
    shown = capsys.readouterr().out
    assert shown.index("gone  two") < shown.index("changed  one: name")
    assert "1 gone: no longer registered; --repair registers them again." in shown
    assert fleet.run("check", "--last", "--json") == ExitCode.FOUND
    found = json.loads(capsys.readouterr().out)
    assert (found["is_complete"], [each["state"] for each in found["findings"]]) == (True, ["gone", "changed"])
    assert fleet.run("check", "--last", "--format", "csv") == ExitCode.FOUND
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["endpoint_id"] for row in rows] == ["id-2", "id-1"]
    assert fleet.functions.received == []


def test_users_that_could_not_be_listed_make_it_incomplete(
    fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is said about their endpoints."""
    check(fleet, failed="CE-401", ok=False, reason="1 user could not be listed")
    assert fleet.run("check") == ExitCode.FAILED
    shown = capsys.readouterr().out
    assert "1 user could not be listed (CE-401)." in shown
    assert "The check is not complete." in shown


def test_a_run_repairs_what_was_found(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """It is started after a confirmation. Its exit code counts."""
    check(fleet, GONE, CHANGED)
    assert fleet.run("check", "--last", "--repair") == ExitCode.FAILED
    assert "--repair cannot ask for confirmation here" in capsys.readouterr().err
    fleet.decide(counts={}, shards=[])
    fleet.finish()
    fleet.functions.answer = {"run": "run-1"}
    assert fleet.run("check", "--last", "--repair", "--yes") == ExitCode.DONE
    assert fleet.functions.received == [{"command": "sync", "fleet": fleet.store.fleet, "repairs": CHECK}]
    assert "run run-1 was started" in capsys.readouterr().err


def test_what_no_run_repairs_is_still_found(fleet: DeployedFleet) -> None:
    """An INACTIVE endpoint needs a new device token."""
    inactive = Finding(key="x", user_arn="arn:x/user/x", endpoint_id="id", state=State.INACTIVE)
    check(fleet, inactive)
    assert fleet.run("check", "--last", "--repair", "--yes") == ExitCode.FOUND
    assert fleet.functions.received == []
    check(fleet, inactive, GONE)
    fleet.decide(counts={}, shards=[])
    fleet.finish()
    fleet.functions.answer = {"run": "run-1"}
    assert fleet.run("check", "--last", "--repair", "--yes") == ExitCode.FOUND


def test_a_fleet_without_a_check_has_no_report(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """A check would have to be started first."""
    fleet.register([fleet.line("one")])
    assert fleet.run("check", "--last") == ExitCode.FAILED
    assert "this fleet was never checked" in capsys.readouterr().err


def drift(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    """The exit code of `drift`, and its finding."""
    code = run(["drift", "--json"], services=fleet.account.services)
    (stack,) = json.loads(capsys.readouterr().out)["stacks"]
    (found,) = stack["resources"]
    return code, found


def test_drift_reports_the_newest_check(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """It would take hours to compare all endpoints of a fleet anew."""
    code, found = drift(fleet, capsys)
    assert (code, found["state"]) == (ExitCode.FAILED, "unknown")
    assert "it was never checked" in found["reason"]
    check(fleet)
    code, found = drift(fleet, capsys)
    assert (code, found["state"]) == (ExitCode.DONE, "in sync")
    check(fleet, GONE)
    code, found = drift(fleet, capsys)
    assert (code, found["state"]) == (ExitCode.FOUND, "changed")
    assert found["reason"].startswith("1 gone; 2 endpoints compared on ")
    assert found["repair"] == "List them: chime-endpoints fleet check --last --fleet Push/Fleet"
    assert run(["drift"], services=fleet.account.services) == ExitCode.FOUND
    assert "1 fleet changed" in capsys.readouterr().out


def test_drift_does_not_know_an_incomplete_check(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """It may be at work, or have failed. So it is for a fleet whose function is gone."""
    check(fleet, ok=False)
    assert drift(fleet, capsys)[1]["state"] == "unknown"
    fleet.store.delete([f"runs/{CHECK}/result"])
    code, found = drift(fleet, capsys)
    assert (code, found["state"]) == (ExitCode.FAILED, "unknown")
    fleet.functions.bucket = ""
    assert "is not the function of a fleet" in drift(fleet, capsys)[1]["reason"]
