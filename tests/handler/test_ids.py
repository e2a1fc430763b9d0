"""Physical IDs of every origin, and Deletes whose properties are no longer usable."""

from __future__ import annotations

from typing import Any

import pytest

from chime_endpoints_emulator import Endpoint
from chime_endpoints_handler.aws.endpoints import api as endpoints
from chime_endpoints_handler.model.declaration import TAGS_TYPE
from chime_endpoints_handler.model.physical_id import suffix
from support.naming import plain
from support.stage import STACK_ID, Stage

OTHER_STACK = STACK_ID.replace("stack/chat/", "stack/other/")
ODD_IDS = [
    "None",
    ".",
    "..",
    "../..",
    "a/b",
    "/",
    "x" * 1500,
    "chat_Phone_ABCDEFGH",
    "chat-Phone-1X2Y3Z4ABCDE",
    "other-Phone-1X2Y3Z4ABCDE",
    f"not-applied/{suffix(OTHER_STACK, 'Phone')}",
    f"unconfirmed/{suffix(OTHER_STACK, 'Phone')}/0",
    f"unconfirmed/{suffix(STACK_ID, 'Phone')}/x",
    "{user}",
    "{user}/endpoint/",
    "{user}/endpoint/.",
    "{user}/endpoint/..",
    "{user}/endpoint/{long}",
    "{user}/tags",
    "arn:aws:chime:us-east-1:123456789012:app-instance/i/user/../endpoint/e",
    "📱",
    "\u202eenohp",
    "\ud800",
    "a\x00b",
]


@pytest.fixture
def theirs(stage: Stage) -> list[dict[str, Any]]:
    """Endpoints of others: one of another stack's resource with the same logical ID, and one of no stack."""
    stage.create(stage.properties(Name=None, EndpointAttributes={"DeviceToken": "canary-other"}), StackId=OTHER_STACK)
    stage.stranger()
    return as_they_are(stage.registered)


def as_they_are(endpoints: list[Endpoint]) -> list[dict[str, Any]]:
    """The endpoints as they are now; being listed does not count as a change."""
    return [vars(endpoint) | {"listed": True} for endpoint in endpoints]


def written(stage: Stage, text: str) -> str:
    """An ID from the list, for the stage's user."""
    return text.replace("{user}", stage.user).replace("{long}", "e" * 65)


@pytest.mark.parametrize("physical_id", ODD_IDS, ids=plain)
@pytest.mark.parametrize("resource_type", ["Custom::ChimeAppInstanceUserEndpoint", TAGS_TYPE])
def test_a_delete_of_any_id_goes_back_verbatim_and_touches_nothing(
    stage: Stage, theirs: list[dict[str, Any]], physical_id: str, resource_type: str
) -> None:
    """F20: if a Delete has an unknown ID of any form, it returns that ID unchanged and deregisters nothing."""
    physical_id = written(stage, physical_id)
    answer = stage.delete(physical_id, ResourceType=resource_type)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", physical_id)
    assert as_they_are(stage.registered) == theirs


@pytest.mark.parametrize("physical_id", ["", None, 5, ["a"]])
@pytest.mark.parametrize("request_type", ["Delete", "Update"])
def test_an_event_without_a_usable_id_is_answered_with_one(
    stage: Stage, theirs: list[dict[str, Any]], physical_id: object, request_type: str
) -> None:
    """F20: if an event has no usable ID, the response has one; a Delete removes nothing, an Update registers."""
    properties = stage.properties(EndpointAttributes={"DeviceToken": "canary-token-b"})
    event = stage.event(request_type, properties, OldResourceProperties=properties, PhysicalResourceId=physical_id)
    answer = stage.deliver(event)
    assert answer["Status"] == "SUCCESS"
    assert answer["PhysicalResourceId"]
    assert as_they_are(stage.registered)[:2] == theirs
    assert len(stage.registered) == (3 if request_type == "Update" else 2)


@pytest.mark.parametrize("physical_id", ODD_IDS, ids=plain)
def test_an_update_of_any_id_registers_what_is_declared_once(
    stage: Stage, theirs: list[dict[str, Any]], physical_id: str
) -> None:
    """F20: if no endpoint has an Update's ID, the Update registers the declared one, under a proper ID."""
    physical_id = written(stage, physical_id)
    properties = stage.properties(EndpointAttributes={"DeviceToken": "canary-token-b"})
    answer = stage.update(physical_id, properties, properties)
    assert answer["Status"] == "SUCCESS"
    *before, ours = stage.registered
    assert as_they_are(before) == theirs
    assert answer["PhysicalResourceId"] == f"{stage.user}/endpoint/{ours.endpoint_id}"
    assert (ours.device_token, ours.name) == ("canary-token-b", "canary phone")
    stage.delete(physical_id, properties)
    stage.delete(answer["PhysicalResourceId"], properties)
    assert as_they_are(stage.registered) == theirs


INVALID: list[object] = [
    None,
    [],
    "x",
    5,
    {},
    {"Schema": "of long ago", "User": "alice", "Token": "canary"},
    {"AppInstanceUserArn": "alice", "Type": "FCM", "EndpointAttributes": None},
    {"AppInstanceUserArn": ["x"], "Tags": 5, "ResourceARN": {}},
]


@pytest.mark.parametrize("properties", INVALID, ids=str)
def test_a_delete_uses_only_the_id(stage: Stage, theirs: list[dict[str, Any]], properties: object) -> None:
    """F18, F21: a Delete removes the endpoint even if the properties are invalid or from an older version."""
    first = stage.create(stage.properties(EndpointAttributes={"DeviceToken": "canary-token-b"}))
    answer = stage.deliver(stage.event("Delete", properties, PhysicalResourceId=first["PhysicalResourceId"]))
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", first["PhysicalResourceId"])
    assert as_they_are(stage.registered) == theirs


@pytest.mark.parametrize("physical_id", ["chat-Phone-1X2Y3Z4", "{user}/tags", "not-applied/x", ""])
@pytest.mark.parametrize("properties", INVALID, ids=str)
@pytest.mark.parametrize("resource_type", ["Custom::ChimeAppInstanceUserEndpoint", TAGS_TYPE])
def test_a_delete_without_usable_id_and_properties_succeeds(
    stage: Stage, theirs: list[dict[str, Any]], properties: object, physical_id: str, resource_type: str
) -> None:
    """F20, F21: if neither the ID nor the properties say what to remove, a Delete succeeds."""
    event = stage.event(
        "Delete", properties, PhysicalResourceId=written(stage, physical_id), ResourceType=resource_type
    )
    assert stage.deliver(event)["Status"] == "SUCCESS"
    assert as_they_are(stage.registered) == theirs


@pytest.mark.parametrize(
    ("endpoint_id", "is_usable"),
    [("e", True), ("e" * 64, True), ("", False), ("e" * 65, False), (".", False), ("..", False), (None, False)],
    ids=plain,
)
def test_an_endpoint_id_is_valid_in_a_request_path(endpoint_id: object, *, is_usable: bool) -> None:
    """F26: an empty endpoint ID or a dot segment is refused, because the next request would go to another path."""
    assert endpoints._has_usable_id({"EndpointId": endpoint_id}) is is_usable
