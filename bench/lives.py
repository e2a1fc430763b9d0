"""One candidate on its own local cloud: the real cdk command deploys, renames and destroys its endpoints."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from chime_endpoints._function.asset import staged
from chime_endpoints_cli.local.cdk.runner import Cdk
from chime_endpoints_cli.local.cloud.local_cloud import LocalCloud
from chime_endpoints_cli.output.errors import CommandError
from demo.clients import Clients

from .stage import HERE

SDK = HERE / "node_modules"
"""The clients that AWS's runtime for Node provides."""
DEPLOY, RENAME, DESTROY = "deploy", "change of all names", "destroy"


@dataclass(frozen=True, kw_only=True)
class Step:
    """The measurement of one command."""

    command_seconds: float
    """The time of the whole cdk command."""
    stack_seconds: float
    """The time from each stack's first event to its last, summed over all stacks."""
    calls: int
    outcome: str
    registered: int


class Candidate:
    """A candidate. As a context manager, it runs its local cloud."""

    def __init__(self, way: str, size: int, *, only_answers: bool = False) -> None:
        """Create a candidate.

        Args:
            way: the name of the way in which endpoints are declared.
            size: the number of endpoints.
            only_answers: whether the function only sends responses, to measure the local cloud's own share.
        """
        self.way, self.size, self.only_answers = way, size, only_answers
        self._resources = ExitStack()
        self._lives = 0

    def __enter__(self) -> Self:
        with self._resources:
            directory = Path(self._resources.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
            self._cloud = self._resources.enter_context(LocalCloud(directory=directory, node_packages=SDK))
            self._clients = Clients(local=self._cloud.addresses)
            self._crhelper = _crhelper_asset(directory)
            self._cdk().bootstrap()
            self._resources = self._resources.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._resources.close()

    def new_life(self) -> None:
        """Reset the service and create users. The following steps use a stack with a new name."""
        self._lives += 1
        self._call("POST", "reset")
        self._call("PUT", "switches", {"requests_per_second": None})
        self._app_instance = self._clients.chime.create_app_instance(Name="bench", ClientRequestToken="bench")[
            "AppInstanceArn"
        ]
        for number in range(self.size):
            self._clients.chime.create_app_instance_user(
                AppInstanceArn=self._app_instance,
                AppInstanceUserId=f"user-{number}",
                Name="u",
                ClientRequestToken=f"user-{number}",
            )

    def step(self, name: str) -> Step:
        """Run one command and measure it."""
        named = {DEPLOY: "Phone", RENAME: "Tablet", DESTROY: "Tablet"}[name]
        cdk = self._cdk(
            BENCH_WAY=self.way,
            BENCH_SIZE=str(self.size),
            BENCH_STACK=f"Life{self._lives}",
            BENCH_NAME=named,
            BENCH_APP_INSTANCE=self._app_instance,
            BENCH_CRHELPER=str(self._crhelper),
            BENCH_ONLY_ANSWERS="yes" if self.only_answers else "",
            PYTHONPATH=str(HERE.parent),
        )
        return self._timed(cdk.destroy if name == DESTROY else cdk.deploy)

    def _timed(self, act: Callable[[], str]) -> Step:
        self._call("DELETE", "calls")
        since, began = dt.datetime.now(tz=dt.UTC), time.monotonic()
        outcome = "done"
        try:
            act()
        except CommandError as error:
            outcome = next((word for word in _FAILURES if word in (error.output or "")), "failed")
        seconds = time.monotonic() - began
        calls = Counter(call["operation"] for call in self._call("GET", "calls"))
        return Step(
            command_seconds=seconds,
            stack_seconds=self._stack_seconds(since),
            calls=calls.total(),
            outcome=outcome,
            registered=len(self._call("GET", "state")["endpoints"]),
        )

    def _stack_seconds(self, since: dt.datetime) -> float:
        """Return the time that the stacks of this life took after a point in time."""
        cloudformation = self._clients.cloudformation
        total = 0.0
        for stack in cloudformation.get_paginator("list_stacks").paginate().search("StackSummaries[]"):
            if not stack["StackName"].startswith(f"Life{self._lives}x"):
                continue
            pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack["StackId"])
            stamps = (dt.datetime.fromisoformat(event["Timestamp"]) for event in pages.search("StackEvents[]"))
            times = [stamp for stamp in stamps if stamp >= since]
            total += (max(times) - min(times)).total_seconds() if times else 0.0
        return total

    def _cdk(self, **environment: str) -> Cdk:
        cdk = Cdk(app=HERE / "alternatives", directory=self._cloud.directory, environment=dict(self._cloud.environment))
        return replace(cdk, environment={**cdk.environment, **environment})

    def _call(self, method: str, path: str, body: object = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the emulator on loopback
            f"{self._cloud.addresses.chime_url}/_emulator/{path}", data=json.dumps(body or {}).encode(), method=method
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
