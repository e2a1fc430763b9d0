"""`chime-endpoints local …` as a user runs it in a project directory."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from support.deployment import ROOT

pytestmark = pytest.mark.e2e

ACCOUNT = "111122223333"
FIRST, SECOND = (f"arn:aws:chime:us-east-1:{ACCOUNT}:app-instance/01234567-89ab-cdef-0123-00000000000{n}" for n in "12")
SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret"
DECLARATION: dict[str, Any] = {
    "defaults": {"application": f"arn:aws:mobiletargeting:us-east-1:{ACCOUNT}:apps/0123456789abcdef0123456789abcdef"},
    "endpoints": {
        "field-and-voip": {
            "user": f"{FIRST}/user/alice",
            "type": "APNS",
            "device_token": {"secret": f"{SECRET}:chime/tokens-AbCdEf", "field": "phone"},
            "voip_device_token": {"secret": f"{SECRET}:chime/tokens-AbCdEf", "field": "voip"},
        },
        "whole-secret": {
            "user": f"{SECOND}/user/bob:x@y",
            "type": "GCM",
            "device_token": {"secret": f"{SECRET}:whole-AbCdEf"},
        },
        "old-version": {
            "user": f"{SECOND}/user/carol",
            "type": "GCM",
            "device_token": {"secret": f"{SECRET}:staged-AbCdEf", "field": "f", "version_stage": "AWSPREVIOUS"},
        },
        "one-version": {
            "user": f"{SECOND}/user/carol",
            "type": "GCM",
            "device_token": {"secret": f"{SECRET}:pinned-AbCdEf", "version_id": "01234567-89ab-cdef-0123-456789abcdef"},
        },
        "parameter": {
            "user": "${APP_INSTANCE_ARN}/user/dave",
            "type": "GCM",
            "device_token": {"parameter": "/${STAGE}/dave", "version": 3},
        },
        "parameter-arn": {
            "user": "${APP_INSTANCE_ARN}/user/dave",
            "type": "GCM",
            "device_token": {"parameter": f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/deep/er"},
        },
        "plain": {"user": "${ERINS_USER}", "type": "GCM", "device_token": {"plain_text": "made-up"}},
    },
}
VARIABLES = ("-c", "STAGE=dev", "-c", f"ERINS_USER={FIRST}/user/erin")


def command(directory: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run chime-endpoints in a directory."""
    return subprocess.run(
        [sys.executable, "-m", "chime_endpoints_cli.main", *arguments],
        cwd=directory,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A directory with the app, whose cloud is stopped at the end."""
    for name in ("app.py", "cdk.json"):
        shutil.copy(ROOT / name, tmp_path)
    yield tmp_path
    assert command(tmp_path, "local", "down").returncode == 0


def test_everything_that_a_valid_file_refers_to_is_created(project: Path) -> None:
    """This includes ARNs of any account, several app instances, and each form of token.

    cdk gets its arguments unchanged.
    """
    (project / "other.json").write_text(json.dumps(DECLARATION))
    started = command(project, "local", "up", "-c", "endpoints=other.json", *VARIABLES)
    assert started.returncode == 0, started.stderr
    plan = [sys.executable, "-m", "chime_endpoints_cli.main", "plan", "other.json", "--json"]
    planned = command(project, "local", "exec", "--", *plan)
    assert (planned.returncode, planned.stderr) == (2, "")
    assert json.loads(planned.stdout)["counts"]["create"] == len(DECLARATION["endpoints"])
    arguments = ("ChimeEndpoints", "-c", "endpoints=other.json", "--outputs-file", "out.json")
    # No setting of the user's own account has an effect.
    deployed = command(project, "local", "deploy", *arguments, AWS_PROFILE="missing", HTTP_PROXY="http://127.0.0.1:1")
    assert deployed.returncode == 0, deployed.stdout + deployed.stderr
    assert (project / "out.json").exists()
    listed = command(project, "list", "--local", "--json")
    endpoints = json.loads(listed.stdout)["endpoints"]
    assert len(endpoints) == len(DECLARATION["endpoints"])
    assert {endpoint["held_by"]["stack"] for endpoint in endpoints} == {"ChimeEndpoints"}
    # If CI is set, cdk prints on standard output what it otherwise prints on standard error.
    compared = command(project, "local", "diff", "-c", "endpoints=other.json")
    assert "no differences" in compared.stdout + compared.stderr
    assert command(project, "local", "deploy", "NoSuchStack", "-c", "endpoints=other.json").returncode == 1
    destroyed = command(project, "local", "destroy", "-c", "endpoints=other.json")
    assert destroyed.returncode == 0, destroyed.stderr
    assert json.loads(command(project, "list", "--local", "--json").stdout)["endpoints"] == []


def test_a_program_has_its_own_arguments_and_exit_code(project: Path) -> None:
    """The local cloud is its AWS. If a signal ends the program, the same signal ends the command."""
    assert command(project, "local", "up").returncode == 0
    program = "import os, sys; print(os.environ['AWS_ENDPOINT_URL'], *sys.argv[1:]); sys.exit(7)"
    done = command(project, "local", "exec", "--", sys.executable, "-c", program, "--", "--help", "-x")
    assert done.returncode == 7
    assert done.stdout.endswith(" -- --help -x\n")
    assert done.stdout.startswith("http://127.0.0.1:")
    killed = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    assert command(project, "local", "exec", sys.executable, "-c", killed).returncode == -signal.SIGTERM
    missing = command(project, "local", "exec", "--", "no-such-program")
    assert (missing.returncode, missing.stderr.splitlines()[0]) == (
        1,
        "error: program no-such-program was not found",
    )


def test_two_at_once_start_one_cloud(project: Path) -> None:
    """The second command waits for the first, and both print the same."""
    with ThreadPoolExecutor() as pool:
        both = [pool.submit(command, project, "local", "up") for _ in range(2)]
        first, second = (each.result() for each in both)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert first.stdout == second.stdout
    assert (first.stderr + second.stderr).count("already running") == 1


def test_a_cloud_that_was_killed_is_named_and_started_again(project: Path) -> None:
    """Nothing that it left behind prevents the start."""
    assert command(project, "local", "up").returncode == 0
    state = json.loads((project / ".local" / "cloud" / "cloud.json").read_text())
    os.kill(state["keeper"], signal.SIGKILL)
    time.sleep(1)
    status = command(project, "local", "status")
    assert status.returncode == 1
    assert "it stopped without `local down`" in status.stderr
    assert command(project, "local", "up").returncode == 0


def test_the_cloud_of_another_directory_is_named(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Every command that needs a cloud does so. `down` succeeds, because there is nothing to stop."""
    other = tmp_path_factory.mktemp("other")
    assert command(project, "local", "up").returncode == 0
    for arguments in (["local", "status"], ["local", "deploy"], ["local", "exec", "true"], ["list", "--local"]):
        done = command(other, *arguments)
        assert done.returncode == 1
        assert str(project) in done.stderr
    done = command(other, "local", "down")
    assert (done.returncode, str(project) in done.stdout) == (0, True)


@pytest.mark.parametrize("state", ["nonsense", '{"addresses": {}}', "{}"])
def test_an_unreadable_state_is_one_message_and_down_still_works(project: Path, state: str) -> None:
    """`down` finds the process without the state."""
    assert command(project, "local", "up").returncode == 0
    (project / ".local" / "cloud" / "cloud.json").write_text(state)
    for arguments in (["local", "status"], ["local", "up"]):
        done = command(project, *arguments)
        assert done.returncode == 1
        assert "cannot be read" in done.stderr
        assert len(done.stderr.splitlines()) == 2
    down = command(project, "local", "down")
    assert (down.returncode, "has stopped" in down.stdout) == (0, True)


def test_a_directory_that_cannot_be_written_to_is_one_message(tmp_path: Path) -> None:
    """It names the place and the remedy."""
    (tmp_path / ".local").touch()
    done = command(tmp_path, "local", "up")
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {tmp_path / '.local'} cannot be written: ")
    assert len(done.stderr.splitlines()) == 2
