"""Creates, changes and destroys a large fleet on the local cloud and reports times: `make fleet COUNT=2000`.

Workers are killed on the way. This is not a test, because it takes minutes.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import Any

from chime_endpoints_cli.account.calls.local_addresses import REGION
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.fleets.finding import the_fleet
from chime_endpoints_cli.account.fleets.runs.commands import FleetCommand, send
from chime_endpoints_cli.account.fleets.runs.progress import Phase, Watcher
from chime_endpoints_cli.commands.fleet.status.following import follow_looks
from chime_endpoints_cli.local.background.directories import run_directory
from chime_endpoints_cli.local.cdk.runner import Cdk
from chime_endpoints_cli.local.cloud.local_cloud import LocalCloud
from chime_endpoints_cli.local.cloud.service_process import without_proxies
from chime_endpoints_cli.local.declaration.prerequisites import made_up_token
from chime_endpoints_cli.output.errors import CommandError
from demo.clients import Clients
from support.deployment import APPLICATION, Stage
from support.fleet_processes import worker_processes

PER_USER = 5
APP = Path(__file__).parent / "demo" / "fleet_app.py"
_SECONDS_BETWEEN_DEATHS = 20.0
Lines = dict[str, dict[str, Any]]


class Trial:
    """A local cloud with a fleet."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._s3 = stage.client("s3")
        self._s3.create_bucket(Bucket="manifests")
        self._s3.put_bucket_versioning(Bucket="manifests", VersioningConfiguration={"Status": "Enabled"})

    def deploy(self, what: str, lines: Lines, *, kills: bool = False, waits: bool = True) -> bool:
        """Deploy a manifest, and report the time, the calls and what is registered."""
        body = "".join(f"{json.dumps(line)}\n" for line in lines.values()).encode()
        version = self._s3.put_object(Bucket="manifests", Key="devices.jsonl", Body=body)["VersionId"]
        given = {
            "bucket": "manifests",
            "version": version,
            "app_instance": self.stage.app_instance,
            "application": APPLICATION,
            "wait": "hour" if waits else "not",
            "environment": {"FLEET_SIZES": {"shard_endpoints": 250}, "FLEET_BATCHING": {"lease": 30, "seconds": 12}},
        }
        options = ("--app", f"{sys.executable} {APP}", "--context", f"fleet={json.dumps(given)}", "--method", "direct")
        over = Event()
        self._control("calls", method="DELETE")
        with ThreadPoolExecutor(1) as pool, _timed(what):
            deaths = pool.submit(self._kill_now_and_then, over) if kills else None
            try:
                self.stage.cdk.deploy(*options)
            except CommandError as error:
                print(next((line for line in error.output.splitlines() if "CE-7" in line), "").strip())
                succeeded = False
            else:
                succeeded = True
            over.set()
            killed = deaths.result() if deaths else 0
        calls = Counter(each["operation"] for each in self._control("calls"))
        print(f"  deployed: {succeeded}; workers killed: {killed}; calls: {dict(calls)}", flush=True)
        return succeeded

    def command(self, command: FleetCommand) -> None:
        """Send a command to the fleet's function."""
        services = Services(local=self.stage.cloud.addresses)
        print(f"  {command}: run {send(services, the_fleet(services, None, REGION), command)}", flush=True)

    def follow(self, what: str) -> bool:
        """Wait until the run has ended, and return whether it did what it should."""
        services = Services(local=self.stage.cloud.addresses)
        with _timed(what):
            looks = follow_looks(Watcher(services, the_fleet(services, None, REGION)).look, interval=1)
            *_, (ended, _) = looks
        print(f"  {ended.phase}: {ended.registered} registered, {ended.failed} failed", flush=True)
        return ended.phase is Phase.DONE

    def differences(self, lines: Lines) -> int:
        """Count the endpoints that are not as declared."""
        endpoints = self.stage.emulator_state()["endpoints"]
        there = Counter((each["app_instance_user_arn"], each["device_token"], each["name"]) for each in endpoints)
        declared = Counter(
            (self.stage.user(line["user"]), line["device_token"], line["name"]) for line in lines.values()
        )
        return (there - declared).total() + (declared - there).total()

    def make_users(self, count: int) -> None:
        """Create users, as fast as the emulator can."""
        self._control("switches", method="PUT", content={"requests_per_second": None})
        for number in range(count):
            self.stage.clients.chime.create_app_instance_user(
                AppInstanceArn=self.stage.app_instance,
                AppInstanceUserId=f"fleet-{number}",
                Name="user",
                ClientRequestToken=f"fleet-{number}",
            )
        self._control("switches", method="PUT", content={"requests_per_second": 50})

    def _kill_now_and_then(self, over: Event) -> int:
        killed = 0
        while not over.wait(_SECONDS_BETWEEN_DEATHS):
            buckets = [each["Name"] for each in self._s3.list_buckets()["Buckets"] if each["Name"].startswith("chat-")]
            workers = [pid for bucket in buckets for pid in worker_processes(bucket)]
            if workers:
                with suppress(ProcessLookupError):
                    os.kill(random.choice(workers), signal.SIGKILL)  # noqa: S311 - no secret
                    killed += 1
        return killed

    def _control(self, path: str, *, method: str = "GET", content: object = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - it is on loopback
            f"{self.stage.cloud.addresses.chime_url}/_emulator/{path}",
            method=method,
            data=None if content is None else json.dumps(content).encode(),
            headers={"Content-Type": "application/json"},
        )
        with without_proxies.open(request, timeout=60) as answer:
            body = answer.read()
        return json.loads(body) if body else None


