"""Rules for every command: help with examples, exit codes, JSON, completion, and no colors outside a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from chime_endpoints.declared.schema import schema
from chime_endpoints_cli.command_line.command import Command
from chime_endpoints_cli.command_line.exit_codes import MEANINGS, ExitCode
from chime_endpoints_cli.main import cli, run
from commands.conftest import Account, declared, physical_id
from declared.writing import ENTRY

EXECUTABLE = [sys.executable, "-m", "chime_endpoints_cli.main"]


def _commands(group: click.Group = cli, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _commands(command, (*path, name))
        else:
            yield (*path, name)


@pytest.mark.parametrize("command", list(_commands()), ids=" ".join)
def test_every_command_teaches_how_it_is_used(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """The help has an example that names the command, and the meaning of each exit code."""
    assert run([*command, "--help"]) == ExitCode.DONE
    shown = capsys.readouterr().out
    examples = shown.partition("Examples:")[2].partition("Exit codes:")[0]
    assert f"chime-endpoints {' '.join(command)}" in examples
    assert {"0", "1", "130"} <= {line.split()[0] for line in shown.partition("Exit codes:")[2].splitlines() if line}
    assert max(map(len, shown.splitlines())) <= 100


def test_every_exit_code_has_a_meaning() -> None:
    """One table has the defaults, and each command can refine them."""
    assert set(MEANINGS) == set(ExitCode)
    used: set[ExitCode] = set()
    for path in _commands():
        command: click.Command | None = cli
        for name in path:
            assert isinstance(command, click.Group)
            command = command.commands[name]
        assert isinstance(command, Command)
        used |= set(command.exit_codes)
    assert used == set(ExitCode)


def test_a_valid_file_is_reported_as_valid(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message has the number of endpoints.

    Variables come from the command line, as in cdk, or from the environment.
    """
    path = tmp_path / "endpoints.yaml"
    entry = ENTRY.replace("APNS", "'${TYPE}'")
    path.write_text(f"endpoints: {{a: {entry}}}")
    assert run(["validate", str(path), "-c", "TYPE=GCM"]) == ExitCode.DONE
    assert "1 endpoint in 1 stack" in capsys.readouterr().out
    monkeypatch.setenv("TYPE", "APNS")
    assert run(["validate", str(path)]) == ExitCode.DONE
    monkeypatch.delenv("TYPE")
    assert run(["validate", str(path)]) == ExitCode.FOUND


