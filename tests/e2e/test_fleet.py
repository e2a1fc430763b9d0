"""A fleet on the local cloud, deployed with the real cdk: its whole life, with a worker that is killed on the way.

Each stage is a fixture that continues where the previous one ended, so every test can run by itself.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.main import run
from chime_endpoints_cli.output.errors import CommandError
from support.deployment import APPLICATION, ROOT, Stage
from support.fleet_processes import worker_processes

pytestmark = pytest.mark.e2e

COUNT = 240
"""The number of endpoints: more than twice those that any run may deregister."""
USERS = 48
MANIFESTS = "manifests"
SMALL = {"FLEET_SIZES": {"shard_endpoints": 100, "rounds": 2}, "FLEET_BATCHING": {"lease": 26, "seconds": 10}}
"""Several shards, and changes and a lease that are over soon after a worker was killed."""
Lines = dict[str, dict[str, Any]]


@dataclass
class Fleet:
    """A fleet whose manifest is deployed."""

    stage: Stage
    outputs: dict[str, str] = field(default_factory=dict)
    """Of the last deployment that succeeded."""
    seen: list[str] = field(default_factory=list)
    """The histories of all executions, and the log of the local cloud."""
    reason: str = ""
    """Why the last deployment failed."""

    def upload(self, lines: Mapping[str, Mapping[str, Any]]) -> str:
        """Upload a manifest and return its version."""
        body = "".join(f"{json.dumps(line)}\n" for line in lines.values()).encode()
        put = self.stage.client("s3").put_object(Bucket=MANIFESTS, Key="devices.jsonl", Body=body)
        return str(put["VersionId"])

    def deploy(self, lines: Mapping[str, Mapping[str, Any]], **options: str | int) -> bool:
        """Deploy a manifest, and return whether the deployment succeeded."""
        given = {
            "bucket": MANIFESTS,
            "version": self.upload(lines),
            "app_instance": self.stage.app_instance,
            "application": APPLICATION,
            "environment": SMALL,
            **options,
        }
        app = f"{sys.executable} {ROOT / 'tools' / 'demo' / 'fleet_app.py'}"
        outputs = self.stage.cloud.directory / "outputs.json"
        try:
            self.stage.cdk.deploy(
                *("--app", app, "--context", f"fleet={json.dumps(given)}"),
                *("--method", "direct", "--outputs-file", str(outputs)),
            )
        except CommandError as error:
            self.reason = error.output
            return False
        self.outputs = json.loads(outputs.read_text())["Chat"]
        return True

    def registered(self) -> list[tuple[str, str, str]]:
        """The user, token and name of each registered endpoint."""
        endpoints = self.stage.emulator_state()["endpoints"]
        return sorted((each["app_instance_user_arn"], each["device_token"], each["name"]) for each in endpoints)

    def look(self) -> None:
        """Keep what executions have left, before their machine is deleted."""
        states = self.stage.client("stepfunctions")
        executions = states.list_executions(stateMachineArn=self.outputs["Machine"])["executions"]
        for each in executions:
            with suppress(states.exceptions.ClientError):
                for run in states.list_map_runs(executionArn=each["executionArn"])["mapRuns"]:
                    executions = [*executions, *states.list_executions(mapRunArn=run["mapRunArn"])["executions"]]
        for each in executions:
            history = states.get_execution_history(executionArn=each["executionArn"], maxResults=1000)
            self.seen.append(
                json.dumps([states.describe_execution(executionArn=each["executionArn"]), history], default=str)
            )

    def logs(self) -> str:
        """All that functions have logged so far."""
        logs = self.stage.client("logs")
        groups = [each["logGroupName"] for each in logs.describe_log_groups()["logGroups"]]
        events = [logs.filter_log_events(logGroupName=name)["events"] for name in groups]
        return json.dumps([[each["message"] for each in of_group] for of_group in events])

    def buckets(self) -> list[str]:
        """The buckets of fleets."""
        names = [each["Name"] for each in self.stage.client("s3").list_buckets()["Buckets"]]
        return [name for name in names if name.startswith("chat-")]


def whole() -> Lines:
    """A manifest."""
    return {
        f"device-{number}": {
            "key": f"device-{number}",
            "user": f"fleet-{number * USERS // COUNT}",
            "device_token": f"canary-token-{number:04}-{'0123456789abcdef' * 3}",
            "name": f"canary-name-{number}",
        }
        for number in range(COUNT)
    }


def declared(stage: Stage, lines: Lines) -> list[tuple[str, str, str]]:
    """What a manifest declares, as `Fleet.registered` returns it."""
    return sorted((stage.user(line["user"]), line["device_token"], line["name"]) for line in lines.values())


def kill_a_worker(fleet: Fleet, is_time: Callable[[], bool]) -> int:
    """Kill a process of the worker function in the middle of its work, and return how many were killed."""
    until = time.monotonic() + 60
    while time.monotonic() < until and not is_time():
        time.sleep(0.05)
    busy = [pid for bucket in fleet.buckets() for pid in worker_processes(bucket)][:1]
    for pid in busy:
        os.kill(pid, signal.SIGKILL)
    return len(busy)


@pytest.fixture(scope="module")
def fleet(stage: Stage) -> Fleet:
    """A fleet that is not deployed yet, with users and a bucket for manifests."""
    for number in range(USERS):
        stage.clients.chime.create_app_instance_user(
            AppInstanceArn=stage.app_instance,
            AppInstanceUserId=f"fleet-{number}",
            Name="user",
            ClientRequestToken=f"fleet-{number}",
        )
    s3 = stage.client("s3")
    s3.create_bucket(Bucket=MANIFESTS)
    s3.put_bucket_versioning(Bucket=MANIFESTS, VersioningConfiguration={"Status": "Enabled"})
    return Fleet(stage)


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """What a deployment has led to."""

    fleet: Fleet
    lines: Lines
    """The manifest that should be registered now."""
    registered: list[tuple[str, str, str]]
    succeeded: bool
    outputs: Mapping[str, str]
    reason: str = ""
    killed: int = 0


def after(fleet: Fleet, lines: Lines, *, succeeded: bool, killed: int = 0) -> Deployed:
    """What a deployment has led to."""
    return Deployed(
        fleet=fleet,
        lines=lines,
        registered=fleet.registered(),
        succeeded=succeeded,
        outputs=dict(fleet.outputs),
        reason=fleet.reason,
        killed=killed,
    )


@pytest.fixture(scope="module")
def created(fleet: Fleet) -> Deployed:
    """A fleet that was created while one of its workers was killed."""
    lines = whole()
    with ThreadPoolExecutor(1) as pool:
        killed = pool.submit(kill_a_worker, fleet, lambda: len(fleet.registered()) > COUNT // 10)
        succeeded = fleet.deploy(lines)
        return after(fleet, lines, succeeded=succeeded, killed=killed.result())


@pytest.fixture(scope="module")
def changed(created: Deployed) -> Deployed:
    """The fleet with one endpoint of twenty changed: renamed, replaced, new or gone. A WaitCondition waits for it."""
    lines = {key: dict(line) for key, line in created.lines.items()}
    keys = list(lines)[::20]
    for key in keys[:4]:
        lines[key]["name"] = "canary-name-new"
    for key in keys[4:8]:
        lines[key]["device_token"] = f"canary-token-new-{key}-{'0123456789abcdef' * 2}"
    for key in keys[8:]:
        lines[f"new-{key}"] = {**lines.pop(key), "key": f"new-{key}"}
    succeeded = created.fleet.deploy(lines, wait="condition")
    return after(created.fleet, lines, succeeded=succeeded)


@pytest.fixture(scope="module")
def truncated(changed: Deployed) -> Deployed:
    """The fleet after a deployment of half of its manifest."""
    half = dict(list(changed.lines.items())[: COUNT // 2])
    succeeded = changed.fleet.deploy(half)
    return after(changed.fleet, changed.lines, succeeded=succeeded)


@pytest.fixture(scope="module")
def rolled_back(truncated: Deployed) -> Deployed:
    """The fleet after a deployment with a user who does not exist, and with other changes."""
    lines = {key: dict(line) for key, line in truncated.lines.items()}
    for key in list(lines)[:20]:
        lines[key]["name"] = "canary-name-rolled-back"
    lines["nobody"] = {"key": "nobody", "user": "no-such-user", "device_token": "canary-token-of-nobody", "name": "x"}
    succeeded = truncated.fleet.deploy(lines)
    return after(truncated.fleet, truncated.lines, succeeded=succeeded)


@pytest.fixture(scope="module")
def converging(rolled_back: Deployed) -> Deployed:
    """The fleet while all of its endpoints are being renamed; the deployment did not wait for it."""
    rolled_back.fleet.look()
    lines = {key: {**line, "name": f"canary-name-again-{key}"} for key, line in rolled_back.lines.items()}
    succeeded = rolled_back.fleet.deploy(lines, wait="not", rate=10)
    return after(rolled_back.fleet, lines, succeeded=succeeded)


@dataclass(frozen=True, kw_only=True)
class Destroyed:
    """What is left of a destroyed fleet, and what was left on the way."""

    before: Deployed
    registered: list[tuple[str, str, str]]
    buckets: list[str]
    seen: str


@pytest.fixture(scope="module")
def destroyed(converging: Deployed) -> Destroyed:
    """The fleet, destroyed while its run was at work."""
    fleet = converging.fleet
    logged = fleet.logs()
    destroyed = fleet.stage.destroy()
    assert destroyed.succeeded, destroyed.output
    local = [path.read_text(errors="replace") for path in fleet.stage.cloud.directory.glob("*.log")]
    return Destroyed(
        before=converging,
        registered=fleet.registered(),
        buckets=fleet.buckets(),
        seen="\n".join([*fleet.seen, logged, *local]),
    )


def test_a_fleet_is_created_although_a_worker_is_killed(fleet: Fleet, created: Deployed) -> None:
    """Nothing is lost, and nothing is registered twice."""
    assert created.killed == 1
    assert created.succeeded, created.reason
    assert created.registered == declared(fleet.stage, created.lines)
    assert (created.outputs["State"], created.outputs["Registered"]) == ("CONVERGED", str(COUNT))
    assert created.outputs["Fleet"].startswith("Chat-Devices")


def test_an_update_changes_what_the_manifest_changes(fleet: Fleet, changed: Deployed) -> None:
    """The others are not touched."""
    assert changed.succeeded, changed.reason
    assert changed.registered == declared(fleet.stage, changed.lines)
    assert "AWS::CloudFormation::WaitCondition" in (fleet.stage.cloud.directory / "cdk.log").read_text()


def test_the_commands_know_the_fleet(
    fleet: Fleet, changed: Deployed, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """They find it by its stack, plan without changes, and repair what was changed outside."""
    services = Services(local=fleet.stage.cloud.addresses)

    def ran(*arguments: str) -> tuple[int, str]:
        code = run(list(arguments), services=services)
        return code, capsys.readouterr().out

    manifest = tmp_path / "devices.jsonl"
    manifest.write_text("".join(f"{json.dumps(line)}\n" for line in changed.lines.values()))
    assert ran("fleet", "plan", str(manifest))[0] == ExitCode.DONE
    code, shown = ran("fleet", "status", "--fleet", "Chat", "--json")
    assert (code, json.loads(shown)["phase"], json.loads(shown)["registered"]) == (ExitCode.DONE, "done", COUNT)
    chime = fleet.stage.clients.chime
    renamed, gone = json.loads(ran("fleet", "list", *list(changed.lines)[1:3], "--json")[1])["endpoints"]
    chime.update_app_instance_user_endpoint(
        AppInstanceUserArn=renamed["user_arn"],
        EndpointId=renamed["endpoint_id"],
        Name="canary-name",
        AllowMessages="ALL",
    )
    chime.deregister_app_instance_user_endpoint(AppInstanceUserArn=gone["user_arn"], EndpointId=gone["endpoint_id"])
    code, shown = ran("fleet", "check", "--repair", "--yes", "--json")
    assert (code, [each["state"] for each in json.loads(shown)["findings"]]) == (ExitCode.DONE, ["gone", "changed"])
    assert fleet.registered() == declared(fleet.stage, changed.lines)
    assert ran("audit", fleet.stage.app_instance)[0] == ExitCode.DONE


def test_half_a_manifest_is_refused(fleet: Fleet, truncated: Deployed) -> None:
    """The stack is rolled back, and nothing was changed."""
    assert not truncated.succeeded
    assert "CE-701: 120 of 240 endpoints would be deregistered" in truncated.reason
    assert truncated.registered == declared(fleet.stage, truncated.lines)


def test_a_failed_endpoint_rolls_the_fleet_back(fleet: Fleet, rolled_back: Deployed) -> None:
    """What was changed with it is as before."""
    assert not rolled_back.succeeded
    assert "CE-702: 1 endpoint failed" in rolled_back.reason
    assert rolled_back.registered == declared(fleet.stage, rolled_back.lines)


def test_a_deployment_need_not_wait(converging: Deployed) -> None:
    """It ends after a part of the fleet was changed."""
    assert converging.succeeded, converging.reason
    assert converging.outputs["State"] == "CONVERGING"
    assert 0 < sum("again" in name for _, _, name in converging.registered) < COUNT


def test_a_fleet_that_is_destroyed_in_mid_run_leaves_nothing(destroyed: Destroyed) -> None:
    """Its bucket is gone, too."""
    assert destroyed.registered == []
    assert destroyed.buckets == []


def test_histories_and_logs_contain_no_token_name_or_url(destroyed: Destroyed) -> None:
    """They are kept for 90 days, and more people may read them than the manifest."""
    assert "ExecutionStarted" in destroyed.seen
    assert "canary-token" not in destroyed.seen
    assert "canary-name" not in destroyed.seen
    assert "ResponseURL" not in "".join(destroyed.before.fleet.seen)
    assert "cfn-response" not in "".join(destroyed.before.fleet.seen)
