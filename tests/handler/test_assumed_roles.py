"""The app instance may be in another account than the function, which then assumes a role there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chime_endpoints_emulator import ChimeSDKIdentityBackend, identity_backend
from chime_endpoints_handler.model.declaration import TAGS_TYPE
from chime_endpoints_handler.model.rules.violations import violations
from support.stage import REGION, Stage

THERE = "444455556666"
ROLE = f"arn:aws:iam::{THERE}:role/Endpoints"
APPLICATION = f"arn:aws:mobiletargeting:{REGION}:{THERE}:apps/0123456789abcdef"


@pytest.fixture
def there(stage: Stage) -> Iterator[ChimeSDKIdentityBackend]:
    """The service in the other account."""
    backend = identity_backend(account_id=THERE, region_name=REGION)
    backend.reset()
    backend.now = stage.clock.now
    yield backend
    backend.reset()


@pytest.fixture
def user(there: ChimeSDKIdentityBackend) -> str:
    """A user of the other account."""
    instance = there.create_app_instance(name="chat")
    return there.create_app_instance_user(app_instance_arn=instance, app_instance_user_id="bob", name="Bob")


@pytest.fixture
def declared(stage: Stage, user: str) -> dict[str, Any]:
    """The properties of an endpoint of that user."""
    stage.roles.trusting[ROLE] = "chat-7"
    return stage.properties(AppInstanceUserArn=user, ResourceArn=APPLICATION, AssumedRoleArn=ROLE, ExternalId="chat-7")


def test_an_endpoint_lives_and_goes_in_the_other_account(
    stage: Stage, there: ChimeSDKIdentityBackend, declared: dict[str, Any]
) -> None:
    """Every call goes there, and the role is assumed once."""
    made = stage.create(declared)
    assert made["Status"] == "SUCCESS"
    assert [each.name for each in there.endpoints.values()] == ["canary phone"]
    renamed = declared | {"Name": "canary renamed"}
    assert stage.update(made["PhysicalResourceId"], renamed, declared)["Status"] == "SUCCESS"
    assert [each.name for each in there.endpoints.values()] == ["canary renamed"]
    assert stage.delete(made["PhysicalResourceId"], renamed)["Status"] == "SUCCESS"
    assert not there.endpoints
    assert not stage.operations
    assert stage.roles.assumed == [ROLE]


def test_without_the_role_nothing_is_registered(
    stage: Stage, there: ChimeSDKIdentityBackend, declared: dict[str, Any]
) -> None:
    """The function's own account has no such user."""
    alone = {name: value for name, value in declared.items() if name not in ("AssumedRoleArn", "ExternalId")}
    assert stage.create(alone)["Status"] == "FAILED"
    assert not there.endpoints


@pytest.mark.parametrize(("after", "times"), [(44 * 60, 1), (46 * 60, 2)])
def test_a_role_is_assumed_again_before_its_credentials_expire(
    stage: Stage, declared: dict[str, Any], after: float, times: int
) -> None:
    """They are valid for an hour, and an event can take fifteen minutes."""
    made = stage.create(declared)
    stage.clock.sleep(after)
    stage.update(made["PhysicalResourceId"], declared | {"Name": "canary renamed"}, declared)
    assert stage.roles.assumed == [ROLE] * times


def test_a_role_that_does_not_trust_the_function_is_reported(
    stage: Stage, there: ChimeSDKIdentityBackend, declared: dict[str, Any]
) -> None:
    """A role that was only just created may need a minute, so that the function tries for as long."""
    began = stage.clock.now()
    answer = stage.create(declared | {"ExternalId": "wrong"})
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith(
        f"CE-301: AssumeRole of role {ROLE} failed: AccessDenied. The function's role needs"
    )
    assert stage.clock.now() - began > 30
    assert not there.endpoints


def test_a_role_that_begins_to_trust_the_function_is_assumed(
    stage: Stage, there: ChimeSDKIdentityBackend, declared: dict[str, Any]
) -> None:
    """IAM takes seconds to apply a new trust policy."""
    stage.roles.refusals = 3
    assert stage.create(declared)["Status"] == "SUCCESS"
    assert len(there.endpoints) == 1


def test_a_delete_fails_if_the_role_is_gone(
    stage: Stage, there: ChimeSDKIdentityBackend, declared: dict[str, Any]
) -> None:
    """The endpoint is still registered, and nobody has asked."""
    made = stage.create(declared)
    stage.clock.sleep(3600)
    del stage.roles.trusting[ROLE]
    answer = stage.delete(made["PhysicalResourceId"], declared)
    assert (answer["Status"], answer["Reason"][:6]) == ("FAILED", "CE-301")
    assert len(there.endpoints) == 1


