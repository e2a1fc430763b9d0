"""The `cdk` command: found, run on the local cloud, its output kept and shown when it fails."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .cdk_command import find_cdk
from .environment import ACCOUNT, REGION
from .errors import CommandError
from .terminal import write_raw


@dataclass(frozen=True, kw_only=True)
class Cdk:
    """Runs cdk in an app's directory, with all it writes in another one."""

    app: Path
    directory: Path
    environment: Mapping[str, str]
    verbose: bool = False
    account: str = ACCOUNT

    def bootstrap(self, *arguments: str) -> None:
        """Makes the resources that every deploy needs; nothing of the app, which is not looked at."""
        self._run("bootstrap", f"aws://{self.account}/{REGION}", *arguments, directory=self.directory)

    def deploy(self, *arguments: str) -> str:
        """Deploys all stacks; returns what cdk printed."""
        return self._run("deploy", "--all", "--require-approval", "never", "--output", str(self._assembly), *arguments)

    def destroy(self) -> str:
        """Destroys all stacks of the last deploy, without another synthesis; returns what cdk printed."""
        return self._run("destroy", "--all", "--force", "--app", str(self._assembly))

    @property
    def _assembly(self) -> Path:
        return self.directory / "cdk.out"

    def _run(self, *arguments: str, directory: Path | None = None) -> str:
        command = [find_cdk(self.app, self.environment), *arguments, "--no-notices", "--no-color"]
        lines = []
        with self._started(command, directory or self.app) as process, (self.directory / "cdk.log").open("a") as log:
            for line in process.stdout or ():
                lines.append(line)
                log.write(line)
                if self.verbose:
                    write_raw(line)
            code = process.wait()
        output = "".join(lines)
        if code:
            shown = "" if self.verbose else output
            raise CommandError(f"cdk {arguments[0]} failed with exit code {code}", output=shown)
        return output

    @contextlib.contextmanager
    def _started(self, command: Sequence[str], directory: Path) -> Iterator[subprocess.Popen[str]]:
        """A process that is gone, with all the processes it started, when the block ends."""
        with subprocess.Popen(
            command,
            cwd=directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
