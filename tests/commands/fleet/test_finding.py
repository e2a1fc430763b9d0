"""Which fleet a command is about."""

from __future__ import annotations

import pytest

from chime_endpoints_cli.account.stacks.stacks import FLEET_TYPE
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from commands.fleet.conftest import FUNCTION, DeployedFleet


@pytest.fixture(autouse=True)
def _begun(fleet: DeployedFleet) -> None:
    fleet.register([])


def found(fleet: DeployedFleet, *arguments: str) -> bool:
    """Whether the fleet is found."""
    return fleet.run("status", *arguments) == ExitCode.DONE


def test_the_only_fleet_needs_no_name(fleet: DeployedFleet) -> None:
    """Otherwise, it is named by its stack, by its stack and logical id, or by its id."""
    fleet.account.cloudformation.add("Other", {})
    assert found(fleet)
    for name in ("Push", "Push/Fleet", fleet.stack_id, f"{fleet.stack_id}/Fleet", fleet.store.fleet):
        assert found(fleet, "--fleet", name), name


def test_several_fleets_are_named(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """The command does not choose one."""
    resource = {"Type": FLEET_TYPE, "Properties": {"ServiceToken": FUNCTION}}
    fleet.account.cloudformation.add("Two", {"A": resource, "B": resource}, A="a", B="b")
    assert not found(fleet)
    assert "there are 3 fleets: Push/Fleet, Two/A, Two/B" in capsys.readouterr().err
    assert found(fleet, "--fleet", "Push")
    assert not found(fleet, "--fleet", "Two")
    assert "there are 2 fleets: Two/A, Two/B" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Missing", "stack Missing does not exist"),
        ("Push/Other", "there is no fleet with the name Push/Other"),
        ("Push-Fleet-0123456789abcdef", "there is no fleet with the name Push-Fleet-0123456789abcdef"),
        ("a/b/c", "is not the name of a fleet"),
    ],
)
def test_a_fleet_that_is_not_there_is_named(
    fleet: DeployedFleet, name: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message says what to check."""
    assert not found(fleet, "--fleet", name)
    assert message in capsys.readouterr().err


def test_no_fleet_is_named(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """The message has the region."""
    fleet.account.cloudformation.stacks.clear()
    assert not found(fleet)
    assert "there is no fleet in us-east-1" in capsys.readouterr().err


def test_a_missing_function_is_named(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """Without it, nothing can be started, and the bucket is not known."""
    template = fleet.account.cloudformation.stacks[0].template
    template["Resources"]["Fleet"]["Properties"]["ServiceToken"] = f"{FUNCTION}-old"
    assert not found(fleet)
    assert "no longer exists" in capsys.readouterr().err
    fleet.functions.bucket = ""
    template["Resources"]["Fleet"]["Properties"]["ServiceToken"] = FUNCTION
    assert not found(fleet)
    assert "is not the function of a fleet" in capsys.readouterr().err
    template["Resources"]["Fleet"]["Properties"]["ServiceToken"] = {"Fn::GetAtt": ["Function", "Arn"]}
    assert not found(fleet)
    assert "is not known yet" in capsys.readouterr().err


def test_the_functions_arn_follows_from_its_name(fleet: DeployedFleet) -> None:
    """CDK refers to the function by its logical id."""
    stack = fleet.account.cloudformation.stacks[0]
    stack.template["Resources"]["Function"] = {"Type": "AWS::Lambda::Function"}
    stack.physical_ids["Function"] = "events"
    stack.template["Resources"]["Fleet"]["Properties"]["ServiceToken"] = {"Fn::GetAtt": ["Function", "Arn"]}
    assert found(fleet)


def test_a_missing_bucket_is_named(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """The message says what it means."""
    fleet.functions.bucket = "gone"
    assert not found(fleet)
    assert "no longer exists: gone" in capsys.readouterr().err


def test_a_damaged_object_is_named(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is guessed about it, nor about a ledger that was deleted."""
    fleet.store.delete(["ledger/01/00001"])
    assert fleet.run("list") == ExitCode.FAILED
    told = capsys.readouterr().err
    assert "is damaged: ledger/01/00001 is missing" in told
    assert "chime-endpoints fleet sync --adopt" in told
    fleet.store.put("ledger/01/00000", b"damaged")
    assert not found(fleet)
    assert "is damaged: " in capsys.readouterr().err
