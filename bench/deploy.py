"""Deploying: the real cdk command onto the local cloud, a life of all endpoints, and then the same again."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from chime_endpoints.asset import staged
from chime_endpoints_cli.cdk import Cdk
from chime_endpoints_cli.clients import Clients
from chime_endpoints_cli.errors import CommandError
from chime_endpoints_cli.local_cloud import LocalCloud

from .declared import OURS, SDK_CALL
from .figures import Result, Table
from .stage import HERE

WITH_CRHELPER = "crhelper as documented"
SIZES, LARGE_SIZES = (10,), (10, 100, 400)


def measure(*, large: bool = False) -> Result:
    """Lives every candidate's life at every size, each on a local cloud of its own."""
    return Result(
        title="Deploying",
        tables=[
            Table(
                title=f"{size} endpoints, by the real cdk command on the local cloud",
                columns=["step", *(f"{way}: {what}" for way in _WAYS for what in ("s", "calls", "outcome"))],
                rows=_lives(size),
                note="One life each, one candidate after the other, so that the seconds tell orders of magnitude only:"
                " the machine may be busier for one than for another, the cdk command looks every five seconds, and"
                " the local cloud has its own share, for functions in Python some 50 ms an event more than for those"
                " in Node. What a function takes itself is under Warm event. Calls and outcomes are exact."
                f" {WITH_CRHELPER} sleeps 120 s in every Delete, so that its life is not gone on with.",
            )
            for size in (LARGE_SIZES if large else SIZES)
        ],
    )


_WAYS = (OURS, SDK_CALL, WITH_CRHELPER)


def _lives(size: int) -> list[list[str]]:
    lives = [_Life(way, size).live() for way in _WAYS]
    return [[step, *(cell for life in lives for cell in life.get(step, ["not done"] * 3))] for step in lives[0]]


class _Life:
    """One candidate's endpoints: deployed, renamed, destroyed, and all of it again."""

    def __init__(self, way: str, size: int) -> None:
        self.way, self.size = way, size
        self.steps: dict[str, list[str]] = {}

    def live(self) -> dict[str, list[str]]:
        os.environ["NODE_PATH"] = str(HERE / "node_modules")  # the function's runtime has the SDK's clients
        with tempfile.TemporaryDirectory(prefix="bench-") as directory, LocalCloud(directory=Path(directory)) as cloud:
            self.chime_url = cloud.addresses.chime_url
            clients = Clients(local=cloud.addresses)
            self._call("PUT", "switches", {"requests_per_second": None})
            instance = clients.chime.create_app_instance(Name="bench", ClientRequestToken="bench")["AppInstanceArn"]
            for number in range(self.size):
                clients.chime.create_app_instance_user(
                    AppInstanceArn=instance,
                    AppInstanceUserId=f"user-{number}",
                    Name="u",
                    ClientRequestToken=f"u{number}",
                )
            environment = {
                **cloud.environment,
                "BENCH_WAY": self.way,
                "BENCH_SIZE": str(self.size),
                "BENCH_APP_INSTANCE": instance,
                "BENCH_CRHELPER": str(_crhelper_asset(Path(directory))),
                "PYTHONPATH": str(HERE.parent),
            }
            cdk = Cdk(app=HERE / "alternatives", directory=cloud.directory, environment=environment)
            cdk.bootstrap()

            def named(name: str) -> Cdk:
                return replace(cdk, environment={**environment, "BENCH_NAME": name})

            for again in ("", " again"):
                self._step(f"deploy{again}", named("Phone").deploy)
                self._step(f"change of all names{again}", named("Tablet").deploy)
                if self.way == WITH_CRHELPER:
                    break
                self._step(f"destroy{again}", named("Tablet").destroy)
            return self.steps

    def _step(self, name: str, act: Callable[[], str]) -> None:
        self._call("DELETE", "calls")
        began = time.monotonic()
        outcome = "done"
        try:
            act()
        except CommandError as error:
            outcome = next((word for word in _FAILURES if word in (error.output or "")), "failed")
        seconds = time.monotonic() - began
        calls = Counter(call["operation"] for call in self._call("GET", "calls"))
        registered = len(self._call("GET", "state")["endpoints"])
        self.steps[name] = [f"{seconds:.0f}", str(calls.total()), f"{outcome}, {registered} registered"]

    def _call(self, method: str, path: str, body: object = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the emulator on loopback
            f"{self.chime_url}/_emulator/{path}", data=json.dumps(body or {}).encode(), method=method
        )
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return json.loads(answer.read())


_FAILURES = (
    "UPDATE_ROLLBACK_FAILED",
    "ROLLBACK_FAILED",
    "DELETE_FAILED",
    "UPDATE_ROLLBACK_COMPLETE",
    "ROLLBACK_COMPLETE",
)


def _crhelper_asset(directory: Path) -> Path:
    target = directory / "with_crhelper"
    shutil.copytree(staged() / "crhelper", target / "crhelper")
    for name in ("with_crhelper.py", "over_http.py"):
        shutil.copy(HERE / "alternatives" / name, target)
    return target
