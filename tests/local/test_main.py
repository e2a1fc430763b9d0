"""The command line: exit codes, and one message for each failure."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from moto import mock_aws

from chime_endpoints_cli.local.cdk.runner import Cdk
from chime_endpoints_cli.main import run
from chime_endpoints_cli.output.errors import CommandError
from demo.command import run as run_demo

INSTANCE = "arn:aws:chime:us-east-1:123456789012:app-instance/00000000-0000-0000-0000-000000000000"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in (
        ("ACCESS_KEY_ID", "testing"),
        ("SECRET_ACCESS_KEY", "testing"),
        ("DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(f"AWS_{name}", value)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["list"], "no users to list"),
        (["list", "alice"], "'alice' is not the ARN of an app instance or one of its users"),
        (["list", "--local"], "the local cloud is not running"),
        (["local", "status"], "the local cloud is not running"),
        (["local", "deploy", "--context", "a=b"], "the local cloud is not running"),
    ],
)
def test_a_problem_is_one_message(capsys: pytest.CaptureFixture[str], arguments: list[str], problem: str) -> None:
    """It says what is wrong and what to do, without a traceback, and the exit code is 1."""
    assert run(arguments) == 1
    message = capsys.readouterr().err
    assert message.startswith(f"error: {problem}")
    assert len(message.splitlines()) == 2


def test_the_demo_needs_the_declaration_of_a_clone(capsys: pytest.CaptureFixture[str]) -> None:
    """It is no command of the installed package, which has no declaration."""
    assert run_demo([]) == 1
    assert capsys.readouterr().err.startswith("error: endpoints.yaml was not found")
    assert run(["demo"]) == 1
    assert "No such command 'demo'" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["nonsense"], ["list", "--nonsense"], ["local", "up", "--port", "99999"]])
def test_a_wrong_command_line_gets_the_usage(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    """The exit code is 1, because 2 means that a command found something."""
    assert run(arguments) == 1
    assert "Usage: chime-endpoints" in capsys.readouterr().err


def test_a_refusal_by_aws_is_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    """For example, the app instance does not exist.

    The message refers to the user's credentials, not to the function.
    """
    with mock_aws():
        assert run(["list", INSTANCE]) == 1
    message = capsys.readouterr().err
    assert message.startswith("error: chime:ListAppInstanceUsers failed (ForbiddenException) [CE-609]\n")
    assert "your credentials are allowed to call chime:ListAppInstanceUsers" in message
    assert "function" not in message


def _cdk(directory: Path, script: str) -> Cdk:
    program = directory / "node_modules" / ".bin" / "cdk"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!{sys.executable}\n{script}\n")
    program.chmod(0o755)
    return Cdk(app=directory, directory=directory, environment={"PATH": str(directory)})


def test_what_cdk_printed_is_shown_when_it_fails(tmp_path: Path) -> None:
    """It is also kept in a log, even if cdk succeeds."""
    cdk = _cdk(tmp_path, "print('the reason'); raise SystemExit(3)")
    with pytest.raises(CommandError, match="cdk deploy failed with exit code 3") as caught:
        cdk.deploy()
    assert caught.value.output == "the reason\n"
    assert (tmp_path / "cdk.log").read_text() == "the reason\n"


def test_what_cdk_printed_is_returned_when_it_succeeds(tmp_path: Path) -> None:
    """The output includes what was requested."""
    assert "deploy --all" in _cdk(tmp_path, "import sys; print(*sys.argv[1:])").deploy()


def test_a_missing_cdk_is_one_message(tmp_path: Path) -> None:
    """It says how to install cdk."""
    with pytest.raises(CommandError, match="the cdk command was not found") as caught:
        Cdk(app=Path("/"), directory=tmp_path, environment={"PATH": str(tmp_path)}).bootstrap()
    assert "aws-cdk@2" in caught.value.remedy
