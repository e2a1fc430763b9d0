"""The processes of a fleet's worker function in the local cloud."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def worker_processes(bucket: str) -> Iterator[int]:
    """Yield the processes of the worker function, found by the state bucket in their environment."""
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            environment = path.read_bytes().split(b"\0")
            is_of_events = any(each.startswith(b"FLEET_STATE_MACHINE_ARN=") for each in environment)
            if f"FLEET_BUCKET={bucket}".encode() in environment and not is_of_events:
                yield int(path.parent.name)
