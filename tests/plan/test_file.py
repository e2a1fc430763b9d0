"""`plan` with a declaration file: the page that describes it, and how many calls it makes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from chime_endpoints.declared.load import load
from chime_endpoints.declared.stack_assignment.resources import resources_of
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.main import run
from docs.blocks import ROOT, blocks_of
from plan.cloud import Cloud
from plan.histories import APP_INSTANCE, SECRET
from support.stage import APPLICATION
from support.terminal import on_terminal

Entries = dict[str, dict[str, Any]]


def phone(user: str, **members: Any) -> dict[str, Any]:
    """An entry whose device token is the user's field of the secret."""
    token = {"secret": SECRET, "field": user}
    return {"user": f"{APP_INSTANCE}/user/{user}", "type": "APNS", "device_token": token} | members


def written(directory: Path, entries: Entries, **top: Any) -> Path:
    """A declaration file."""
    path = directory / "endpoints.json"
    path.write_text(json.dumps({"defaults": {"application": APPLICATION}, "endpoints": entries, **top}))
    return path


def deploy(cloud: Cloud, path: Path) -> None:
    """Deploy a file; the deployed template has the paths of the constructs."""
    stacks = {}
    for stack in resources_of(load(path, lambda _: None)):
        stacks[stack.name] = {
            name: dict(each) | {"Metadata": {"aws:cdk:path": f"{stack.name}/Endpoints/{stack.keys.get(name)}/Resource"}}
            for name, each in stack.resources.items()
        }
    assert all(not answer.code for answer in cloud.deploy(stacks).values())


def test_the_page_shows_what_is_printed(cloud: Cloud, tmp_path: Path) -> None:
    """The example of the how-to is the plan of a real change."""
    entries = {
        "alice-iphone": phone("alice", name="Alice's phone"),
        "bob-iphone": phone("bob", name="Bob's phone"),
        "carol-tablet": phone("carol", type="GCM"),
    }
    deploy(cloud, written(tmp_path, entries))
    cloud.vault.secrets[SECRET] = cloud.vault.secrets[SECRET].replace("canary-bob", "canary-rotated")
    entries["alice-iphone"]["name"] = "Alice's new phone"
    entries["bob-iphone"]["allow_messages"] = "NONE"
    del entries["carol-tablet"]
    entries["dave-iphone"] = phone("dave")
    with on_terminal() as terminal:
        assert run(["plan", str(written(tmp_path, entries))], services=cloud.services) == ExitCode.FOUND
    printed = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ENDPOINT-ID", terminal.shown)
    (block,) = [each.text for each in blocks_of(ROOT / "docs" / "howto" / "plan.md") if each.language == "text"]
    assert block.strip() in printed, printed
    assert "canary" not in printed


def test_a_renamed_entry_is_told_the_id_that_keeps_its_endpoint(cloud: Cloud, tmp_path: Path) -> None:
    """With that, nothing changes."""
    deploy(cloud, written(tmp_path, {"phone": phone("alice")}))
    with on_terminal() as terminal:
        run(["plan", str(written(tmp_path, {"handset": phone("alice")}))], services=cloud.services)
    assert "declare `id: phone` in it" in " ".join(terminal.shown.split())
    with_id = written(tmp_path, {"handset": phone("alice", id="phone")})
    assert run(["plan", str(with_id)], services=cloud.services) == ExitCode.DONE


def test_a_stack_that_is_no_longer_needed_is_named(cloud: Cloud, tmp_path: Path) -> None:
    """`cdk deploy` leaves it."""
    entries = {f"phone-{number}": phone("alice", device_token={"parameter": f"/{number}"}) for number in range(4)}
    cloud.vault.parameters |= {f"/{number}": f"canary-{number}" for number in range(4)}
    deploy(cloud, written(tmp_path, entries, stacks=2))
    with on_terminal() as terminal:
        run(["plan", str(written(tmp_path, entries))], services=cloud.services)
    assert "cdk destroy ChimeEndpoints2" in " ".join(terminal.shown.split())


def test_a_plan_of_many_entries_makes_a_few_calls_for_each(cloud: Cloud, tmp_path: Path) -> None:
    """One List for each user and one Describe for each endpoint that is there: 1,000 entries take a minute."""
    count = 100
    entries = {f"phone-{n}": phone("alice", device_token={"parameter": f"/{n}"}) for n in range(count)}
    for n, entry in enumerate(entries.values()):
        cloud.vault.parameters[f"/{n}"] = f"canary-{n}"
        entry["user"] = f"{APP_INSTANCE}/user/user-{n}"
        cloud.stage.backend.ensure_app_instance_user(app_instance_user_arn=entry["user"])
    deploy(cloud, written(tmp_path, entries))
    for entry in entries.values():
        entry["name"] = "New"
    cloud.stage.backend.calls.clear()
    assert run(["plan", str(written(tmp_path, entries)), "--json"], services=cloud.services) == ExitCode.FOUND
    assert len(cloud.stage.backend.calls) == 2 * count
