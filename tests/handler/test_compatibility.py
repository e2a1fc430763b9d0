"""What a released version wrote stays readable, and what CloudFormation sent to it stays served.

`recorded/` holds the ids, events and request tokens of each release, as they were then. A file there is never changed:
a handler that cannot serve it orphans the endpoints of stacks that were deployed with that release.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import boto3
import pytest

from chime_endpoints_emulator import Fault
from chime_endpoints_handler.cloudformation.request import parse
from chime_endpoints_handler.model import physical_id
from chime_endpoints_handler.model.declaration import TAGS_TYPE
from support.anomalies import MARKED, REGISTER, ROTATED, rotation
from support.stage import OTHER_APPLICATION, REGION, Stage

RELEASES = sorted((Path(__file__).parent / "recorded").glob("*.json"))
USER = "arn:aws:chime:us-east-1:123456789012:app-instance/8f2c1f6e-0000-4000-8000-00000000c0de/user/alice"


@pytest.fixture(params=RELEASES, ids=lambda path: path.stem)
def release(request: pytest.FixtureRequest) -> str:
    """The recordings of one release."""
    path: Path = request.param
    return path.read_text(encoding="utf-8")


def test_this_version_has_recorded_what_it_writes() -> None:
    """F70: each version records what it writes before its release, and later versions must support it."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] in [path.stem for path in RELEASES]


class Replay:
    """Send a release's events to the current handler for the stage's user."""

    def __init__(self, stage: Stage, release: str) -> None:
        self._stage = stage
        self._events = json.loads(release.replace(USER, stage.user))["events"]

    def send(self, what: str, physical_id: str = "") -> dict[str, Any]:
        """Send an event and return its response."""
        event: dict[str, Any] = self._events[what] | {"ResponseURL": self._stage.sink.url}
        if "PhysicalResourceId" in event:
            event["PhysicalResourceId"] = physical_id
        answer = self._stage.deliver(event)
        assert answer["Status"] == "SUCCESS", answer
        return answer


@pytest.fixture
def replay(stage: Stage, release: str) -> Replay:
    """The release's events."""
    return Replay(stage, release)


def test_every_id_that_was_written_is_read_as_what_it_was(release: str) -> None:
    """F20: every ID of a release is parsed, and written back unchanged, because responses repeat it."""
    for recorded in json.loads(release)["ids"]:
        read = physical_id.read(recorded["id"])
        assert (type(read).__name__, str(read)) == (recorded["kind"], recorded["id"])


def test_every_id_that_was_written_can_be_deleted(stage: Stage, release: str) -> None:
    """F20, F70: a Delete with any ID of a release succeeds and touches no other endpoint."""
    stranger = stage.stranger()
    for recorded in json.loads(release.replace(USER, stage.user))["ids"]:
        resource = {"ResourceType": TAGS_TYPE} if recorded["kind"] == "Tags" else {}
        properties = stage.properties() if not resource else {"ResourceARN": stage.user, "Tags": []}
        answer = stage.delete(recorded["id"], properties, **resource)
        assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", recorded["id"])
    assert stage.registered == [stranger]


def test_an_endpoints_life_in_the_events_of_a_release(stage: Stage, replay: Replay) -> None:
    """F70: the current handler creates, changes, replaces and deletes with the events of a release."""
    created = replay.send("create")["PhysicalResourceId"]
    assert replay.send("update in place", created)["PhysicalResourceId"] == created
    (endpoint,) = stage.registered
    assert (endpoint.name, endpoint.allow_messages) == ("canary tablet", "NONE")
    replaced = replay.send("update by replacement", created)["PhysicalResourceId"]
    replay.send("delete", created)
    (endpoint,) = stage.registered
    assert (f"{stage.user}/endpoint/{endpoint.endpoint_id}", endpoint.type) == (replaced, "APNS_SANDBOX")
    replay.send("delete", replaced)
    assert stage.registered == []


def test_the_rollback_of_a_replacement_in_the_events_of_a_release(stage: Stage, replay: Replay) -> None:
    """F60, F70: after the rollback, the old endpoint, which shared its tokens with the new one, exists exactly once."""
    replaced = replay.send("update by replacement", replay.send("create")["PhysicalResourceId"])["PhysicalResourceId"]
    again = replay.send("rollback of the replacement", replaced)["PhysicalResourceId"]
    replay.send("delete", replaced)
    (endpoint,) = stage.registered
    assert (f"{stage.user}/endpoint/{endpoint.endpoint_id}", endpoint.type) == (again, "APNS")


def test_the_sources_of_a_release_are_read(stage: Stage, release: str) -> None:
    """F70: the function reads a field of a secret's stage and a version of a parameter."""
    arn = boto3.client("secretsmanager", region_name=REGION).create_secret(
        Name="push", SecretString=json.dumps({"apns": "canary-secret"})
    )["ARN"]
    boto3.client("ssm", region_name=REGION).put_parameter(Name="/push/voip", Value="canary-voip", Type="SecureString")
    told = json.loads(release)["events"]["create from sources"]["ResourceProperties"]["EndpointAttributes"]
    Replay(stage, release.replace(told["DeviceTokenSource"]["SecretArn"], arn)).send("create from sources")
    (endpoint,) = stage.registered
    assert (endpoint.device_token, endpoint.voip_device_token) == ("canary-secret", "canary-voip")


