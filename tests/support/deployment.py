"""The app deployed to a local cloud by the real cdk command, and the resulting content of the services."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import boto3

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.commands.plan.declared.assembly import read_assembly
from chime_endpoints_cli.commands.plan.declared.file import read_file
from chime_endpoints_cli.commands.plan.declared.templates import Declared
from chime_endpoints_cli.commands.plan.planning import make_plan
from chime_endpoints_cli.local.cdk.runner import Cdk
from chime_endpoints_cli.local.cloud.local_cloud import LocalCloud
from chime_endpoints_cli.output.errors import CommandError
from demo.clients import Clients

ROOT = Path(__file__).parents[2]
CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
STACK = "ChimeEndpoints"
APPLICATION = "arn:aws:mobiletargeting:us-east-1:000000000000:apps/0123456789abcdef0123456789abcdef"


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """The result of a cdk run, and the content of the services after it."""

    succeeded: bool
    output: str
    endpoints: Mapping[str, dict[str, Any]]
    """By device token."""
    tags: Mapping[str, dict[str, str]]
    """By ARN of the user; only users that have any."""
    stack_status: str | None
    allowed: str
    """The inline policies of all roles."""
    logged: str
    """All that functions have logged so far; a log goes with its stack."""
    planned: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """What `plan` said before: for each entry the action, and the code with which it fails."""
    planned_afterwards: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """What it says about the synthesized app after a successful deployment."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The local cloud with an app instance, and the app that is deployed to it."""

    cloud: LocalCloud
    clients: Clients
    app_instance: str
    other_user: str
    """The ARN of a user of another app instance."""
    cdk: Cdk

    def user(self, user_id: str) -> str:
        """The ARN of a user, who may not exist."""
        return f"{self.app_instance}/user/{user_id}"

    def deploy(self, endpoints: Mapping[str, Mapping[str, Any]]) -> Deployed:
        """Deploy a declaration with these entries."""
        path = self.cloud.directory / "endpoints.json"
        path.write_text(json.dumps({"defaults": {"application": APPLICATION}, "endpoints": endpoints}))
        planned = self._plan(lambda: read_file(path, {}))
        done = self._after(lambda: self.cdk.deploy("--context", f"endpoints={path}"))
        left = self._plan(lambda: read_assembly(self.cloud.directory / "cdk.out")) if done.succeeded else {}
        return replace(done, planned=planned, planned_afterwards=left)

    def _plan(self, read: Callable[[], Declared]) -> dict[str, tuple[str, str]]:
        """What `plan` says: the action for each entry, and the code with which it fails."""
        try:
            plan = make_plan(Services(local=self.cloud.addresses), read())
        except CommandError:
            return {}  # the file has mistakes
        assert not plan.is_unsure, plan.to_json()
        return {
            entry.key if entry.is_endpoint else entry.subject: (
                entry.action.word,
                "" if entry.problem is None else entry.problem.code,
            )
            for entry in plan.entries
        }

    def destroy(self) -> Deployed:
        """Destroy the deployed stack."""
        return self._after(self.cdk.destroy)

    def _after(self, command: Callable[[], str]) -> Deployed:
        try:
            succeeded, output = True, command()
        except CommandError as error:
            succeeded, output = False, error.output
        state = self.emulator_state()
        return Deployed(
            succeeded=succeeded,
            output=output,
            endpoints={endpoint["device_token"]: endpoint for endpoint in state["endpoints"]},
            tags=state["tags"],
            stack_status=self._stack_status(),
            allowed=json.dumps(list(self._policies())),
            logged=self._logged(),
        )

    def client(self, service: str) -> Any:
        """A client of one of the local cloud's services."""
        return boto3.client(service, endpoint_url=self.cloud.addresses.aws_url, region_name="us-east-1", **CREDENTIALS)

    def make_application(self, arn: str) -> None:
        """Create an application with working channels."""
        account = arn.split(":")[4]
        body = {"application_arn": arn, "channel_types": ["APNS", "APNS_SANDBOX", "GCM"]}
        request = urllib.request.Request(  # noqa: S310 - it is http, on loopback
            f"{self.cloud.addresses.chime_url}/_emulator/push/application?account={account}&region=us-east-1",
            method="PUT",
            data=json.dumps(body).encode(),
        )
        urllib.request.urlopen(request, timeout=10).close()  # noqa: S310

    def emulator_state(self) -> dict[str, Any]:
        """The content of the emulated service."""
        where = f"{self.cloud.addresses.chime_url}/_emulator/state"
        with urllib.request.urlopen(where, timeout=10) as answer:  # noqa: S310 - it is http, on loopback
            state: dict[str, Any] = json.load(answer)
        return state

    def _stack_status(self) -> str | None:
        stacks = self.clients.cloudformation.describe_stacks()["Stacks"]
        return next((stack["StackStatus"] for stack in stacks if stack["StackName"] == STACK), None)

    def _policies(self) -> Iterator[Any]:
        iam = self.client("iam")
        for role in (each["RoleName"] for each in iam.list_roles()["Roles"]):
            for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
                yield iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]

    def _logged(self) -> str:
        logs = self.client("logs")
        groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
        events = [event for name in groups for event in logs.filter_log_events(logGroupName=name)["events"]]
        return "\n".join(event["message"] for event in events)
