"""`fleet list` and `fleet failures` read the ledgers."""

from __future__ import annotations

import csv
import io
import json

import pytest

from chime_endpoints_cli.command_line.exit_codes import ExitCode
from commands.fleet.conftest import DeployedFleet


def test_the_endpoint_of_a_key_is_listed(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """One ledger is read for it, and no call is made to the service."""
    fleet.register([fleet.line(f"key-{number}") for number in range(5)])
    assert fleet.run("list", "key-3", "--json") == ExitCode.DONE
    (one,) = json.loads(capsys.readouterr().out)["endpoints"]
    assert one == {
        "key": "key-3",
        "user_arn": f"{fleet.account.app_instance}/user/user-of-key-3",
        "endpoint_id": "id-of-key-3",
        "predecessors": [],
    }


def test_without_keys_all_are_listed(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """In the order of the keys."""
    fleet.register([fleet.line(f"key-{number}") for number in range(5)])
    assert fleet.run("list", "--format", "csv") == ExitCode.DONE
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["key"] for row in rows] == [f"key-{number}" for number in range(5)]
    assert fleet.run("list") == ExitCode.DONE
    shown = capsys.readouterr().out
    assert "key-4" in shown
    assert "5 endpoints of fleet Push-Fleet-" in shown


def test_a_key_that_is_not_registered_is_named(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """The others are listed."""
    fleet.register([fleet.line("one")])
    assert fleet.run("list", "one", "two") == ExitCode.FAILED
    told = capsys.readouterr()
    assert "id-of-one" in told.out
    assert "not registered: two" in told.err


def test_failures_have_key_and_code(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """They are of the newest run only."""
    assert fleet.run("failures") == ExitCode.DONE
    assert "Nothing failed." in capsys.readouterr().out
    fleet.register([fleet.line("one")], failed={"two": "CE-302", "three": "CE-201"})
    for number, reason in ((1, "an earlier reason"), (2, "The device token is registered.")):
        failed = [{"key": "two", "code": "CE-302", "reason": reason}]
        fleet.store.put_json(f"runs/run-1/report/{number}-00000", {"failed": failed})
    assert fleet.run("failures", "--json") == ExitCode.FOUND
    found = json.loads(capsys.readouterr().out)["failures"]
    assert [(each["key"], each["code"]) for each in found] == [("three", "CE-201"), ("two", "CE-302")]
    assert [each["reason"] for each in found] == ["", "The device token is registered."]
    assert fleet.run("failures") == ExitCode.FOUND
    assert "2 endpoints failed." in capsys.readouterr().out


def test_the_wrong_lines_of_a_refused_run_are_listed(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """With their numbers."""
    fleet.begin()
    problem = {"line": 17, "key": "one", "field": "user", "code": "CE-101", "text": "is missing."}
    fleet.decide(refused="1 line is wrong", wrong=1, problems=[problem])
    fleet.finish(ok=False, reason="1 line is wrong")
    assert fleet.run("failures", "--format", "csv") == ExitCode.FOUND
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row == {"key": "one", "line": "17", "code": "CE-101", "reason": "user: is missing."}