@pytest.mark.parametrize("kind", ["Unconfirmed", "Foreign"])
def test_an_id_that_was_written_for_a_create_without_answer_finds_its_endpoint(
    stage: Stage, release: str, replay: Replay, kind: str
) -> None:
    """F57, F70: a newer version can handle the Delete of a Create that an older version left unanswered."""
    (recorded,) = [each["id"] for each in json.loads(release)["ids"] if each["kind"] == kind]
    stage.stack.happens("CREATE_IN_PROGRESS", "")
    replay.send("create")
    stranger = stage.stranger("theirs")
    replay.send("delete", recorded)
    assert stage.registered == [stranger]


def test_a_delivery_to_a_newer_version_repeats_the_request_of_the_one_before(
    stage: Stage, release: str, replay: Replay
) -> None:
    """F43, F70: Lambda can deliver an event again after the function was updated; the request stays the same."""
    replay.send("update by replacement", replay.send("create")["PhysicalResourceId"])
    sent = [call.parameters["ClientRequestToken"] for call in stage.backend.calls if call.operation == REGISTER]
    recorded = json.loads(release)["client_request_tokens"]
    assert sent[:2] == [recorded["create"], recorded["update by replacement"]]


def test_a_second_registration_repeats_the_request_of_the_version_before(stage: Stage) -> None:
    """F43, F70: the request token of each registration says why it is made, in the words that it always had."""
    stage.backend.switches.change({"device_token_conflict": "app_instance"})
    stray = {"name": MARKED, "resource_arn": OTHER_APPLICATION}
    stage.stranger(**stray)
    create = stage.event("Create", stage.properties())
    first = stage.deliver(create)
    stage.stranger("canary-token-b", **stray)
    again = rotation(stage, first)
    second = stage.deliver(again)
    moved = stage.event(
        "Update",
        stage.properties(ResourceArn=OTHER_APPLICATION, **ROTATED),
        PhysicalResourceId=second["PhysicalResourceId"],
        OldResourceProperties=stage.properties(**ROTATED),
    )
    stage.backend.faults.append(Fault(REGISTER, error="BadRequestException", nth=2))
    stage.deliver(moved)
    held = second["Data"]["EndpointId"]
    sent = [call.parameters["ClientRequestToken"] for call in stage.backend.calls if call.operation == REGISTER]
    assert sent == [
        *(parse(create).client_request_token(purpose) for purpose in ("create", "create again")),
        *(parse(again).client_request_token(purpose) for purpose in ("replace 0", "replace 1")),
        parse(moved).client_request_token("replace 0"),
        parse(moved).client_request_token(f"replace after {held} gave way"),
        parse(moved).client_request_token(f"bring {held} back"),
    ]


def test_an_unnamed_endpoint_has_the_name_that_it_always_had(stage: Stage, replay: Replay) -> None:
    """F70: the generated name never changes, because it identifies endpoints of earlier versions."""
    replay.send("create unnamed")
    assert [endpoint.name for endpoint in stage.registered] == ["chat-Phone-960de0ec12a635bc"]


def test_the_tags_life_in_the_events_of_a_release(stage: Stage, replay: Replay) -> None:
    """F70: the current handler creates, changes and deletes tags with the events of a release."""
    created = replay.send("create tags")["PhysicalResourceId"]
    assert stage.backend.tags[stage.user] == {"team": "chat"}
    assert replay.send("update tags", created)["PhysicalResourceId"] == created == f"{stage.user}/tags"
    assert stage.backend.tags[stage.user] == {"stage": "test"}
    replay.send("delete tags", created)
    assert stage.backend.tags[stage.user] == {"stage": "test"}, "that release declared other tags by then"


def test_a_version_that_went_back_deletes_what_a_newer_one_registered(stage: Stage) -> None:
    """F21, F70: an older version deletes by the ID alone and ignores properties that it does not know."""
    created = stage.create()["PhysicalResourceId"]
    newer = stage.properties(Badge="7", EndpointAttributes={"WebToken": "canary-token-w"})
    assert stage.delete(created, newer)["Status"] == "SUCCESS"
    assert stage.registered == []


def test_a_version_that_went_back_returns_to_what_it_understands(stage: Stage) -> None:
    """F70: a rollback to an older version works although it cannot read the former properties."""
    created = stage.create()["PhysicalResourceId"]
    newer = stage.properties(Badge="7", EndpointAttributes={"WebToken": "canary-token-w"})
    answer = stage.update(created, stage.properties(), newer)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", created)
    assert [f"{stage.user}/endpoint/{endpoint.endpoint_id}" for endpoint in stage.registered] == [created]
