"""The local cloud of `local up`: a background process runs it, and a file records its addresses."""

import contextlib
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import NoReturn, Self

from chime_endpoints_cli.account.calls.local_addresses import ACCOUNT, Addresses
from chime_endpoints_cli.local.cloud.local_cloud import LocalCloud
from chime_endpoints_cli.output.console.terminal import complain
from chime_endpoints_cli.output.errors import CommandError

from .directories import LOCAL, hold, is_held
from .process_search import MODULE, background_processes, project_of

START_SECONDS = 120.0
STOP_SECONDS = 20.0
POLL_SECONDS = 0.05
FREE_BYTES = 20_000_000
"""The minimum free space for the logs and for the packages of a deployment."""


@dataclass(frozen=True, kw_only=True)
class BackgroundCloud:
    """A running local cloud, and what was created on it."""

    addresses: Addresses
    keeper: int
    account: str = ACCOUNT
    variables: Mapping[str, str] = field(default_factory=dict)
    app_instances: tuple[str, ...] = ()

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read the file that `write` wrote."""
        content = json.loads(file.read_text(encoding="utf-8"))
        addresses, instances = Addresses(**content["addresses"]), tuple(content["app_instances"])
        return cls(**{**content, "addresses": addresses, "app_instances": instances})

    def write(self, file: Path) -> None:
        """Write the file atomically, so that no reader sees half of it."""
        unfinished = file.with_suffix(f".{os.getpid()}")
        unfinished.write_text(json.dumps(asdict(self), indent=2), encoding="utf-8")
        unfinished.replace(file)


def cloud_directory() -> Path:
    """Return the directory for the files of the local cloud of the working directory."""
    return LOCAL.absolute() / "cloud"


def background_cloud() -> BackgroundCloud:
    """Return the running local cloud; raise CommandError if none is running."""
    directory = cloud_directory()
    if not is_held(directory):
        raise _not_running(directory)
    if not _file(directory).exists():
        raise CommandError("the local cloud is starting or stopping", remedy="Try again in a moment.")
    try:
        return BackgroundCloud.read(_file(directory))
    except (ValueError, TypeError, KeyError) as error:
        raise CommandError(
            f"{_file(directory)} cannot be read: another version wrote it, or someone edited it",
            remedy="Start the local cloud again: chime-endpoints local down, then chime-endpoints local up",
        ) from error


def is_running() -> bool:
    """Whether a local cloud is running or starting."""
    return is_held(cloud_directory())


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """Wait until no other `local up` or `local down` runs in this directory."""
    import fcntl  # Windows does not have it; `require_posix` has checked that

    with _writable(LOCAL.absolute()):
        LOCAL.mkdir(parents=True, exist_ok=True)
        lock = (LOCAL / "cloud.lock").open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            complain("waiting for another `local up` or `local down` in this directory …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def start_background_process(*, aws_port: int, chime_port: int, account: str = ACCOUNT) -> BackgroundCloud:
    """Start a background process with a local cloud, and wait until the cloud runs."""
    directory = cloud_directory()
    log = directory / "keeper.log"
    with _writable(directory):
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        if shutil.disk_usage(directory).free < FREE_BYTES:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        output = log.open("w")
    with output:
        keeper = subprocess.Popen(
            [sys.executable, "-m", MODULE, str(directory), str(aws_port), str(chime_port), account],
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
    return BackgroundCloud.read(_file(directory))


def _wait_for(keeper: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _file(log.parent).exists():
        if keeper.poll() is not None or time.monotonic() > deadline:
            raise _failure(log)
        time.sleep(POLL_SECONDS)


def _failure(log: Path) -> CommandError:
    """Return the failure that the background process recorded or, without one, its log."""
    with contextlib.suppress(OSError, ValueError, TypeError):
        return CommandError(**json.loads(log.with_name("failure.json").read_text(encoding="utf-8")))
    return CommandError("the local cloud did not start", output=log.read_text(errors="replace"))


def note_contents(variables: Mapping[str, str], app_instances: Iterable[str]) -> BackgroundCloud:
    """Record the variables of a deployment and the app instances on the running local cloud."""
    cloud = background_cloud()
    known = dict.fromkeys([*cloud.app_instances, *app_instances])
    cloud = replace(cloud, variables=dict(variables), app_instances=tuple(known))
    cloud.write(_file(cloud_directory()))
    return cloud


def stop_background_process() -> bool:
    """Stop the local cloud and wait until all its processes have ended; return whether one was running.

    It is also found by its process, in case its files are missing or unreadable.
    """
    directory = cloud_directory()
    keeper = background_processes().get(directory)
    if keeper is None:
        if is_running():
            keeper = background_cloud().keeper
        else:
            return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(keeper, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while is_running() or directory in background_processes():
        if time.monotonic() > deadline:
            raise CommandError(f"the local cloud is still running after {STOP_SECONDS:.0f} s")
        time.sleep(POLL_SECONDS)
    return True


def other_clouds() -> str:
    """Return the directories of this user's other local clouds, or an empty string."""
    return ", ".join(sorted(str(project_of(other)) for other in background_processes() if other != cloud_directory()))


def _not_running(directory: Path) -> CommandError:
    remedy = "Start it: chime-endpoints local up"
    if _file(directory).exists():
        problem = f"the local cloud is not running: it stopped without `local down`; its logs are in {directory}"
        return CommandError(problem, remedy=remedy)
    if others := other_clouds():
        problem = f"the local cloud is not running in {Path.cwd()}; it is running in {others}"
        return CommandError(problem, remedy="Change to that directory, or start one here: chime-endpoints local up")
    return CommandError("the local cloud is not running", remedy=remedy)


@contextlib.contextmanager
def _writable(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CommandError(
            f"{directory} cannot be written: {error.strerror}",
            remedy="The local cloud keeps its files there. Make it writable, or run the command in another directory.",
        ) from error


def _run_until_stopped(directory: Path, aws_port: int, chime_port: int, account: str) -> None:
    """Run a local cloud until SIGTERM, or until one of its services ends by itself; then keep the logs."""
    with hold(directory):
        try:
            with LocalCloud(directory=directory, aws_port=aws_port, chime_port=chime_port, account=account) as cloud:
                BackgroundCloud(addresses=cloud.addresses, keeper=os.getpid(), account=account).write(_file(directory))
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
    directory, aws_port, chime_port, account = sys.argv[1:]
    try:
        _run_until_stopped(Path(directory), int(aws_port), int(chime_port), account)
    except CommandError as error:
        failure = {"problem": error.problem, "remedy": error.remedy, "output": error.output}
        Path(directory, "failure.json").write_text(json.dumps(failure), encoding="utf-8")
        sys.exit("\n".join(filter(None, (error.output, error.problem, error.remedy))))


if __name__ == "__main__":
    _main()
