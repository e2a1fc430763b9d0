"""`cdk destroy` succeeds for a stack whose users were deleted in the console."""

from __future__ import annotations

from typing import Any

import pytest

from support.deployment import Stage

pytestmark = pytest.mark.e2e


def test_a_stack_is_destroyed_after_its_users(stage: Stage) -> None:
    """F33: A user and another one's app instance were deleted, and their endpoints and tags with them."""
    gone = _phone(stage, "gone")
    orphaned = _phone(stage, "orphaned")
    deployed = stage.deploy({"gone": gone, "orphaned": orphaned})
    assert deployed.succeeded, deployed.output
    stage.clients.chime.delete_app_instance_user(AppInstanceUserArn=gone["user"])
    stage.clients.chime.delete_app_instance(AppInstanceArn=orphaned["user"].partition("/user/")[0])
    destroyed = stage.destroy()
    assert destroyed.succeeded, destroyed.output
    assert destroyed.stack_status in (None, "DELETE_COMPLETE")
    assert not destroyed.endpoints


def _phone(stage: Stage, name: str) -> dict[str, Any]:
    """An entry for a new user of a new app instance."""
    instance = stage.clients.chime.create_app_instance(Name=name, ClientRequestToken=name)
    user = stage.clients.chime.create_app_instance_user(
        AppInstanceArn=instance["AppInstanceArn"], AppInstanceUserId=name, Name=name, ClientRequestToken=name
    )
    secret = stage.clients.secretsmanager.create_secret(Name=f"push/{name}", SecretString=f"{name}-0123456789abcdef")
    return {
        "user": user["AppInstanceUserArn"],
        "type": "APNS",
        "device_token": {"secret": secret["ARN"]},
        "tags": {"team": "chat"},
    }
