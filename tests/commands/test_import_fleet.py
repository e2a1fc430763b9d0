"""`import --fleet` writes a manifest of what is registered, and continues after an interruption."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.main import run
from chime_endpoints_emulator import Fault
from commands.conftest import Account, declared, physical_id
from support.identity import APPLICATION

OTHER = f"{APPLICATION[:-1]}0"


def imported(account: Account, path: Path, *more: str) -> ExitCode:
    """Import the app instance."""
    return ExitCode(run(["import", "--fleet", account.app_instance, "-o", str(path), *more], services=account.services))


def lines(path: Path) -> list[dict[str, Any]]:
    """The lines of a manifest."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_manifest_has_a_line_for_each_endpoint(account: Account, tmp_path: Path) -> None:
    """What most of them have in common is left out, since the fleet declares it as defaults."""
    account.register("one", user_id="alice", name="Alice's phone")
    account.register("two", user_id="bob", name="", allow_messages="NONE")
    account.register("three", user_id="bob", name="", resource_arn=OTHER, endpoint_type="GCM")
    account.user("nobody")
    assert imported(account, tmp_path / "d.jsonl") == ExitCode.DONE
    common = {"name": "", "adopt_existing": True}
    assert lines(tmp_path / "d.jsonl") == [
        {"key": "alice-alices-phone", "user": "alice", "device_token": "one"} | common | {"name": "Alice's phone"},
        {"key": "bob-apns", "user": "bob", "device_token": "two", "allow_messages": "NONE"} | common,
        {"key": "bob-gcm", "user": "bob", "type": "GCM", "application": OTHER, "device_token": "three"} | common,
    ]


def test_only_the_owner_can_read_the_file(account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It has device tokens, which are shown nowhere. Nothing else is left."""
    account.register("canary-token")
    assert imported(account, tmp_path / "d.jsonl") == ExitCode.DONE
    assert stat.S_IMODE((tmp_path / "d.jsonl").stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [tmp_path / "d.jsonl"]
    assert "canary-token" not in "".join(capsys.readouterr())


def test_an_interrupted_import_continues(account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No user is read twice, and the manifest is the same as without the interruption."""
    for number in range(6):
        account.register(f"token-{number}", user_id=f"user-{number}")
    assert imported(account, tmp_path / "whole.jsonl") == ExitCode.DONE
    path, journal = tmp_path / "d.jsonl", tmp_path / ".d.jsonl.import"
    account.backend.faults.append(Fault("DescribeAppInstanceUserEndpoint", error="ForbiddenException", nth=4, times=9))
    assert imported(account, path) == ExitCode.FAILED
    assert "Repeat the command to continue" in capsys.readouterr().err
    assert not path.exists()
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    with journal.open("ab") as file:
        file.write(b'{"user_arn": "cut')  # as a full disk or a killed process may leave it
    account.backend.faults.clear()
    assert imported(account, path, "--json") == ExitCode.DONE
    assert json.loads(capsys.readouterr().out)["endpoints"] == 6
    assert path.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert not journal.exists()


def test_a_journal_of_another_import_is_refused(
    account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its users would end up in the manifest."""
    (tmp_path / ".d.jsonl.import").write_bytes(b'{"import": ["arn:other"], "format": 1}\n')
    assert imported(account, tmp_path / "d.jsonl") == ExitCode.FAILED
    assert "interrupted import of other endpoints" in capsys.readouterr().err


def test_endpoints_of_stacks_are_skipped(account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Otherwise two resources would hold them."""
    held = account.register("one")
    account.register("two", user_id="bob")
    account.cloudformation.add("Push", {"Phone": declared(held)}, Phone=physical_id(held))
    assert imported(account, tmp_path / "d.jsonl") == ExitCode.DONE
    assert [line["device_token"] for line in lines(tmp_path / "d.jsonl")] == ["two"]
    assert "skipped: 1 endpoint of stack Push" in capsys.readouterr().err


def test_an_empty_manifest_is_not_written(account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A fleet that had it would deregister everything."""
    assert imported(account, tmp_path / "d.jsonl") == ExitCode.DONE
    assert "0 endpoints imported; no file was written" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_stays(account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is refused before anything is read."""
    (tmp_path / "d.jsonl").write_text("mine")
    assert imported(account, tmp_path / "d.jsonl") == ExitCode.FAILED
    assert "already exists" in capsys.readouterr().err
    assert (tmp_path / "d.jsonl").read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "is written to a file only"),
        (["-o", "-"], "is written to a file only"),
        (["--into", "endpoints.yaml"], "--fleet and --into cannot be used together"),
        (["--store-tokens", "push"], "--fleet and --store-tokens cannot be used together"),
        (["-o", "missing/d.jsonl"], "missing is not a directory"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    account: Account,
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Device tokens are never written to a terminal."""
    monkeypatch.chdir(tmp_path)
    account.register()
    assert run(["import", "--fleet", account.app_instance, *arguments], services=account.services) == ExitCode.FAILED
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
