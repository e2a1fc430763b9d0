"""How processes of the local cloud start, fail and end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chime_endpoints_cli.local.cloud.local_cloud import LocalCloud
from chime_endpoints_cli.local.cloud.service_process import ServiceProcess
from chime_endpoints_cli.output.errors import CommandError

pytestmark = pytest.mark.slow

STARTER = """
import os, sys, time
from pathlib import Path
from chime_endpoints_cli.local.cloud.service_process import ServiceProcess
module = ["http.server", "0", "--bind", "127.0.0.1"]
service = ServiceProcess("web", module, log=Path(sys.argv[1]), environment=os.environ)
print(service._process.pid, flush=True)
time.sleep(60)
"""


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_service_runs_until_it_is_stopped(tmp_path: Path) -> None:
    """Stop returns after the process has ended."""
    log = tmp_path / "log"
    service = ServiceProcess(
        "web", ["http.server", "0", "--bind", "127.0.0.1"], log=log, environment={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    service.wait_until(lambda: "Serving" in log.read_text())
    assert service.is_running
    service.stop()
    assert not service.is_running


def test_a_service_that_ends_while_it_starts_is_reported_with_its_log(tmp_path: Path) -> None:
    """The message names the service, and shows its output."""
    service = ServiceProcess("web", ["http.server", "no-port"], log=tmp_path / "log", environment=os.environ)
    with pytest.raises(CommandError, match="web stopped during startup") as caught:
        service.wait_until(lambda: False)
    assert "invalid int value: 'no-port'" in caught.value.output
    service.stop()


def test_a_service_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    """Even after `kill -9`, which no process can handle, nothing keeps running."""
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
    )
    with starter:
        assert starter.stdout
        service = int(starter.stdout.readline())
        assert _is_alive(service)
        starter.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while _is_alive(service) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _is_alive(service)


@pytest.mark.parametrize("ports", ["aws_port", "chime_port"])
def test_a_port_in_use_is_named_and_nothing_is_left_running(tmp_path: Path, ports: str) -> None:
    """The message names the port and the remedy."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        cloud = LocalCloud(directory=tmp_path, **{ports: port})
        with pytest.raises(CommandError, match=f"port {port} on 127.0.0.1 cannot be used") as caught, cloud:
            pass
    assert "choose another port" in caught.value.remedy
    assert cloud.stopped_service in (None, "the Chime service emulator")
    with pytest.raises(CommandError, match="not running"):
        _ = cloud.addresses
