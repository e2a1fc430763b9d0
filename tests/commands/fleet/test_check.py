"""`fleet check` waits for a check, and reports what it has found."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest

from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_fleet.runs import settings as run_settings
from chime_endpoints_fleet.runs.checking.findings import Finding, State
from chime_endpoints_fleet.runs.checking.report import NEWEST, Report, report_name
from chime_endpoints_fleet.runs.settings import Mode
from commands.fleet.conftest import DeployedFleet

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
    assert "1 gone: not registered any more." in shown
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


def test_a_fleet_without_a_check_has_no_report(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """A check would have to be started first."""
    fleet.register([fleet.line("one")])
    assert fleet.run("check", "--last") == ExitCode.FAILED
    assert "this fleet was never checked" in capsys.readouterr().err