def test_an_endpoint_moves_from_one_account_to_another(
    stage: Stage, there: ChimeSDKIdentityBackend, declared: dict[str, Any]
) -> None:
    """Each call goes to its user's account: the new properties name a role there, the old ones none."""
    first = stage.create()
    moved = stage.update(first["PhysicalResourceId"], declared, stage.properties())
    assert moved["Status"] == "SUCCESS"
    assert [each.name for each in there.endpoints.values()] == ["canary phone"]
    assert stage.delete(first["PhysicalResourceId"], stage.properties())["Status"] == "SUCCESS"
    assert not stage.registered


@pytest.mark.parametrize("is_lost", [True, False])
def test_an_endpoint_moves_back(
    stage: Stage, there: ChimeSDKIdentityBackend, declared: dict[str, Any], *, is_lost: bool
) -> None:
    """The function looks for its endpoints at the former user as well, unless it may no longer assume the role."""
    first = stage.create(declared)
    if is_lost:
        stage.clock.sleep(3600)
        del stage.roles.trusting[ROLE]
    moved = stage.update(first["PhysicalResourceId"], stage.properties(), declared)
    assert moved["Status"] == "SUCCESS"
    assert [each.name for each in stage.registered] == ["canary phone"]
    assert len(there.endpoints) == 1


def test_tags_are_set_and_removed_in_the_other_account(stage: Stage, there: ChimeSDKIdentityBackend, user: str) -> None:
    """The same properties name the role."""
    stage.roles.trusting[ROLE] = None
    properties = {"ResourceARN": user, "Tags": [{"Key": "team", "Value": "chat"}], "AssumedRoleArn": ROLE}
    made = stage.create(properties, ResourceType=TAGS_TYPE)
    assert made["Status"] == "SUCCESS"
    assert there.list_tags_for_resource(resource_arn=user) == {"team": "chat"}
    stage.delete(made["PhysicalResourceId"], properties, ResourceType=TAGS_TYPE)
    assert there.list_tags_for_resource(resource_arn=user) == {}


def test_a_change_of_the_role_alone_is_no_change_of_the_endpoint(stage: Stage, declared: dict[str, Any]) -> None:
    """The next call uses the new role."""
    made = stage.create(declared)
    other = declared | {"AssumedRoleArn": f"{ROLE}2"}
    answer = stage.update(made["PhysicalResourceId"], other, declared)
    assert answer["PhysicalResourceId"] == made["PhysicalResourceId"]
    assert stage.roles.assumed == [ROLE]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"AssumedRoleArn": "arn:aws:iam::111122223333:role/Endpoints"}, "CE-110"),
        ({"AssumedRoleArn": f"arn:aws-cn:iam::{THERE}:role/Endpoints"}, "CE-110"),
        ({"AssumedRoleArn": None}, "CE-109"),
        ({"AssumedRoleArn": "Endpoints"}, "CE-105"),
        ({"ExternalId": "chat 7"}, "CE-105"),
        ({"ExternalId": "7"}, "CE-106"),
    ],
)
@pytest.mark.parametrize("is_tags", [True, False])
def test_a_wrong_role_is_refused(
    declared: dict[str, Any], changes: dict[str, Any], code: str, *, is_tags: bool
) -> None:
    """It must be in the account of the app instance: Chime knows no policies of its own resources."""
    properties = {name: value for name, value in (declared | changes).items() if value is not None}
    kind = "Custom::ChimeAppInstanceUserEndpoint"
    if is_tags:
        kind, user = TAGS_TYPE, properties["AppInstanceUserArn"]
        role = {name: value for name, value in properties.items() if name in ("AssumedRoleArn", "ExternalId")}
        properties = {"ResourceARN": user, "Tags": [], **role}
    assert [each.code for each in violations(kind, properties)] == [code]


def test_properties_that_name_no_role_are_understood(stage: Stage, declared: dict[str, Any]) -> None:
    """The Delete that follows a refused Create has the same wrong properties."""
    refused = stage.create(declared | {"ExternalId": ["chat-7"]})
    assert refused["Status"] == "FAILED"
    assert stage.delete(refused["PhysicalResourceId"], declared | {"ExternalId": ["chat-7"]})["Status"] == "SUCCESS"
