"""The whole life of a declaration: a failed first deployment, create, update, a failed update, destroy.

Each stage is a fixture that continues where the previous one ended, so every test can run by itself.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.account.stacks.holders import stack_endpoints_in
from support.deployment import APPLICATION, Deployed, Stage

pytestmark = pytest.mark.e2e

TOKENS = {name: f"{name}-{'0123456789abcdef' * 4}" for name in ("phone", "tablet", "other", "first", "second")}


@pytest.fixture(scope="module")
def secret(stage: Stage) -> str:
    """The ARN of a secret with three tokens."""
    content = json.dumps({name: TOKENS[name] for name in ("phone", "tablet", "other")})
    return str(stage.clients.secretsmanager.create_secret(Name="push/tokens", SecretString=content)["ARN"])


@pytest.fixture(scope="module")
def parameter(stage: Stage) -> str:
    """The name of a parameter with two versions of a token."""
    for version in ("first", "second"):
        stage.clients.ssm.put_parameter(
            Name="/push/bob", Value=TOKENS[version], Type="SecureString", Overwrite=version == "second"
        )
    return "/push/bob"


@pytest.fixture(scope="module")
def entries(stage: Stage, secret: str, parameter: str) -> dict[str, dict[str, Any]]:
    """Three endpoints of two users, and one of a user in another app instance."""
    return {
        "alice-phone": {
            "user": stage.user("alice"),
            "type": "APNS",
            "device_token": {"secret": secret, "field": "phone"},
            "name": "Phone",
            "tags": {"team": "chat"},
        },
        "bob-phone": {
            "user": stage.user("bob"),
            "type": "APNS",
            "device_token": {"parameter": parameter, "version": 1},
            "name": "Bob's phone",
        },
        "bob-tablet": {
            "user": stage.user("bob"),
            "type": "GCM",
            "device_token": {"secret": secret, "field": "tablet"},
        },
        "carol-phone": {
            "user": stage.other_user,
            "type": "GCM",
            "device_token": {"secret": secret, "field": "other"},
        },
    }


@pytest.fixture(scope="module")
def failed_at_first(stage: Stage, entries: dict[str, dict[str, Any]], secret: str) -> Deployed:
    """The first deployment, with one endpoint whose secret does not exist."""
    missing = {"secret": secret.replace("push/tokens", "push/missing"), "field": "phone"}
    return stage.deploy({**entries, "bob-tablet": {**entries["bob-tablet"], "device_token": missing}})


@pytest.fixture(scope="module")
def created(stage: Stage, entries: dict[str, dict[str, Any]], failed_at_first: Deployed) -> Deployed:
    """The next deployment, with everything in place."""
    assert not failed_at_first.succeeded
    return stage.deploy(entries)


@pytest.fixture(scope="module")
def updated_entries(entries: dict[str, dict[str, Any]], parameter: str) -> dict[str, dict[str, Any]]:
    """A name, messages, tags and a token change.

    Two endpoints are removed, one of them the last of its app instance.
    """
    phone = {**entries["alice-phone"], "name": "New name", "allow_messages": "NONE", "tags": {"plan": "free"}}
    bob = {**entries["bob-phone"], "device_token": {"parameter": parameter, "version": 2}}
    return {"alice-phone": phone, "bob-phone": bob}


@pytest.fixture(scope="module")
def updated(stage: Stage, updated_entries: dict[str, dict[str, Any]], created: Deployed) -> Deployed:
    """The changed declaration."""
    assert created.succeeded, created.output
    return stage.deploy(updated_entries)


@pytest.fixture(scope="module")
def failed_update(stage: Stage, entries: dict[str, dict[str, Any]], updated: Deployed) -> Deployed:
    """An update in which everything changes again, and one endpoint belongs to a user who does not exist."""
    assert updated.succeeded, updated.output
    return stage.deploy({**entries, "bob-tablet": {**entries["bob-tablet"], "user": stage.user("nobody")}})


@pytest.fixture(scope="module")
def moved_to_nobody(stage: Stage, updated_entries: dict[str, dict[str, Any]], failed_update: Deployed) -> Deployed:
    """An update that moves a registered endpoint to a user who does not exist."""
    assert not failed_update.succeeded
    moved = {**updated_entries["bob-phone"], "user": stage.user("nobody")}
    return stage.deploy({**updated_entries, "bob-phone": moved})


@pytest.fixture(scope="module")
def failed_for_its_source(
    stage: Stage, updated_entries: dict[str, dict[str, Any]], secret: str, moved_to_nobody: Deployed
) -> Deployed:
    """An update of an endpoint whose declared source no longer has the device token."""
    assert not moved_to_nobody.succeeded
    stage.clients.secretsmanager.put_secret_value(SecretId=secret, SecretString=json.dumps({"tablet": "-"}))
    return stage.deploy({**updated_entries, "alice-phone": {**updated_entries["alice-phone"], "name": "Newer name"}})


@pytest.fixture(scope="module")
def destroyed(stage: Stage, failed_for_its_source: Deployed) -> Deployed:
    """The stack after `cdk destroy`."""
    assert not failed_for_its_source.succeeded
    return stage.destroy()


def test_a_first_deploy_that_fails_leaves_nothing_behind(failed_at_first: Deployed) -> None:
    """Endpoints and tags that were registered before the failure are removed."""
    assert not failed_at_first.succeeded
    assert failed_at_first.stack_status in (None, "ROLLBACK_COMPLETE")
    assert not failed_at_first.endpoints
    assert not failed_at_first.tags


def test_a_missing_secret_is_reported_on_the_terminal(failed_at_first: Deployed, secret: str) -> None:
    """The message names the entry, the operation, the secret and the remedy."""
    missing = secret.replace("push/tokens", "push/missing")
    assert "Endpoints/bob-tablet" in failed_at_first.output
    assert (
        f"CE-201: GetSecretValue of secret {missing} for DeviceTokenSource failed: ResourceNotFoundException. The"
        " secret, or its declared version, does not exist. Create it, or correct its name, region, account or version"
        " in the declaration."
    ) in failed_at_first.output
    assert "Traceback" not in failed_at_first.output


def test_a_mistake_in_the_file_is_reported_on_the_terminal(stage: Stage, entries: dict[str, dict[str, Any]]) -> None:
    """It has its place, field and code, and nothing is deployed."""
    told = stage.deploy({**entries, "bob-tablet": {**entries["bob-tablet"], "type": "FCM"}})
    assert not told.succeeded
    assert re.search(
        r"endpoints\.json:\d+:\d+: bob-tablet: type: .*APNS, APNS_SANDBOX, GCM; did you mean GCM\? \[CE-103\]",
        told.output,
    )
    assert "Traceback" not in told.output


def test_the_plan_said_before_each_deployment_what_it_does(
    failed_at_first: Deployed,
    created: Deployed,
    updated: Deployed,
    failed_update: Deployed,
    moved_to_nobody: Deployed,
    failed_for_its_source: Deployed,
) -> None:
    """From the file, without CDK, and with the codes of the failures; the other tests see that it was right."""
    new = dict.fromkeys(["alice-phone", "bob-phone", "bob-tablet", "carol-phone", "tags on user/alice"], ("create", ""))
    assert failed_at_first.planned == new | {"bob-tablet": ("create", "CE-201")}
    assert created.planned == new
    assert updated.planned == {
        "alice-phone": ("update", ""),
        "bob-phone": ("replace", ""),
        "bob-tablet": ("delete", ""),
        "carol-phone": ("delete", ""),
        "tags on user/alice": ("update", ""),
    }
    assert failed_update.planned == {
        "alice-phone": ("update", ""),
        "bob-phone": ("replace", ""),
        "bob-tablet": ("create", "CE-302"),
        "carol-phone": ("create", ""),
        "tags on user/alice": ("update", ""),
    }
    assert moved_to_nobody.planned["bob-phone"] == ("replace", "CE-302")
    assert failed_for_its_source.planned["alice-phone"] == ("update", "CE-204")


def test_after_a_deployment_there_is_nothing_to_deploy(created: Deployed, updated: Deployed) -> None:
    """The plan reads the synthesized app, with the properties that only CDK knows."""
    for deployed, count in ((created, 5), (updated, 3)):
        assert list(deployed.planned_afterwards.values()) == [("unchanged", "")] * count


def test_what_is_declared_is_registered(stage: Stage, created: Deployed) -> None:
    """Each endpoint has its declared values and the token from its source."""
    assert created.succeeded, created.output
    assert set(created.endpoints) == {TOKENS[name] for name in ("phone", "first", "tablet", "other")}
    phone = created.endpoints[TOKENS["phone"]]
    assert (phone["name"], phone["allow_messages"], phone["type"]) == ("Phone", "ALL", "APNS")
    assert phone["app_instance_user_arn"] == stage.user("alice")


def test_an_endpoints_tags_are_on_its_user(stage: Stage, created: Deployed) -> None:
    """They are on no other user."""
    assert created.tags == {stage.user("alice"): {"team": "chat"}}


def test_an_endpoint_without_a_name_is_named_after_its_stack(created: Deployed) -> None:
    """CloudFormation names other resources in the same way."""
    assert created.endpoints[TOKENS["tablet"]]["name"].startswith("ChimeEndpoints-")


def test_name_messages_and_tags_change_in_place(stage: Stage, created: Deployed, updated: Deployed) -> None:
    """The endpoint keeps its ID."""
    before, after = created.endpoints[TOKENS["phone"]], updated.endpoints[TOKENS["phone"]]
    assert before["endpoint_id"] == after["endpoint_id"]
    assert (after["name"], after["allow_messages"]) == ("New name", "NONE")
    assert updated.tags == {stage.user("alice"): {"plan": "free"}}


def test_another_token_replaces_the_endpoint(created: Deployed, updated: Deployed) -> None:
    """The old endpoint is deregistered, and the new one has another ID."""
    assert TOKENS["first"] not in updated.endpoints
    assert updated.endpoints[TOKENS["second"]]["endpoint_id"] != created.endpoints[TOKENS["first"]]["endpoint_id"]


def test_what_is_no_longer_declared_is_deregistered(updated: Deployed) -> None:
    """Nothing else is removed."""
    assert set(updated.endpoints) == {TOKENS["phone"], TOKENS["second"]}


def test_the_last_endpoint_of_an_app_instance_is_deleted_with_its_permission(
    stage: Stage, created: Deployed, updated: Deployed
) -> None:
    """F64: One deployment removes both."""
    users = stage.other_user.replace("/carol", "/*")
    assert users in created.allowed
    assert updated.stack_status == "UPDATE_COMPLETE"
    assert TOKENS["other"] not in updated.endpoints
    assert users not in updated.allowed


def test_an_update_that_fails_is_rolled_back(updated: Deployed, failed_update: Deployed) -> None:
    """Every endpoint from before the update is registered once, and the stack can be updated again."""
    assert not failed_update.succeeded
    assert failed_update.stack_status == "UPDATE_ROLLBACK_COMPLETE"
    assert _declared(failed_update) == _declared(updated)
    assert failed_update.tags == updated.tags


def test_a_missing_user_is_reported_on_the_terminal(failed_update: Deployed) -> None:
    """The message names the entry, the operation and what to check."""
    assert "Endpoints/bob-tablet" in failed_update.output
    assert (
        f"CE-302: RegisterAppInstanceUserEndpoint with application {APPLICATION} failed: ForbiddenException. Check that"
        " the AppInstanceUser exists and that the function's role allows"
    ) in failed_update.output
    assert "Traceback" not in failed_update.output


def test_an_endpoint_that_cannot_move_stays_where_it_was(updated: Deployed, moved_to_nobody: Deployed) -> None:
    """The rollback of an update to a missing user ends with the old endpoint, and does not fail."""
    assert not moved_to_nobody.succeeded
    assert moved_to_nobody.stack_status == "UPDATE_ROLLBACK_COMPLETE"
    assert _declared(moved_to_nobody) == _declared(updated)


def test_an_update_that_finds_no_token_is_rolled_back(updated: Deployed, failed_for_its_source: Deployed) -> None:
    """F23, F59: The rollback needs no token. It ends with the old endpoint, and does not fail."""
    assert not failed_for_its_source.succeeded
    assert "CE-204: DeviceTokenSource" in failed_for_its_source.output
    assert failed_for_its_source.stack_status == "UPDATE_ROLLBACK_COMPLETE"
    assert _declared(failed_for_its_source) == _declared(updated)
    there = updated.endpoints[TOKENS["phone"]]["endpoint_id"]
    assert f"The rollback returns to endpoint {there}" in failed_for_its_source.logged


def test_destroying_the_stack_leaves_nothing(stage: Stage, destroyed: Deployed) -> None:
    """No endpoint, tag or stack is left."""
    assert destroyed.succeeded, destroyed.output
    assert not destroyed.endpoints
    assert not destroyed.tags
    assert destroyed.stack_status is None
    assert not stack_endpoints_in(Services(local=stage.cloud.addresses), [None]).by_physical_id


def test_a_token_is_in_no_file_and_in_no_log(stage: Stage, failed_update: Deployed, destroyed: Deployed) -> None:
    """This includes the templates, the output of cdk and the function's log."""
    assert destroyed.succeeded
    assert "failed" in failed_update.logged
    written = [path.read_bytes() for path in stage.cloud.directory.rglob("*") if path.is_file()]
    for token in TOKENS.values():
        assert not [content for content in written if token.encode() in content]
        assert token not in failed_update.logged


def _declared(deployed: Deployed) -> dict[str, tuple[str, ...]]:
    """The declared values of each endpoint, without those that the service adds."""
    members = ("app_instance_user_arn", "type", "resource_arn", "name", "allow_messages")
    return {token: tuple(endpoint[member] for member in members) for token, endpoint in deployed.endpoints.items()}
