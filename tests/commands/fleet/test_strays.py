"""`fleet check --repair` deregisters strays, by the rules of `audit --repair`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_emulator import Endpoint
from chime_endpoints_fleet.runs.checking.findings import Finding, State
from chime_endpoints_handler.model.physical_id import suffix
from commands.conftest import declared, physical_id
from commands.fleet.conftest import DeployedFleet
from commands.fleet.test_check import check
from support.closed import Closed

pytestmark = pytest.mark.slow


@pytest.fixture
def stray(fleet: DeployedFleet) -> Endpoint:
    """An endpoint that the fleet named, which no ledger has, and which a check has found."""
    name = f"Push-Fleet.lost-{suffix(fleet.stack_id, 'Fleet.lost')}"
    endpoint = fleet.account.register("canary-lost", name=name)
    found(fleet, endpoint)
    return endpoint


def found(fleet: DeployedFleet, endpoint: Endpoint) -> None:
    """Let a check find a stray. The fleet's last run has ended."""
    user = endpoint.app_instance_user_arn
    check(fleet, Finding(key="lost", user_arn=user, endpoint_id=endpoint.endpoint_id, state=State.STRAY))
    fleet.finish()


def test_a_stray_is_deregistered_after_a_confirmation(
    fleet: DeployedFleet, stray: Endpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    """No run is started for it."""
    assert fleet.run("check", "--last", "--repair", "--yes") == ExitCode.DONE
    assert stray.endpoint_id not in fleet.account.backend.endpoints
    told = capsys.readouterr()
    assert "1 stray: named by the fleet, and in no ledger; --repair deregisters them unless something" in " ".join(
        told.out.split()
    )
    assert "deregistered: 1 of 1" in told.err
    assert fleet.functions.received == []


def _held_by_a_stack(fleet: DeployedFleet, stray: Endpoint) -> None:
    stack = fleet.account.cloudformation.add("Other", {"Phone": declared(stray)})
    stack.physical_ids["Phone"] = physical_id(stray)


def _held_by_a_key(fleet: DeployedFleet, stray: Endpoint) -> None:
    fleet.register([fleet.hold(stray, "another")])


def _at_work(fleet: DeployedFleet, _: Endpoint) -> None:
    fleet.store.delete(["runs/run-1/result"])


def _deploying(fleet: DeployedFleet, _: Endpoint) -> None:
    fleet.account.cloudformation.stacks[0].status = "UPDATE_IN_PROGRESS"


def _retained(fleet: DeployedFleet, _: Endpoint) -> None:
    fleet.account.cloudformation.stacks[0].skipped.append(fleet.store.fleet)


def _renamed(_: DeployedFleet, stray: Endpoint) -> None:
    stray.name = "Someone's"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_held_by_a_stack, "It belongs to another resource or another key now."),
        (_held_by_a_key, "It belongs to another resource or another key now."),
        (_at_work, "A deployment or a run in progress may be about to take it over."),
        (_deploying, "A deployment or a run in progress may be about to take it over."),
        (_retained, "registered on purpose (removal policy RETAIN)."),
        (_renamed, ""),
    ],
)
def test_what_belongs_to_something_is_left_alone(
    fleet: DeployedFleet,
    stray: Endpoint,
    change: Callable[[DeployedFleet, Endpoint], None],
    reason: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Whatever the check has found in the meantime."""
    change(fleet, stray)
    assert fleet.run("check", "--last", "--repair", "--yes") == ExitCode.FOUND
    assert stray.endpoint_id in fleet.account.backend.endpoints
    told = capsys.readouterr().err
    assert reason in told
    assert "not repaired: 1 endpoint" in told


def test_a_stray_is_left_alone_if_a_region_cannot_be_read(
    fleet: DeployedFleet, stray: Endpoint, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stack there may have it."""
    monkeypatch.setattr(fleet.account.services, "every_region", lambda: ["us-east-1", "eu-central-1"])
    fleet.account.services.elsewhere = Closed("AccessDenied")
    assert fleet.run("check", "--last", "--repair", "--yes") == ExitCode.FOUND
    assert "Some stacks or fleets could not be read" in capsys.readouterr().err
    assert stray.endpoint_id in fleet.account.backend.endpoints


def test_what_a_repair_leaves_is_said(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """An INACTIVE endpoint needs a new device token, and one that two keys have a decision."""
    inactive = Finding(key="x", user_arn="arn:x/user/x", endpoint_id="id", state=State.INACTIVE)
    shared = Finding(key="y", user_arn="arn:x/user/x", endpoint_id="id-2", state=State.SHARED)
    check(fleet, inactive, shared)
    assert fleet.run("check", "--last", "--repair", "--yes") == ExitCode.FOUND
    told = capsys.readouterr()
    shown = " ".join(told.out.split())
    assert "1 inactive: receives no pushes. --repair cannot help: put the device's current token into the" in shown
    assert "1 shared: belongs to another key as well. --repair cannot help: remove the line of one key" in shown
    assert "not repaired: 2 endpoints" in told.err


def test_a_check_compares_device_tokens_if_asked(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """The function is told. A report that is there already cannot have more in it."""
    check(fleet)
    assert fleet.run("check", "--tokens") == ExitCode.DONE
    assert fleet.functions.received == [{"command": "check", "fleet": fleet.store.fleet, "tokens": True}]
    assert fleet.run("check", "--tokens", "--last") == ExitCode.FAILED
    assert "--last starts no check that could compare device tokens" in capsys.readouterr().err