def main(count: int) -> int:
    """Go through the life of a fleet, and return the exit code."""
    with run_directory() as directory, LocalCloud(directory=directory) as cloud:
        clients = Clients(local=cloud.addresses)
        instance = clients.chime.create_app_instance(Name="fleet", ClientRequestToken="fleet")["AppInstanceArn"]
        cdk = Cdk(app=Path.cwd(), directory=directory, environment=cloud.environment)
        stage = Stage(cloud=cloud, clients=clients, app_instance=instance, other_user="", cdk=cdk)
        stage.make_application(APPLICATION)
        cdk.bootstrap()
        trial = Trial(stage)
        trial.make_users(-(-count // PER_USER) + 1)
        return 0 if _is_right(trial, count) else 1


def _is_right(trial: Trial, count: int) -> bool:
    """Whether every step leads to what it should."""
    lines: Lines = {
        f"device-{number}": {
            "key": f"device-{number}",
            "user": f"fleet-{number // PER_USER}",
            "device_token": made_up_token(),
            "name": f"Device {number}",
        }
        for number in range(count)
    }
    results: list[bool] = []

    def step(what: str, declared: Lines, *, is_right: Callable[[bool], bool] = bool, kills: bool = False) -> None:
        nonlocal lines
        succeeded = trial.deploy(what, declared, kills=kills)
        lines = declared if succeeded else lines
        different = trial.differences(lines)
        print(f"  not as declared: {different}", flush=True)
        results.append(is_right(succeeded) and different == 0)

    step(f"create {count}", lines, kills=True)
    step("deploy the same version again", lines)
    changed = {
        key: {**line, "name": f"{line['name']} (new)"} if number % 20 == 0 else line
        for number, (key, line) in enumerate(lines.items())
    }
    step("rename 5 %", changed)
    half = dict(list(changed.items())[: count // 2])
    step("half of the manifest is missing", half, is_right=lambda succeeded: not succeeded)
    unknown = {**changed, "nobody": {**changed["device-0"], "key": "nobody", "user": "no-such-user"}}
    step("a user who does not exist", unknown, is_right=lambda succeeded: not succeeded)
    renamed = _renamed(lines, "again")
    results.append(trial.deploy("rename all, without waiting", renamed, waits=False))
    trial.command(FleetCommand.STOP)
    different = trial.differences(renamed)
    print(f"  not as declared after the stop: {different}", flush=True)
    trial.command(FleetCommand.RESUME)
    results.append(trial.follow("the rest, after resume") and different > 0 and trial.differences(renamed) == 0)
    results.append(trial.deploy("rename all, without waiting", _renamed(lines, "one"), waits=False))
    results.append(trial.deploy("and all again at once", _renamed(lines, "two"), waits=False))
    results.append(trial.follow("the rest") and trial.differences(_renamed(lines, "two")) == 0)
    results.append(trial.deploy("rename all, without waiting", _renamed(lines, "three"), waits=False))
    with _timed("cdk destroy in mid-run"):
        trial.stage.destroy()
    left = len(trial.stage.emulator_state()["endpoints"])
    print(f"  endpoints left: {left}")
    return all(results) and left == 0


def _renamed(lines: Lines, word: str) -> Lines:
    return {key: {**line, "name": f"Device {key} {word}"} for key, line in lines.items()}


@contextmanager
def _timed(what: str) -> Iterator[None]:
    started = time.monotonic()
    yield
    print(f"{what}: {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
