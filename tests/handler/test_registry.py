"""The contract tests of CloudFormation's resource registry, told for a custom resource and named as they are there.

The registry asks of every resource type what a handler must answer and what reading and listing show afterwards
(CloudFormation CLI user guide, "Resource type handler contract"). Read and list are the service's own here: Describe
and List.
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
    """What Describe shows under a physical id, as the template would declare it."""
    client = stage.clients.chime("us-east-1")
    user_arn, _, endpoint_id = physical_id.rpartition("/endpoint/")
    shown = client.describe_app_instance_user_endpoint(AppInstanceUserArn=user_arn, EndpointId=endpoint_id)
    endpoint = shown["AppInstanceUserEndpoint"]
    return {
        member: endpoint[member]
        for member in ("AppInstanceUserArn", "Type", "ResourceArn", "EndpointAttributes", "Name", "AllowMessages")
    }


def listed(stage: Stage) -> list[str]:
    """The physical ids of what List shows."""
    client = stage.clients.chime("us-east-1")
    shown = client.list_app_instance_user_endpoints(AppInstanceUserArn=stage.user)["AppInstanceUserEndpoints"]
    return [f"{stage.user}/endpoint/{endpoint['EndpointId']}" for endpoint in shown]


def is_of(shown: dict[str, Any], declared: dict[str, Any]) -> bool:
    """Whether what is registered is what is declared; where no name is declared, a generated one."""
    expected = {"AllowMessages": "ALL", "Name": shown["Name"]} | declared
    expected.pop("ServiceToken")
    return shown == expected and (shown["Name"].startswith("chat-Phone-") or "Name" in declared)


def created(stage: Stage, declared: dict[str, Any]) -> str:
    """Creates the resource and returns its physical id."""
    answer = stage.create(declared)
    assert answer["Status"] == "SUCCESS"
    return str(answer["PhysicalResourceId"])


def deleted(stage: Stage, declared: dict[str, Any]) -> str:
    """Creates the resource, deletes it, and returns the physical id that it had."""
    physical_id = created(stage, declared)
    assert stage.delete(physical_id, declared)["Status"] == "SUCCESS"
    return physical_id


def test_create_create(stage: Stage, declared: dict[str, Any]) -> None:
    """A Create of what another resource has created fails (AlreadyExists) and leaves that one as it is."""
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
    """What has been created reads as it was declared."""
    assert is_of(read(stage, created(stage, declared)), declared)


def test_create_delete(stage: Stage, declared: dict[str, Any]) -> None:
    """What has been created can be deleted."""
    deleted(stage, declared)
    assert stage.registered == []


def test_create_list(stage: Stage, declared: dict[str, Any]) -> None:
    """What has been created is listed."""
    physical_id = created(stage, declared)
    assert listed(stage) == [physical_id]


def test_create_taggable(stage: Stage) -> None:
    """Tags that are declared at creation are there; the service keeps an endpoint's tags on its user."""
    tags = {"ResourceARN": stage.user, "Tags": [{"Key": "team", "Value": "chat"}]}
    assert stage.create(tags, ResourceType=TAGS_TYPE)["Status"] == "SUCCESS"
    shown = stage.clients.chime("us-east-1").list_tags_for_resource(ResourceARN=stage.user)["Tags"]
    assert shown == [{"Key": "team", "Value": "chat"}]


def test_update_read(stage: Stage, declared: dict[str, Any]) -> None:
    """What has been updated reads as it is declared now, under the same id."""
    physical_id = created(stage, declared)
    changed = declared | {"Name": "canary tablet", "AllowMessages": "NONE"}
    assert stage.update(physical_id, changed, declared)["PhysicalResourceId"] == physical_id
    assert is_of(read(stage, physical_id), changed)


def test_update_list(stage: Stage, declared: dict[str, Any]) -> None:
    """What has been updated is listed once."""
    physical_id = created(stage, declared)
    stage.update(physical_id, declared | {"AllowMessages": "NONE"}, declared)
    assert listed(stage) == [physical_id]


def test_update_tag_updatable(stage: Stage) -> None:
    """Tags can be changed, added and removed by an Update."""
    old = {"ResourceARN": stage.user, "Tags": [{"Key": "team", "Value": "chat"}, {"Key": "stage", "Value": "test"}]}
    new = {"ResourceARN": stage.user, "Tags": [{"Key": "team", "Value": "push"}, {"Key": "cost", "Value": "7"}]}
    physical_id = stage.create(old, ResourceType=TAGS_TYPE)["PhysicalResourceId"]
    assert stage.update(physical_id, new, old, ResourceType=TAGS_TYPE)["PhysicalResourceId"] == physical_id
    assert stage.backend.tags[stage.user] == {"team": "push", "cost": "7"}


@pytest.mark.parametrize("missing", ["forbidden", "not_found", "bad_request"])
def test_update_without_create(stage: Stage, declared: dict[str, Any], missing: str) -> None:
    """An Update of what was never created registers it, since CloudFormation holds the resource: it was lost."""
    stage.backend.switches.change({"missing_endpoint": missing})
    never = f"{stage.user}/endpoint/never-created"
    answer = stage.update(never, declared | {"AllowMessages": "NONE"}, declared)
    assert answer["Status"] == "SUCCESS"
    assert listed(stage) == [answer["PhysicalResourceId"]] != [never]
    assert is_of(read(stage, answer["PhysicalResourceId"]), declared | {"AllowMessages": "NONE"})


def test_delete_create(stage: Stage, declared: dict[str, Any]) -> None:
    """What has been deleted can be created again, as another endpoint."""
    former = deleted(stage, declared)
    physical_id = created(stage, declared)
    assert physical_id != former
    assert listed(stage) == [physical_id]


def test_delete_update(stage: Stage, declared: dict[str, Any]) -> None:
    """An Update of what was deleted behind CloudFormation's back registers it again, under another id."""
    former = deleted(stage, declared)
    answer = stage.update(former, declared | {"Name": "canary tablet"}, declared)
    assert answer["Status"] == "SUCCESS"
    assert listed(stage) == [answer["PhysicalResourceId"]] != [former]


def test_delete_read(stage: Stage, declared: dict[str, Any]) -> None:
    """What has been deleted cannot be read."""
    physical_id = deleted(stage, declared)
    with pytest.raises(ClientError, match="ForbiddenException"):
        read(stage, physical_id)


def test_delete_list(stage: Stage, declared: dict[str, Any]) -> None:
    """What has been deleted is not listed."""
    deleted(stage, declared)
    assert listed(stage) == []


@pytest.mark.parametrize("missing", ["forbidden", "not_found", "bad_request", "success"])
def test_delete_delete(stage: Stage, declared: dict[str, Any], missing: str) -> None:
    """What has been deleted can be deleted again: a custom resource, unlike a registered type, must succeed then."""
    stage.backend.switches.change({"missing_endpoint": missing})
    physical_id = deleted(stage, declared)
    answer = stage.delete(physical_id, declared)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", physical_id)
    assert stage.registered == []
