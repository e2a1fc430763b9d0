"""Runs the `cdk` command on the local cloud, and shows its output if it fails."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chime_endpoints_cli.account.calls.local_addresses import ACCOUNT, REGION
from chime_endpoints_cli.output.console.terminal import write_raw
from chime_endpoints_cli.output.errors import CommandError

from .executable import find_cdk

BOOTSTRAP_STACK = "CDKToolkit"


@dataclass(frozen=True, kw_only=True)
class Cdk:
    """Runs cdk in an app's directory; its output files go to another directory."""

    app: Path
    directory: Path
    environment: Mapping[str, str]
    verbose: bool = False
    account: str = ACCOUNT

    def bootstrap(self, *arguments: str) -> None:
        """Create the resources that every deployment needs, without synthesizing the app."""
        self._run("bootstrap", f"aws://{self.account}/{REGION}", *arguments, directory=self.directory)

    def deploy(self, *arguments: str) -> str:
        """Deploy all stacks; return the output of cdk."""
        return self._run("deploy", "--all", "--require-approval", "never", "--output", str(self._assembly), *arguments)

    def destroy(self, *arguments: str) -> str:
        """Destroy all stacks of the last deployment without synthesizing again; return the output of cdk."""
        return self._run("destroy", "--all", "--force", "--app", str(self._assembly), *arguments)

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
        """Start a process that is killed, with everything that it started, when the block ends."""
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
