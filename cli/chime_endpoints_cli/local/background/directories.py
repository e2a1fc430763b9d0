"""Directories below `.local/`, and locks on them."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from chime_endpoints_cli.output.errors import CommandError

LOCAL = Path(".local")


@contextlib.contextmanager
def run_directory(local: Path = LOCAL) -> Iterator[Path]:
    """Create a directory for one run.

    It is removed when the run succeeds. After a failed run it stays for inspection until the next run removes it.
    """
    runs = local.absolute() / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    for old in runs.iterdir():
        _remove_unless_in_use(old)
    directory = Path(tempfile.mkdtemp(dir=runs))
    with hold(directory):
        try:
            yield directory
        except CommandError as error:
            error.add_note(f"Until the next run, the logs are in {directory}.")
            raise
        except BaseException:
            shutil.rmtree(directory, ignore_errors=True)
            raise
        shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def hold(directory: Path) -> Iterator[None]:
    """Lock a directory for this process; raise BlockingIOError if another process has locked it.

    The lock cannot outlive the process: the system releases it, however the process ends.
    """
    import fcntl  # Windows does not have it; `require_posix` has checked that

    with _mark(directory) as mark:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def is_held(directory: Path) -> bool:
    """Whether a process has locked the directory."""
    if not directory.exists():
        return False
    try:
        with hold(directory):
            return False
    except BlockingIOError:
        return True


def _mark(directory: Path) -> IO[str]:
    return (directory / "in-use").open("w")


def _remove_unless_in_use(directory: Path) -> None:
    with contextlib.suppress(BlockingIOError, FileNotFoundError), hold(directory):
        shutil.rmtree(directory, ignore_errors=True)
