"""The commands on a system without POSIX: portable commands work, and the others report the reason."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_emulator import EmulatorServer
from commands.test_command_line import _commands
from declared.writing import ENTRY
from docs.blocks import ROOT

pytestmark = pytest.mark.slow

AS_ON_WINDOWS = """
import os, signal, sys
for name in ("fcntl", "grp", "pwd", "resource", "termios", "tty"):
    sys.modules[name] = None
for name in ("SIGHUP", "SIGKILL", "SIGALRM", "SIGPIPE", "SIGCHLD", "pthread_kill", "setitimer"):
    delattr(signal, name)
import subprocess  # its own way of starting programs is another one there
for name in ("fork", "forkpty", "getuid", "geteuid", "getgid", "getpgid", "killpg", "setsid", "setpgid", "mkfifo"):
    delattr(os, name)
"""
RUN = f"{AS_ON_WINDOWS}from chime_endpoints_cli.entry import main; main()"
NEEDS_POSIX = [path for path in (" ".join(path) for path in _commands()) if path.startswith("local ")]


def _run(program: str, *arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # type: ignore[call-overload,no-any-return] # options of its own
        [sys.executable, "-c", program, *arguments],
        **{"capture_output": True, "text": True, "encoding": "utf-8", "check": False} | options,
    )


def test_every_help_is_shown_without_posix() -> None:
    """One process prints all of them."""
    program = (
        f"{AS_ON_WINDOWS}import json\nfrom chime_endpoints_cli.main import run\n"
        "print([int(run([*command, '--help'])) for command in json.loads(sys.argv[1])])"
    )
    commands = [[], *map(list, _commands())]
    done = _run(program, json.dumps(commands))
    assert done.stdout.splitlines()[-1] == str([0] * len(commands)), done.stderr


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "utf-8"])
def test_what_asks_nothing_of_aws_works_without_posix(encoding: str, tmp_path: Path) -> None:
    """The test uses the encodings of Windows consoles."""
    (tmp_path / "endpoints.yaml").write_text(f"endpoints: {{a: {ENTRY}}}")
    environment = {"PYTHONIOENCODING": encoding, "PYTHONPATH": ":".join(sys.path)}
    done = _run(RUN, "validate", cwd=tmp_path, env=environment, encoding=encoding)
    assert (done.returncode, "is valid" in done.stdout) == (ExitCode.DONE, True), done.stderr
    done = _run(RUN, "schema", env=environment, encoding=encoding)
    assert json.loads(done.stdout)["$id"]
    done = _run(RUN, "completion", "bash", env=environment, encoding=encoding)
    assert done.returncode == ExitCode.DONE


def test_what_asks_aws_works_without_posix(monkeypatch: pytest.MonkeyPatch) -> None:
    """A local server answers, and names in any language are printed."""
    with EmulatorServer() as server:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        chime = boto3.client("chime-sdk-identity", region_name="us-east-1", endpoint_url=server.url)
        instance = chime.create_app_instance(Name="chat", ClientRequestToken="0" * 16)["AppInstanceArn"]
        user = chime.create_app_instance_user(
            AppInstanceArn=instance, AppInstanceUserId="alice", Name="Zoë", ClientRequestToken="1" * 16
        )["AppInstanceUserArn"]
        environment = {
            "PYTHONIOENCODING": "cp1252",
            "PYTHONPATH": ":".join(sys.path),
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "y",
            "AWS_REGION": "us-east-1",
            "AWS_CONFIG_FILE": "none",
            "AWS_SHARED_CREDENTIALS_FILE": "none",
            "AWS_ENDPOINT_URL_CHIME_SDK_IDENTITY": server.url,
            "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        }
        done = _run(RUN, "list", user, env=environment, encoding="cp1252")
        assert (done.returncode, "0 endpoints of 1 user" in done.stdout) == (ExitCode.DONE, True), done.stderr
        done = _run(RUN, "audit", instance, env=environment, encoding="cp1252")
        assert (done.returncode, "0 endpoints listed" in done.stdout) == (ExitCode.DONE, True), done.stderr


@pytest.mark.parametrize("command", [*NEEDS_POSIX, "list --local"])
def test_what_needs_posix_says_so(command: str) -> None:
    """The message says where the command works."""
    done = _run(RUN, *command.split())
    assert done.returncode == ExitCode.FAILED
    assert "needs Linux or macOS\nOn Windows, run it in WSL: https://" in done.stderr
    assert len(done.stderr.splitlines()) == 2


def test_the_package_says_where_it_works() -> None:
    """The classifiers and a documentation page say what does not work on Windows."""
    project = (ROOT / "pyproject.toml").read_text()
    assert '"Operating System :: Microsoft :: Windows"' in project
    page = (ROOT / "docs" / "errors" / "commands.md").read_text().partition("{#windows}")[2]
    assert all(f"`{command.split()[0]}`" in page for command in NEEDS_POSIX)
