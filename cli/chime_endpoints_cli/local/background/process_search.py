"""Finds the processes of all local clouds by their command lines, because files can be stale."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

MODULE = "chime_endpoints_cli.local.background.background_process"


def background_processes() -> dict[Path, int]:
    """Return the process of each local cloud of this user, by its directory."""
    found = {}
    for process, arguments in _command_lines():
        if MODULE in arguments and len(arguments) > arguments.index(MODULE) + 1:
            found[Path(arguments[arguments.index(MODULE) + 1])] = process
    return found


def project_of(directory: Path) -> Path:
    """Return the directory in which `local up` was run."""
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
    """List processes on macOS, which has no /proc; a path with a space is cut, which only shortens a message."""
    try:
        done = subprocess.run(["ps", "-xwwo", "pid=,args="], capture_output=True, text=True, check=False)
    except OSError:
        return []
    lines = [line.split() for line in done.stdout.splitlines() if line.split()]
    return [(int(first), rest) for first, *rest in lines if first.isdecimal()]
