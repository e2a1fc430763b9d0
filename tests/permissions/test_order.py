"""A permission exists before and after everything that needs it, in any order that CloudFormation may choose."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from chime_endpoints import AppInstanceUserEndpoint, DeviceToken
from permissions.cloudformation import CloudFormation, FailedError
from permissions.policies import Permission, permits
from permissions.stacks import PARAMETER, SECOND, SECRET, alice, carol, chat, without_dependencies

Endpoints = tuple[Callable[[Construct], AppInstanceUserEndpoint], ...]

moved = partial(alice, app_instance_user=f"{SECOND}/user/alice")
tagged = partial(alice, tags={"team": "chat"})
tagged_carol = partial(carol, tags={"team": "chat"})


def with_secret(scope: Construct) -> AppInstanceUserEndpoint:
    """Alice's token in a secret."""
    secret = secretsmanager.Secret.from_secret_name_v2(scope, "Secret", SECRET)
    return alice(scope, device_token=DeviceToken.from_secrets_manager(secret, "bob"))


def with_parameter(scope: Construct) -> AppInstanceUserEndpoint:
    """Alice's token in a parameter."""
    parameter = ssm.StringParameter.from_secure_string_parameter_attributes(
        scope, "Parameter", parameter_name=PARAMETER
    )
    return alice(scope, device_token=DeviceToken.from_ssm_parameter(parameter))


CHANGES: dict[str, tuple[Endpoints, Endpoints]] = {
    "an app instance is removed": ((alice, carol), (alice,)),
    "an app instance is added": ((alice,), (alice, carol)),
    "another app instance takes its place": ((alice,), (carol,)),
    "a user moves to another app instance": ((tagged,), (moved,)),
    "the last tag is removed": ((tagged,), (alice,)),
    "the tags of one user are removed": ((tagged, tagged_carol), (alice, tagged_carol)),
    "a tagged user is removed": ((tagged, tagged_carol), (tagged_carol,)),
    "a token moves to another source": ((with_secret,), (with_parameter,)),
    "an endpoint is removed with its secret": ((with_secret, carol), (carol,)),
}


@pytest.mark.parametrize("fails", [False, True], ids=["", "and rolled back"])
@pytest.mark.parametrize("change", CHANGES)
def test_every_event_of_a_change_is_allowed_what_it_needs(cloud: CloudFormation, change: str, *, fails: bool) -> None:
    """One deployment changes the endpoint and the permission. What is no longer declared is still deleted."""
    before, after = CHANGES[change]
    templates = chat(*before), chat(*after)
    cloud.deploy("Chat", templates[0])
    tags = cloud.tags
    endpoints = {each.endpoint_id for each in cloud.stage.registered}
    cloud.deploy("Chat", templates[1], fails=fails)
    assert cloud.guard.refused == []
    if fails:
        assert {each.endpoint_id for each in cloud.stage.registered} == endpoints
        assert cloud.tags == tags
    else:
        assert len(cloud.stage.registered) == len(after)
    cloud.delete("Chat")
    assert cloud.guard.refused == []
    assert cloud.stage.registered == []
    assert cloud.tags == {}


def test_a_permission_is_deleted_with_the_last_endpoint_that_needs_it(cloud: CloudFormation) -> None:
    """The deployment that removes the last endpoint of an app instance also removes its permission."""
    needed = Permission("chime:RegisterAppInstanceUserEndpoint", f"{SECOND}/user/carol")
    cloud.deploy("Chat", chat(alice, carol))
    assert permits(cloud.documents(), needed)
    cloud.deploy("Chat", chat(alice))
    assert not permits(cloud.documents(), needed)


@pytest.mark.parametrize("endpoint", [alice, tagged, with_secret])
def test_without_its_dependencies_a_resource_would_be_made_too_early(
    cloud: CloudFormation, endpoint: Callable[[Construct], AppInstanceUserEndpoint]
) -> None:
    """The deployment order of these tests reveals this."""
    with pytest.raises(FailedError):
        cloud.deploy("Chat", without_dependencies(chat(endpoint)))


@pytest.mark.parametrize(("before", "after"), [((alice, carol), (alice,)), ((tagged,), (alice,))])
def test_without_its_dependencies_a_resource_would_be_removed_too_late(
    cloud: CloudFormation, before: Endpoints, after: Endpoints
) -> None:
    """Its permission would already be deleted."""
    cloud.deploy("Chat", chat(*before))
    cloud.deploy("Chat", without_dependencies(chat(*before)))
    with pytest.raises(FailedError):
        cloud.deploy("Chat", chat(*after))
