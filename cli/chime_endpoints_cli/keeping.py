"""The local cloud that outlives the command that started it: kept by a process of its own, found by a file."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NoReturn, Self

from .directories import LOCAL, hold, is_held
from .errors import CommandError
from .local_cloud import Addresses, LocalCloud

START_SECONDS = 120.0
STOP_SECONDS = 20.0
POLL_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True)
class KeptCloud:
    """A local cloud that is running, and what was made on it."""

    addresses: Addresses
    keeper: int
    variables: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path) -> Self:
        """What `write` has written."""
        content = json.loads(file.read_text(encoding="utf-8"))
        return cls(**{**content, "addresses": Addresses(**content["addresses"])})

    def write(self, file: Path) -> None:
        """Puts the file there whole, so that no reader sees half of it."""
        unfinished = file.with_suffix(f".{os.getpid()}")
        unfinished.write_text(json.dumps(asdict(self), indent=2), encoding="utf-8")
        unfinished.replace(file)


def cloud_directory() -> Path:
    """Where the one kept cloud of the working directory has its files."""
    return LOCAL.absolute() / "cloud"


def kept_cloud() -> KeptCloud:
    """The cloud that is running; raises CommandError if none is."""
    directory = cloud_directory()
    if not is_held(directory) or not _file(directory).exists():
        raise CommandError("the local cloud is not running", remedy="Start it: chime-endpoints local up")
    return KeptCloud.read(_file(directory))


def is_kept() -> bool:
    """Whether a cloud is running or starting."""
    return is_held(cloud_directory())


def start_keeper(*, aws_port: int, chime_port: int) -> KeptCloud:
    """Starts a process that keeps a local cloud, and waits until it runs."""
    directory = cloud_directory()
    directory.mkdir(parents=True, exist_ok=True)
    _file(directory).unlink(missing_ok=True)
    log = directory / "keeper.log"
    with log.open("w") as output:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "chime_endpoints_cli.keeping", str(directory), str(aws_port), str(chime_port)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_for(keeper, log)
    except BaseException:
        keeper.terminate()
        raise
    return KeptCloud.read(_file(directory))


def _wait_for(keeper: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _file(log.parent).exists():
        if keeper.poll() is not None or time.monotonic() > deadline:
            raise CommandError("the local cloud did not start", output=log.read_text(errors="replace"))
        time.sleep(POLL_SECONDS)


def note_variables(variables: Mapping[str, str]) -> None:
    """Remembers what was made on the kept cloud."""
    cloud = kept_cloud()
    KeptCloud(addresses=cloud.addresses, keeper=cloud.keeper, variables=variables).write(_file(cloud_directory()))


def stop_keeper() -> None:
    """Stops the kept cloud and waits until all of it is gone."""
    os.kill(kept_cloud().keeper, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while is_kept():
        if time.monotonic() > deadline:
            raise CommandError(f"the local cloud is still running after {STOP_SECONDS:.0f} s")
        time.sleep(POLL_SECONDS)


def _keep(directory: Path, aws_port: int, chime_port: int) -> None:
    """Keeps a local cloud until SIGTERM, or until a part of it ends by itself, which leaves its log."""
    with hold(directory):
        try:
            with LocalCloud(directory=directory, aws_port=aws_port, chime_port=chime_port) as cloud:
                KeptCloud(addresses=cloud.addresses, keeper=os.getpid()).write(_file(directory))
                while cloud.stopped_service is None:
                    time.sleep(1)
        except SystemExit:
            shutil.rmtree(directory, ignore_errors=True)


def _file(directory: Path) -> Path:
    return directory / "cloud.json"


def _main() -> None:
    def end(_number: int, _frame: object) -> NoReturn:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
    directory, aws_port, chime_port = sys.argv[1:]
    try:
        _keep(Path(directory), int(aws_port), int(chime_port))
    except CommandError as error:
        sys.exit("\n".join(filter(None, (error.output, error.problem, error.remedy))))


if __name__ == "__main__":
    _main()
