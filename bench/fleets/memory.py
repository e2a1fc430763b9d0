"""The memory of a function that splits, plans or works, measured in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

RANGE = 32 * 1024 * 1024
"""Bytes that a function splits."""
_SHARD = 1_000
_PROGRAM = """
import json, re, sys, time
from pathlib import Path
from bench.fleets.memory import Disk
from chime_endpoints_fleet.store import Store, s3_client
from chime_endpoints_fleet.runs.deciding.plan import plan
from chime_endpoints_fleet.runs.reading.split import split
import chime_endpoints_fleet.worker

s3_client()  # as the function does
store = Store(Disk(Path(sys.argv[2])), "state", "fleet")
began = time.process_time()
if sys.argv[1] == "split":
    split(store, "r1", level=10, span=(0, int(sys.argv[3])))
elif sys.argv[1] == "plan":
    plan(store, "r1", level=0, shard=0)
seconds = time.process_time() - began
# Not getrusage: its peak includes that of the process that started this one.
peak = re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1]
print(json.dumps({"megabytes": int(peak) / 1024, "seconds": seconds}))
"""


class Disk:
    """S3 in a directory: what is read and written is in memory only while the function holds it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def get_object(self, *, Bucket: str, Key: str, Range: str = "", **_: str) -> dict[str, object]:  # noqa: N803 - the API's names
        """Open an object, at the beginning of a range if one is given."""
        from botocore.exceptions import ClientError

        path = self._path(Bucket, Key)
        if not path.exists():
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        body = path.open("rb")
        if not Range:
            return {"Body": body, "ETag": "e"}
        first, last = map(int, Range.removeprefix("bytes=").split("-"))
        body.seek(first)
        return {"Body": _Part(body.read(last - first + 1)), "ETag": "e", "ContentRange": Range}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **_: str) -> dict[str, str]:  # noqa: N803
        """Write an object."""
        path = self._path(Bucket, Key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(Body)
        return {"ETag": "e"}

    def list_objects_v2(self, *, Bucket: str, Prefix: str, **_: str) -> dict[str, object]:  # noqa: N803
        """List the objects below a prefix."""
        found = sorted((self._root / Bucket / Prefix).glob("*"))
        return {"Contents": [{"Key": f"{Prefix}{path.name}"} for path in found]}

    def _path(self, bucket: str, key: str) -> Path:
        return self._root / bucket / key


class _Part:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def read(self) -> bytes:
        """Return the part."""
        return self._body


def measure(line: Mapping[str, object], defaults: Mapping[str, str]) -> dict[str, dict[str, float]]:
    """Return megabytes, seconds and lines of a function that only starts, plans a shard, or splits a whole range.

    Args:
        line: a line of the manifest, without a key.
        defaults: what lines leave out.
    """
    with TemporaryDirectory() as directory:
        root = Path(directory)
        body = _manifest(line)
        shard = body.split(b"\n", _SHARD)[:_SHARD]
        (root / "manifests").mkdir()
        (root / "manifests" / "devices.jsonl").write_bytes(body)
        run = root / "state" / "fleet" / "runs" / "r1"
        (run / "parts" / "00000").mkdir(parents=True)
        (run / "parts" / "00000" / "000000000000").write_bytes(
            b"\n".join(b"%d %b" % (number, each) for number, each in enumerate(shard, 1))
        )
        manifest = {"bucket": "manifests", "key": "devices.jsonl", "etag": "e"}
        settings = {"stack_id": "s", "logical_id": "l", "manifest": manifest, "defaults": dict(defaults)}
        (run / "run.json").write_text(json.dumps(settings))
        lines = {"start": 0, "plan": len(shard), "split": body.count(b"\n") + 1}
        return {what: {**_measured(what, root, RANGE), "lines": count} for what, count in lines.items()}


def _manifest(line: Mapping[str, object]) -> bytes:
    lines: list[bytes] = []
    size = 0
    while size < RANGE:
        text = json.dumps({"key": f"phone-{len(lines):07}", **line}).encode()
        lines.append(text)
        size += len(text) + 1
    return b"\n".join(lines)


def _measured(what: str, root: Path, length: int) -> dict[str, float]:
    command = [sys.executable, "-c", _PROGRAM, what, str(root), str(length)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True, env=_environment())
    measured: dict[str, float] = json.loads(ran.stdout)
    return measured


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "AWS_DEFAULT_REGION": "us-east-1"}
