"""`cdk destroy` succeeds for a stack whose app instance was deleted in the console."""

from __future__ import annotations

import pytest

from support.deployment import Stage

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("how", ["user", "app-instance"])
def test_a_stack_is_destroyed_after_its_users(stage: Stage, how: str) -> None:
    """F33: Its endpoints and tags were deleted with them."""
    chime = stage.clients.chime
    instance = chime.create_app_instance(Name="doomed", ClientRequestToken=how)["AppInstanceArn"]
    created = chime.create_app_instance_user(
        AppInstanceArn=instance, AppInstanceUserId="dave", Name="dave", ClientRequestToken=f"dave-{how}"
    )
    user = created["AppInstanceUserArn"]
    secret = stage.clients.secretsmanager.create_secret(Name=f"push/doomed-{how}", SecretString="0123456789abcdef")
    phone = {"user": user, "type": "APNS", "device_token": {"secret": secret["ARN"]}, "tags": {"team": "chat"}}
    deployed = stage.deploy({"doomed": phone})
    assert deployed.succeeded, deployed.output
    if how == "user":
        chime.delete_app_instance_user(AppInstanceUserArn=user)
    else:
        chime.delete_app_instance(AppInstanceArn=instance)
    destroyed = stage.destroy()
    assert destroyed.succeeded, destroyed.output
    assert destroyed.stack_status in (None, "DELETE_COMPLETE")
    assert not destroyed.endpoints
