"""The processes that keep local clouds, in all directories: found by their command lines, which are never stale."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

MODULE = "chime_endpoints_cli.keeping"


def keepers() -> dict[Path, int]:
    """The directory of each local cloud that this user runs, and the process that keeps it."""
    found = {}
    for process, arguments in _command_lines():
        if MODULE in arguments and len(arguments) > arguments.index(MODULE) + 1:
            found[Path(arguments[arguments.index(MODULE) + 1])] = process
    return found


def project_of(directory: Path) -> Path:
    """The directory in which `local up` was run."""
    return directory.parents[1]


def _command_lines() -> list[tuple[int, list[str]]]:
    processes = Path("/proc")
    if not (processes / "self" / "cmdline").exists():
        return _listed_by_ps()
    lines = []
    for process in processes.iterdir():
        try:
            if process.name.isdecimal() and process.stat().st_uid == os.getuid():
                lines.append((int(process.name), os.fsdecode((process / "cmdline").read_bytes()).split("\0")))
        except OSError:
            continue  # it has ended
    return lines


def _listed_by_ps() -> list[tuple[int, list[str]]]:
    """MacOS has no /proc. A path with a space in it is cut there, which only shortens what a message shows."""
    try:
        done = subprocess.run(["ps", "-xwwo", "pid=,args="], capture_output=True, text=True, check=False)
    except OSError:
        return []
    lines = [line.split() for line in done.stdout.splitlines() if line.split()]
    return [(int(first), rest) for first, *rest in lines if first.isdecimal()]
