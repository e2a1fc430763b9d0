"""The demo as a user runs it, and how it ends after an interruption."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError

import pytest

from support.deployment import ROOT

pytestmark = pytest.mark.e2e

PICTURES = ROOT / "docs" / "pictures"
COMMAND = [sys.executable, "-m", "chime_endpoints_cli.main"]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A demo of a copy of the app that has just started."""
    for name in ("app.py", "cdk.json", "endpoints.yaml"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    with subprocess.Popen(
        [sys.executable, "-m", "demo"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tools"), "PYTHONUNBUFFERED": "1", "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        yield process
        process.kill()


def test_the_demo_shows_every_endpoint_and_leaves_nothing(demo: subprocess.Popen[str], tmp_path: Path) -> None:
    """It succeeds, and the directory of its run is removed."""
    output, _ = demo.communicate(timeout=300)
    assert demo.returncode == 0, output
    for change in ("updated in place", "replaced", "added"):
        assert change in output
    assert "plan=trial, team=chat" in output
    assert "1 changed" in output
    assert "No endpoint, no tag and no stack is left." in output
    assert "done, 120 of 120, 120 registered" in output
    assert "No endpoint of the fleet is left." in output
    assert not _runs(tmp_path)
    assert _lines((PICTURES / "demo.txt").read_text(encoding="utf-8")) - {"$ make demo"} <= _lines(output)


def _lines(output: str) -> set[str]:
    """The lines without the service's IDs, the seconds and the space between columns."""
    without_ids = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{8}\b", "ID", output)
    without_seconds = re.sub(r"\b\d+ s\b", "N s", without_ids)
    return {re.sub(r"[\s─]+", " ", line).strip() for line in without_seconds.splitlines()}


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_stops_what_it_started(
    demo: subprocess.Popen[str], tmp_path: Path, ending: signal.Signals
) -> None:
    """It is interrupted during `cdk deploy`. No process and no port stays open, and the exit code is not 0."""
    assert demo.stdout
    printed = _read_until(demo, "cdk bootstrap:")
    addresses = _addresses(printed)
    directory = _runs(tmp_path)[0]
    time.sleep(2)
    demo.send_signal(ending)
    rest, _ = demo.communicate(timeout=30)
    assert demo.returncode == 130
    assert "Traceback" not in rest
    assert len(addresses) == 2
    assert not [address for address in addresses if _answers(address)]
    assert not _processes_that_mention(directory)
    assert not directory.exists()


def test_the_local_cloud_runs_until_it_is_taken_down(tmp_path: Path) -> None:
    """`up`, `status`, `list` and `down` are separate commands."""
    (tmp_path / "endpoints.yaml").write_bytes((ROOT / "endpoints.yaml").read_bytes())
    started = _command(tmp_path, "local", "up")
    try:
        assert started.returncode == 0, started.stderr
        again = _command(tmp_path, "local", "up")
        assert (again.returncode, again.stdout) == (0, started.stdout)
        assert "already running" in again.stderr
        assert _command(tmp_path, "local", "status").stdout == started.stdout
        assert "0 endpoints of 3 users" in _command(tmp_path, "list", "--local").stdout
    finally:
        stopped = _command(tmp_path, "local", "down")
    assert stopped.returncode == 0, stopped.stderr
    assert not [address for address in _addresses(started.stdout) if _answers(address)]
    assert not _processes_that_mention(tmp_path)
    assert "not running" in _command(tmp_path, "local", "status").stderr
    again = _command(tmp_path, "local", "down")
    assert (again.returncode, "not running" in again.stdout) == (0, True)


def _command(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], cwd=directory, capture_output=True, text=True, check=False, timeout=60
    )


def _addresses(printed: str) -> list[str]:
    return re.findall(r"http://127\.0\.0\.1:\d+", printed)


def _runs(place: Path) -> list[Path]:
    return list((place / ".local" / "runs").iterdir())


def _read_until(process: subprocess.Popen[str], text: str) -> str:
    printed = ""
    for line in process.stdout or ():
        printed += line
        if text in line:
            return printed
    raise AssertionError(f"{text} was not printed:\n{printed}")


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2):  # noqa: S310 - it is http, on loopback
            return True
    except URLError as error:
        return not isinstance(error.reason, ConnectionRefusedError)


def _processes_that_mention(directory: Path) -> list[str]:
    listed = subprocess.run(["ps", "-eo", "args"], check=True, capture_output=True, text=True).stdout
    return [line for line in listed.splitlines() if str(directory) in line]
