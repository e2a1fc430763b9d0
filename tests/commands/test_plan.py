"""What `plan` says about a deployment, in the emulated account."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.main import run
from chime_endpoints_emulator import ChannelType, Endpoint, push_backend
from commands.conftest import Account, declared, physical_id
from support.identity import APPLICATION


def assembly(directory: Path, **stacks: dict[str, Any]) -> Path:
    """A synthesized app with these resources in its stacks, which depend on one another in this order."""
    artifacts: dict[str, Any] = {}
    for name, resources in stacks.items():
        (directory / f"{name}.json").write_text(json.dumps({"Resources": resources}))
        artifacts = {
            name: {
                "type": "aws:cloudformation:stack",
                "environment": "aws://unknown-account/unknown-region",
                "properties": {"templateFile": f"{name}.json"},
                "dependencies": list(artifacts),
            }
        } | artifacts
    (directory / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    return directory


class Planner:
    """Plans a deployment of resources to the account."""

    def __init__(self, account: Account, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.account, self.directory, self.capsys = account, directory, capsys
        self.code = 0

    def __call__(self, *arguments: str, **stacks: dict[str, Any]) -> str:
        """What the command prints."""
        app = ["--app", str(assembly(self.directory, **stacks))] if stacks else []
        self.code = run(["plan", *app, *arguments], services=self.account.services)
        captured = self.capsys.readouterr()
        assert "canary" not in captured.out + captured.err
        return captured.out + captured.err

    def entries(self, **stacks: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """The entries by key."""
        return {each["key"]: each for each in json.loads(self("--json", **stacks))["entries"]}


@pytest.fixture
def plan(account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Planner:
    """The planner; the application exists, with working channels."""
    channels(APNS=True, GCM=True)
    return Planner(account, tmp_path, capsys)


def channels(**enabled: bool) -> None:
    """Set the channels of the application."""
    push_backend().ensure_app(application_arn=APPLICATION)
    for kind, is_enabled in enabled.items():
        push_backend().update_channel(
            application_id=APPLICATION.rpartition("/")[2], channel_type=ChannelType(kind), enabled=is_enabled
        )


def deployed(account: Account, *endpoints: Endpoint, **changes: Any) -> dict[str, Any]:
    """A deployed stack with these endpoints, by the name of the device; its template."""
    resources = {f"Phone{number}": declared(each, **changes) for number, each in enumerate(endpoints)}
    ids = {f"Phone{number}": physical_id(each) for number, each in enumerate(endpoints)}
    account.cloudformation.add("Push", json.loads(json.dumps(resources)), **ids)
    return resources


def test_an_unchanged_stack_has_nothing_to_deploy(account: Account, plan: Planner) -> None:
    """The exit code is 0, and no call was made about the endpoints."""
    resources = deployed(account, account.register())
    account.backend.calls.clear()
    assert "1 unchanged" in plan(Push=resources)
    assert (plan.code, account.backend.calls) == (ExitCode.DONE, [])


def test_every_kind_of_change_has_its_sign(account: Account, plan: Planner) -> None:
    """The exit code is 2, and nothing is changed."""
    resources = deployed(account, *(account.register(f"canary-{number}", name=f"N{number}") for number in range(4)))
    before = dict(account.backend.endpoints)
    resources["Phone0"]["Properties"]["Name"] = "New"
    resources["Phone1"]["Properties"]["EndpointAttributes"] = {"DeviceToken": "canary-new"}
    del resources["Phone2"]
    resources["New"] = declared(account.register("canary-x", user_id="bob"))
    account.backend.endpoints.pop(next(reversed(account.backend.endpoints)))
    entries = plan.entries(Push=resources)
    assert {key: entry["action"] for key, entry in entries.items()} == {
        "Phone0": "update",
        "Phone1": "replace",
        "Phone2": "delete",
        "Phone3": "unchanged",
        "New": "create",
    }
    assert entries["Phone0"]["differences"] == [{"field": "name", "old": "N0", "new": "New"}]
    assert [each["field"] for each in entries["Phone1"]["differences"]] == ["device_token"]
    assert plan.code == ExitCode.FOUND
    assert account.backend.endpoints == before


def test_a_renamed_resource_would_fail_with_the_code_of_the_deployment(account: Account, plan: Planner) -> None:
    """CloudFormation creates the new resource first."""
    resources = deployed(account, account.register())
    entry = plan.entries(Push={"Renamed": resources["Phone0"]})["Renamed"]
    assert (entry["action"], entry["moved_from"], entry["fails"]["code"]) == ("move", "Phone0", "CE-411")
    assert "override_logical_id('Phone0')" in entry["remarks"][0]
    assert plan.code == ExitCode.FAILED
