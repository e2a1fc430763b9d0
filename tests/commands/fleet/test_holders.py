"""`list`, `audit` and `import` know which endpoints belong to fleets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.main import run
from chime_endpoints_emulator import Endpoint
from chime_endpoints_handler.model.physical_id import suffix
from commands.fleet.conftest import DeployedFleet


@pytest.fixture
def held(fleet: DeployedFleet) -> Endpoint:
    """An endpoint of the fleet, which has ended its run, with the name that the fleet gives."""
    logical_id = "Fleet.alice-phone"
    name = f"Push-{logical_id}-{suffix(fleet.stack_id, logical_id)}"
    endpoint = fleet.account.register("canary-token", name=name)
    fleet.register([fleet.hold(endpoint, "alice-phone")])
    fleet.finish()
    return endpoint


@pytest.fixture
def stray(fleet: DeployedFleet) -> Endpoint:
    """An endpoint that a stack once named, and no longer has."""
    stack = fleet.account.cloudformation.add("Old", {})
    stack.status = "DELETE_COMPLETE"
    return fleet.account.register("other", user_id="bob", name=f"Old-Phone-{suffix(stack.id, 'Phone')}")


def ran(fleet: DeployedFleet, *arguments: str) -> int:
    """The exit code of a command about the app instance."""
    return run([*arguments, fleet.account.app_instance], services=fleet.account.services)


def listed(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str], *options: str) -> list[dict[str, Any]]:
    """What `list` shows."""
    assert ran(fleet, "list", "--json", *options) == ExitCode.DONE
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["endpoints"]
    return found


def test_list_names_the_fleet_and_the_key(
    fleet: DeployedFleet, held: Endpoint, stray: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    """The key is that of the line in the manifest. --fleet and --unheld tell the endpoints apart."""
    found = {each["endpoint_id"]: each["held_by"] for each in listed(fleet, capsys)}
    assert found[held.endpoint_id] == {
        "stack": "Push",
        "stack_id": fleet.stack_id,
        "logical_id": "Fleet",
        "key": "alice-phone",
        "fleet": fleet.store.fleet,
    }
    assert found[stray.endpoint_id] is None
    for name in ("Push", "Push/Fleet", fleet.store.fleet):
        (one,) = listed(fleet, capsys, "--fleet", name)
        assert one["endpoint_id"] == held.endpoint_id
    (one,) = listed(fleet, capsys, "--unheld")
    assert one["endpoint_id"] == stray.endpoint_id
    assert ran(fleet, "list") == ExitCode.DONE
    assert "(its fleet's)" in capsys.readouterr().out
    assert ran(fleet, "list", "--fleet", "Other") == ExitCode.FAILED
    assert "there is no fleet with the name Other" in capsys.readouterr().err


def test_audit_does_not_call_an_endpoint_of_a_fleet_an_orphan(
    fleet: DeployedFleet, held: Endpoint, stray: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fleet may have adopted an endpoint that still has the name of an earlier stack."""
    assert ran(fleet, "audit", "--json") == ExitCode.FOUND
    audit = json.loads(capsys.readouterr().out)
    assert [each["endpoint_id"] for each in audit["found"]] == [stray.endpoint_id]
    assert audit["of_fleets"] == 1
    fleet.register([fleet.hold(stray, "bob-phone"), fleet.hold(held, "alice-phone")])
    assert ran(fleet, "audit") == ExitCode.DONE
    assert "2 endpoints of them belong to fleets." in capsys.readouterr().out


@pytest.mark.usefixtures("held")
def test_audit_is_in_doubt_while_a_fleet_is_at_work(
    fleet: DeployedFleet, stray: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    """The run may be about to adopt the endpoint."""
    fleet.store.delete(["runs/run-1/result"])
    assert ran(fleet, "audit", "--json") == ExitCode.FAILED
    (found,) = json.loads(capsys.readouterr().out)["found"]
    assert (found["endpoint_id"], found["verdict"]) == (stray.endpoint_id, "in doubt")


@pytest.mark.usefixtures("held", "stray")
def test_nothing_is_an_orphan_if_a_fleet_cannot_be_read(
    fleet: DeployedFleet, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """It may be the fleet's. For the same reason, nothing is imported."""
    fleet.functions.bucket = "gone"
    assert ran(fleet, "audit") == ExitCode.FAILED
    shown = capsys.readouterr().out
    assert "not known" in shown
    assert f"Not read: fleet {fleet.store.fleet} (the bucket of fleet" in " ".join(shown.split())
    assert ran(fleet, "list") == ExitCode.FAILED
    assert "could not be read: fleet Push-Fleet-" in capsys.readouterr().out
    assert ran(fleet, "import") == ExitCode.FAILED
    assert "cannot be read" in capsys.readouterr().err
    assert ran(fleet, "import", "--fleet", "-o", str(tmp_path / "d.jsonl")) == ExitCode.FAILED


@pytest.mark.usefixtures("held")
def test_import_skips_endpoints_of_fleets(
    fleet: DeployedFleet, stray: Endpoint, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Otherwise, two resources would manage them."""
    path = tmp_path / "d.jsonl"
    assert ran(fleet, "import", "--fleet", "-o", str(path)) == ExitCode.DONE
    assert [json.loads(line)["device_token"] for line in path.read_text().splitlines()] == [stray.device_token]
    assert f"skipped: 1 endpoint of fleet {fleet.store.fleet}" in capsys.readouterr().err
    assert ran(fleet, "import", "--json") == ExitCode.DONE
    assert len(json.loads(capsys.readouterr().out)["endpoints"]) == 1


def test_doctor_finds_an_endpoint_by_its_key(
    fleet: DeployedFleet, held: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    """It reads one ledger for it."""
    run(["doctor", "alice-phone", "--json"], services=fleet.account.services)
    assert json.loads(capsys.readouterr().out)["endpoint_id"] == held.endpoint_id
    run(["doctor", "alice-phone"], services=fleet.account.services)
    assert f"alice-phone in fleet {fleet.store.fleet}" in capsys.readouterr().out
