"""The memory of a function that splits, plans, decides or works, measured in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from uuid import uuid4

from chime_endpoints_fleet.ledger.fleet import Fleet
from chime_endpoints_fleet.runs.deciding.decide import Decision
from chime_endpoints_fleet.runs.deciding.plan import ShardPlan
from chime_endpoints_fleet.runs.reading.prepare import Prepared

RANGE = 32 * 1024 * 1024
"""Bytes that a function splits."""
_SHARD = 1_000
_SHARDS = 1_024
_PROGRAM = """
import json, random, re, sys, time
from pathlib import Path
from bench.fleets.memory import Disk
from chime_endpoints_fleet.applying.assignment import Batching
from chime_endpoints_fleet.applying.handling.surroundings import Surroundings
from chime_endpoints_fleet.store import Store, s3_client
from chime_endpoints_fleet.runs.changing.work import work
from chime_endpoints_fleet.runs.deciding.decide import decide
from chime_endpoints_fleet.runs.deciding.plan import plan
from chime_endpoints_fleet.runs.reading.split import split
from chime_endpoints_handler.aws.clients import AwsClients
import chime_endpoints_fleet.worker

s3_client()  # as the function does
store = Store(Disk(Path(sys.argv[2])), "state", "fleet")
began = time.process_time()
if sys.argv[1] == "split":
    split(store, "r1", level=10, span=(0, int(sys.argv[3])))
elif sys.argv[1] == "plan":
    plan(store, "r1", level=0, shard=0)
elif sys.argv[1] == "decide":
    decide(store, "r2", now=time.time())
elif sys.argv[1] == "work":
    surroundings = Surroundings(
        clients=AwsClients(), now=time.time, monotonic=time.monotonic,
        sleep=time.sleep, jitter=random.uniform, warn=print,
    )
    worked = work(
        store, "r1", level=0, shard=0, round_number=1, rate=1000.0,
        surroundings=surroundings, batching=Batching(), time_left=lambda: 900.0,
    )
    registered = json.loads((Path(sys.argv[2]) / "state/fleet/ledger/00/00000").read_text().split(chr(10))[0])["n"]
    assert worked.done and registered == 1000, registered
seconds = time.process_time() - began
# Not getrusage: its peak includes that of the process that started this one.
peak = re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1]
print()
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
    """Return megabytes, seconds and lines of a function that only starts, or does one of its actions.

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
        _write_decisions(root / "state" / "fleet", settings)
        lines = {"start": 0, "plan": _SHARD, "work": _SHARD, "decide": _SHARD * _SHARDS, "split": body.count(b"\n") + 1}
        with _service() as url:
            return {what: {**_measured(what, root, RANGE, url), "lines": count} for what, count in lines.items()}


def _write_decisions(fleet: Path, settings: Mapping[str, object]) -> None:
    """Write what `work` needs of a run, and what `decide` needs of the check of a million endpoints."""
    (fleet / "fleet").write_text(json.dumps(replace(Fleet(), run="r1").to_json()))
    (fleet / "runs" / "r1" / "plan.json").write_text(json.dumps(Decision(counts={"create": _SHARD}).to_json()))
    (fleet / "runs" / "r1" / "counted").write_text("{}")
    check = fleet / "runs" / "r2"
    (check / "plan").mkdir(parents=True)
    (check / "run.json").write_text(json.dumps({**settings, "mode": "check"}))
    (check / "prepared.json").write_text(json.dumps(Prepared(level=10, is_begun=True).to_json()))
    for shard in range(_SHARDS):
        held = b64encode(os.urandom(8 * _SHARD)).decode()
        planned = ShardPlan(counts={"check": _SHARD // 2}, registered=_SHARD, held=held)
        (check / "plan" / f"{shard:05d}").write_text(json.dumps(planned.to_json()))


class _Registers(BaseHTTPRequestHandler):
    """A service that registers whatever it is given."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer with a new id."""
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps({"AppInstanceUserArn": "a", "EndpointId": str(uuid4())}).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _service() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Registers)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def _manifest(line: Mapping[str, object]) -> bytes:
    lines: list[bytes] = []
    size = 0
    while size < RANGE:
        text = json.dumps({"key": f"phone-{len(lines):07}", **line}).encode()
        lines.append(text)
        size += len(text) + 1
    return b"\n".join(lines)


def _measured(what: str, root: Path, length: int, url: str) -> dict[str, float]:
    command = [sys.executable, "-c", _PROGRAM, what, str(root), str(length)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True, env=_environment(url))
    measured: dict[str, float] = json.loads(ran.stdout.splitlines()[-1])
    return measured


def _environment(url: str) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_ENDPOINT_URL_CHIME_SDK_IDENTITY": url,
    }
