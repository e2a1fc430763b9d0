"""`fleet sync`, `resume`, `stop` and `drain` ask the fleet's function."""

from __future__ import annotations

import json

import pytest

from chime_endpoints_cli.command_line.exit_codes import ExitCode
from commands.fleet.conftest import FUNCTION, RUN, DeployedFleet


@pytest.mark.parametrize(
    ("command", "arguments", "message"),
    [
        ("sync", [], "Run run-2 was started."),
        ("resume", [], "Run run-2 was started."),
        ("stop", [], "Run run-2 was stopped."),
        ("drain", ["--yes"], "Run run-2 was started."),
    ],
)
def test_the_function_starts_and_stops_runs(
    fleet: DeployedFleet, command: str, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command names the fleet, and prints the run."""
    assert fleet.run(command, *arguments) == ExitCode.DONE
    assert message in capsys.readouterr().out
    assert fleet.run(command, *arguments, "--json") == ExitCode.DONE
    assert json.loads(capsys.readouterr().out) == {"fleet": fleet.store.fleet, "run": "run-2"}
    assert fleet.functions.received == [{"command": command, "fleet": fleet.store.fleet}] * 2


def test_a_run_can_adopt_what_is_registered(fleet: DeployedFleet) -> None:
    """The function is told, together with what the stack declares: a fleet may have lost its state."""
    stack = fleet.account.cloudformation.stacks[0]
    properties = stack.template["Resources"]["Fleet"]["Properties"]
    properties |= {"Manifest": {"Bucket": {"Ref": "AWS::AccountId"}, "Key": "k"}, "WaitHandle": {"Ref": "Gone"}}
    assert fleet.run("sync", "--adopt") == ExitCode.DONE
    declared = {"Manifest": {"Bucket": "123456789012", "Key": "k"}, "ServiceToken": FUNCTION}
    assert fleet.functions.received == [
        {
            "command": "sync",
            "fleet": fleet.store.fleet,
            "adopts": True,
            "declared": {"stack_id": stack.id, "logical_id": "Fleet", "properties": declared},
        }
    ]


def test_a_declared_version_is_the_one_that_is_applied(
    fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever has just uploaded another one learns that it is not."""
    properties = fleet.account.cloudformation.stacks[0].template["Resources"]["Fleet"]["Properties"]
    properties["Manifest"] = {"Bucket": "manifests", "Key": "devices.jsonl"}
    assert fleet.run("sync") == ExitCode.DONE
    assert capsys.readouterr().err == ""
    properties["Manifest"]["VersionId"] = "v7"
    assert fleet.run("sync") == ExitCode.DONE
    assert "the stack declares version v7 of the manifest; to apply another one, declare" in capsys.readouterr().err


def test_a_refusal_is_an_error(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """Its text comes from the function."""
    fleet.functions.answer = {"error": "no run is at work"}
    assert fleet.run("stop") == ExitCode.FAILED
    assert "error: no run is at work" in capsys.readouterr().err


@pytest.mark.parametrize("answer", [None, {"errorType": "Runtime.ExitError", "errorMessage": "killed"}, {"odd": 1}])
def test_a_function_that_fails_is_an_error(
    fleet: DeployedFleet, answer: object, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message says where to look."""
    fleet.functions.answer, fleet.functions.is_broken = answer, answer is not None and "odd" not in str(answer)
    assert fleet.run("sync") == ExitCode.FAILED
    assert "Look into the log of arn:aws:lambda" in capsys.readouterr().err


def test_a_run_can_be_followed(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit code is then that of the run."""
    fleet.register([fleet.line("one")])
    fleet.decide(counts={"create": 1}, shards=[0])
    fleet.finish()
    fleet.functions.answer = {"run": RUN}
    assert fleet.run("sync", "--watch") == ExitCode.DONE
    told = capsys.readouterr()
    assert "run run-1 was started; it continues if you interrupt this command" in told.err
    assert "done" in told.out


def test_a_drain_needs_a_confirmation(fleet: DeployedFleet, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal, there is nobody to ask."""
    assert fleet.run("drain") == ExitCode.FAILED
    assert "fleet drain cannot ask for confirmation here" in capsys.readouterr().err
    assert fleet.functions.received == []
