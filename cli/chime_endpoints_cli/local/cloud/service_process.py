"""A service of the local cloud, run as a process that ends with the process that started it."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from chime_endpoints_cli.output.errors import CommandError

START_SECONDS = 60.0
STOP_SECONDS = 6.0
POLL_SECONDS = 0.03
LOG_TAIL_LINES = 15

without_proxies = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Opens URLs on loopback without proxies."""


class ServiceProcess:
    """A Python module that runs until `stop` is called or this process ends."""

    def __init__(
        self,
        name: str,
        module: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str],
        file_descriptors: Sequence[int] = (),
    ) -> None:
        """Start the module in its own session, so that Ctrl-C reaches only this process."""
        self.name = name
        self._log = log
        with log.open("w") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "chime_endpoints_cli.local.cloud.watched", *module],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=file_descriptors,
                start_new_session=True,
            )

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait until the service is ready; raise CommandError with the end of its log if it fails to start."""
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if not self.is_running:
                raise self._failure("stopped during startup")
            if time.monotonic() > deadline:
                raise self._failure(f"was not ready within {START_SECONDS:.0f} s")
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Ask the service to stop, then kill it and everything that it started."""
        if self._process.stdin:
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _failure(self, what: str) -> CommandError:
        lines = self._log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
        return CommandError(
            f"the local cloud did not start: {self.name} {what}",
            remedy=f"See its log: {self._log}",
            output="\n".join(lines),
        )


def answers(url: str) -> bool:
    """Whether a GET of this URL succeeds."""
    try:
        with without_proxies.open(url, timeout=5) as response:
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False