def test_all_mistakes_of_a_file_are_reported_and_the_exit_code_is_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each mistake has its place, the value that was found, the allowed values and the nearest word, also as JSON."""
    path = tmp_path / "endpoints.yaml"
    path.write_text(f"endpoints:\n  a: {ENTRY.replace('APNS', 'FCM').replace('user', 'usr')}\n  a: {{}}\n")
    assert run(["validate", str(path)]) == ExitCode.FOUND
    told = capsys.readouterr().err
    assert "4 mistakes" in told
    assert "'FCM' must be one of APNS, APNS_SANDBOX, GCM; did you mean GCM?" in told
    assert "'usr' is not a field; did you mean user?" in told
    assert run(["validate", str(path), "--json"]) == ExitCode.FOUND
    answer = json.loads(capsys.readouterr().out)
    assert answer["file"] == str(path)
    mistakes = answer["mistakes"]
    assert {(mistake["line"], mistake["entry"]) for mistake in mistakes} == {(2, "a"), (3, "")}
    assert sorted(mistake["code"] for mistake in mistakes) == ["", "CE-101", "CE-102", "CE-103"]


def test_variables_have_the_values_that_cdk_would_give_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command line overrides cdk.json, which overrides the environment. cdk.json can also name the file."""
    monkeypatch.chdir(tmp_path)
    entry = ENTRY.replace("APNS", "'${TYPE}'")
    (tmp_path / "mine.yaml").write_text(f"endpoints: {{a: {entry}}}")
    (tmp_path / "cdk.context.json").write_text('{"TYPE": "FCM"}')
    assert run(["validate", "mine.yaml"]) == ExitCode.FOUND
    (tmp_path / "cdk.json").write_text('{"app": "x", "context": {"TYPE": "GCM", "endpoints": "mine.yaml"}}')
    monkeypatch.setenv("TYPE", "FCM")
    assert run(["validate"]) == ExitCode.DONE
    assert "mine.yaml is valid" in capsys.readouterr().out
    assert run(["validate", "-c", "TYPE=APN"]) == ExitCode.FOUND
    (tmp_path / "cdk.json").write_text("{")
    assert run(["validate"]) == ExitCode.FAILED
    assert "cdk.json is not valid JSON" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_a_failure(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The exit code is 1, because the file does not have a mistake."""
    assert run(["validate", str(tmp_path / "none.yaml")]) == ExitCode.FAILED
    assert "none.yaml does not exist" in capsys.readouterr().err
    assert run(["validate", str(tmp_path)]) == ExitCode.FAILED
    assert f"{tmp_path} is a directory" in capsys.readouterr().err


def test_validating_loads_neither_cdk_nor_aws(tmp_path: Path) -> None:
    """The command is for editors, commit hooks and machines without Node."""
    path = tmp_path / "endpoints.yaml"
    path.write_text(f"endpoints: {{a: {ENTRY}}}")
    program = (
        "import sys; from chime_endpoints_cli.main import run; code = run(['validate', sys.argv[1]]);"
        "print(sorted({'aws_cdk', 'jsii'} & set(sys.modules))); raise SystemExit(code)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """It is the schema that the package contains."""
    assert run(["schema"]) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out) == schema()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_complete(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The completion script calls the command itself."""
    assert run(["completion", shell]) == ExitCode.DONE
    assert f"_CHIME_ENDPOINTS_COMPLETE={shell}_complete" in capsys.readouterr().out


def test_the_command_completes_its_own_words() -> None:
    """This calls the command as the completion script does."""
    environment = {"_CHIME_ENDPOINTS_COMPLETE": "bash_complete", "COMP_WORDS": "chime-endpoints dri", "COMP_CWORD": "1"}
    done = subprocess.run(EXECUTABLE, env={**os.environ, **environment}, check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["plain,drift"]


def test_without_its_extra_the_command_says_how_to_get_it() -> None:
    """There is no traceback."""
    program = "import sys; sys.modules['rich'] = None; from chime_endpoints_cli.entry import main; main()"
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "rich is not installed" in done.stderr
    assert "pip install 'cdk-chime-endpoints[cli]'" in done.stderr


def test_nothing_is_coloured_in_a_file(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    """No progress is shown there either."""
    for user in ("alice", "bob"):
        account.register(user, user_id=user)
    assert run(["list", account.app_instance], services=account.services) == ExitCode.DONE
    shown = capsys.readouterr()
    assert "2 endpoints of 2 users" in shown.out
    assert "\x1b" not in shown.out + shown.err


def test_json_is_all_that_is_printed(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    """The output is ASCII, whatever the names contain. Every command that reads the account has the option."""
    account.register(name="📱\x1b[31m")
    assert run(["list", account.app_instance, "--json"], services=account.services) == ExitCode.DONE
    listed = capsys.readouterr().out
    assert listed.isascii()
    assert json.loads(listed)["endpoints"][0]["held_by"] is None
    assert run(["drift", "--json"], services=account.services) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out) == {"drifted": False, "stacks": []}
    assert run(["audit", "--region", "us-east-1", "--json"], services=account.services) == ExitCode.DONE
    assert json.loads(capsys.readouterr().out)["found"] == []
    assert (
        run(["import", account.app_instance, "--json"], services=account.services) == ExitCode.FAILED
    )  # for the name's sake
    assert json.loads(capsys.readouterr().out) == {"endpoints": {}}


def test_a_repair_without_a_terminal_needs_yes(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal, nobody can confirm the repair."""
    assert run(["audit", account.app_instance, "--repair"], services=account.services) == ExitCode.FAILED
    assert "--yes" in capsys.readouterr().err


def test_an_import_overwrites_no_file(account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file may be the declaration that is deployed."""
    path = tmp_path / "endpoints.yaml"
    path.write_text("mine")
    assert run(["import", account.app_instance, "-o", str(path)], services=account.services) == ExitCode.FAILED
    assert (
        f"already exists\nName another file, or add the entries to this one: --into {path}" in capsys.readouterr().err
    )
    assert path.read_text() == "mine"


def test_entries_in_a_file_of_their_own_are_never_to_be_deployed_by_themselves(
    account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The deployment would deregister all other endpoints.

    The file says so at its top, and the command says how many.
    """
    account.register("free", user_id="bob")
    held = account.register("held")
    account.cloudformation.add("ChimeEndpoints", {"Phone": declared(held)}, Phone=physical_id(held))
    path = tmp_path / "imported.yaml"
    assert run(["import", account.app_instance, "-o", str(path)], services=account.services) == ExitCode.DONE
    told = capsys.readouterr().err
    assert "skipped: 1 endpoint of stack ChimeEndpoints" in told
    assert "cdk deploy" not in told
    assert "--into FILE" in told
    assert "ChimeEndpoints would lose 1 endpoint" in told
    assert "Deployed by itself, this file deregisters every other endpoint" in path.read_text().split("endpoints:")[0]
