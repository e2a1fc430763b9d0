"""CloudFormation's contract tests for resource types, with their names, applied to a custom resource.

The CloudFormation CLI user guide ("Resource type handler contract") defines what each handler returns and what reading
and listing show afterwards. Here the service's own Describe and List read and list.
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from chime_endpoints_handler.model.declaration import TAGS_TYPE
from support.stage import Stage


@pytest.fixture(params=["canary phone", None], ids=["named", "unnamed"])
def declared(stage: Stage, request: pytest.FixtureRequest) -> dict[str, Any]:
    """Properties with and without a declared name."""
    return stage.properties(Name=request.param)


def read(stage: Stage, physical_id: str) -> dict[str, Any]:
    """The properties that Describe shows for a physical ID, as the template would declare them."""
    client = stage.clients.chime("us-east-1")
    user_arn, _, endpoint_id = physical_id.rpartition("/endpoint/")
    shown = client.describe_app_instance_user_endpoint(AppInstanceUserArn=user_arn, EndpointId=endpoint_id)
    endpoint = shown["AppInstanceUserEndpoint"]
    return {
        member: endpoint[member]
        for member in ("AppInstanceUserArn", "Type", "ResourceArn", "EndpointAttributes", "Name", "AllowMessages")
    }


def listed(stage: Stage) -> list[str]:
    """The physical IDs that List shows."""
    client = stage.clients.chime("us-east-1")
    shown = client.list_app_instance_user_endpoints(AppInstanceUserArn=stage.user)["AppInstanceUserEndpoints"]
    return [f"{stage.user}/endpoint/{endpoint['EndpointId']}" for endpoint in shown]


def is_of(shown: dict[str, Any], declared: dict[str, Any]) -> bool:
    """Whether the registered properties equal the declared ones; without a declared name, the name is generated."""
    expected = {"AllowMessages": "ALL", "Name": shown["Name"]} | declared
    expected.pop("ServiceToken")
    return shown == expected and (shown["Name"].startswith("chat-Phone-") or "Name" in declared)


def created(stage: Stage, declared: dict[str, Any]) -> str:
    """Create the resource and return its physical ID."""
    answer = stage.create(declared)
    assert answer["Status"] == "SUCCESS"
    return str(answer["PhysicalResourceId"])


def deleted(stage: Stage, declared: dict[str, Any]) -> str:
    """Create the resource, delete it, and return its former physical ID."""
    physical_id = created(stage, declared)
    assert stage.delete(physical_id, declared)["Status"] == "SUCCESS"
    return physical_id


def test_create_create(stage: Stage, declared: dict[str, Any]) -> None:
    """A Create fails (AlreadyExists) if another resource has created the endpoint, which stays as it is."""
    physical_id = created(stage, declared)
    before = read(stage, physical_id)
    stage.clock.sleep(120)
    stage.sent()
    answer = stage.create(declared, LogicalResourceId="SecondPhone")
    assert answer["Status"] == "FAILED"
    assert physical_id.rpartition("/")[2] in answer["Reason"]
    assert listed(stage) == [physical_id]
    assert read(stage, physical_id) == before


def test_create_read(stage: Stage, declared: dict[str, Any]) -> None:
    """After a Create, Describe shows what is declared."""
    assert is_of(read(stage, created(stage, declared)), declared)


def test_create_delete(stage: Stage, declared: dict[str, Any]) -> None:
    """After a Create, a Delete removes the endpoint."""
    deleted(stage, declared)
    assert stage.registered == []


def test_create_list(stage: Stage, declared: dict[str, Any]) -> None:
    """After a Create, List shows the endpoint."""
    physical_id = created(stage, declared)
    assert listed(stage) == [physical_id]


def test_create_taggable(stage: Stage) -> None:
    """After a Create, the declared tags exist; the service keeps an endpoint's tags on its user."""
    tags = {"ResourceARN": stage.user, "Tags": [{"Key": "team", "Value": "chat"}]}
    assert stage.create(tags, ResourceType=TAGS_TYPE)["Status"] == "SUCCESS"
    shown = stage.clients.chime("us-east-1").list_tags_for_resource(ResourceARN=stage.user)["Tags"]
    assert shown == [{"Key": "team", "Value": "chat"}]


def test_update_read(stage: Stage, declared: dict[str, Any]) -> None:
    """After an Update, Describe shows the new declaration under the same ID."""
    physical_id = created(stage, declared)
    changed = declared | {"Name": "canary tablet", "AllowMessages": "NONE"}
    assert stage.update(physical_id, changed, declared)["PhysicalResourceId"] == physical_id
    assert is_of(read(stage, physical_id), changed)


def test_update_list(stage: Stage, declared: dict[str, Any]) -> None:
    """After an Update, List shows the endpoint once."""
    physical_id = created(stage, declared)
    stage.update(physical_id, declared | {"AllowMessages": "NONE"}, declared)
    assert listed(stage) == [physical_id]


def test_update_tag_updatable(stage: Stage) -> None:
    """An Update changes, adds and removes tags."""
    old = {"ResourceARN": stage.user, "Tags": [{"Key": "team", "Value": "chat"}, {"Key": "stage", "Value": "test"}]}
    new = {"ResourceARN": stage.user, "Tags": [{"Key": "team", "Value": "push"}, {"Key": "cost", "Value": "7"}]}
    physical_id = stage.create(old, ResourceType=TAGS_TYPE)["PhysicalResourceId"]
    assert stage.update(physical_id, new, old, ResourceType=TAGS_TYPE)["PhysicalResourceId"] == physical_id
    assert stage.backend.tags[stage.user] == {"team": "push", "cost": "7"}


@pytest.mark.parametrize("missing", ["forbidden", "not_found", "bad_request"])
def test_update_without_create(stage: Stage, declared: dict[str, Any], missing: str) -> None:
    """An Update registers an endpoint that does not exist, because the stack has lost it."""
    stage.backend.switches.change({"missing_endpoint": missing})
    never = f"{stage.user}/endpoint/never-created"
    answer = stage.update(never, declared | {"AllowMessages": "NONE"}, declared)
    assert answer["Status"] == "SUCCESS"
    assert listed(stage) == [answer["PhysicalResourceId"]] != [never]
    assert is_of(read(stage, answer["PhysicalResourceId"]), declared | {"AllowMessages": "NONE"})


def test_delete_create(stage: Stage, declared: dict[str, Any]) -> None:
    """After a Delete, a Create registers a new endpoint."""
    former = deleted(stage, declared)
    physical_id = created(stage, declared)
    assert physical_id != former
    assert listed(stage) == [physical_id]


def test_delete_update(stage: Stage, declared: dict[str, Any]) -> None:
    """If an endpoint was deleted outside CloudFormation, an Update registers it again under another ID."""
    former = deleted(stage, declared)
    answer = stage.update(former, declared | {"Name": "canary tablet"}, declared)
    assert answer["Status"] == "SUCCESS"
    assert listed(stage) == [answer["PhysicalResourceId"]] != [former]


def test_delete_read(stage: Stage, declared: dict[str, Any]) -> None:
    """After a Delete, the endpoint cannot be read."""
    physical_id = deleted(stage, declared)
    with pytest.raises(ClientError, match="ForbiddenException"):
        read(stage, physical_id)


def test_delete_list(stage: Stage, declared: dict[str, Any]) -> None:
    """After a Delete, List does not show the endpoint."""
    deleted(stage, declared)
    assert listed(stage) == []


@pytest.mark.parametrize("missing", ["forbidden", "not_found", "bad_request", "success"])
def test_delete_delete(stage: Stage, declared: dict[str, Any], missing: str) -> None:
    """A second Delete succeeds: a custom resource must do so, unlike a registered resource type."""
    stage.backend.switches.change({"missing_endpoint": missing})
    physical_id = deleted(stage, declared)
    answer = stage.delete(physical_id, declared)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", physical_id)
    assert stage.registered == []
