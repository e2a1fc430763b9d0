"""The setup and checks of the tests for anomalies."""

from __future__ import annotations

from typing import Any

import pytest

from chime_endpoints_emulator import Fault
from chime_endpoints_handler.index import AnswerNotAcceptedError
from chime_endpoints_handler.model.physical_id import suffix
from support.stage import STACK_ID, Stage

REGISTER = "RegisterAppInstanceUserEndpoint"
UPDATE = "UpdateAppInstanceUserEndpoint"
DESCRIBE = "DescribeAppInstanceUserEndpoint"
LIST = "ListAppInstanceUserEndpoints"
DEREGISTER = "DeregisterAppInstanceUserEndpoint"
MARKED = f"chat-Phone-{suffix(STACK_ID, 'Phone')}"
"""The name by which this resource recognises its own."""
ROTATED = {"EndpointAttributes": {"DeviceToken": "canary-token-b"}}
"""The change of a declaration that replaces the endpoint."""


def stands(stage: Stage, status: str, physical_id: str = "", *, ago: float | None = 0) -> None:
    """Set the resource's status in CloudFormation, and its time unless it is None; "" means no status."""
    stage.stack.refusal = None if status else "Resource Phone does not exist for stack chat"
    stage.stack.detail = {
        "ResourceStatus": status,
        "PhysicalResourceId": physical_id,
        "LastUpdatedTimestamp": None if ago is None else stage.clock.now() - ago,
    }


def rotation(
    stage: Stage, first: dict[str, Any], *, name: str | None = "canary phone", **changes: Any
) -> dict[str, Any]:
    """An Update of a created endpoint to another device token, with other changes."""
    return stage.event(
        "Update",
        stage.properties(Name=name, **ROTATED, **changes),
        PhysicalResourceId=first["PhysicalResourceId"],
        OldResourceProperties=stage.properties(Name=name),
    )


def unanswered_create(stage: Stage, properties: object = None) -> None:
    """A Create that registers its endpoint and whose answer is lost."""
    stage.stack.happens("CREATE_IN_PROGRESS", "")
    unanswered(stage, stage.event("Create", properties or stage.properties()))


def unanswered(stage: Stage, event: dict[str, Any]) -> None:
    """Deliver an event whose answer is never accepted."""
    stage.sink.refuses = True
    with pytest.raises(AnswerNotAcceptedError):
        stage.run(event)
    stage.sink.refuses = False


def unheard(stage: Stage, event: dict[str, Any], *faults: Fault) -> None:
    """Deliver an event with faults whose answer is never accepted; then wait a minute, as Lambda does."""
    stage.backend.faults[:] = faults
    unanswered(stage, event)
    stage.backend.faults.clear()
    stage.clock.sleep(60)


def second_user(stage: Stage) -> str:
    """Another user of the same app instance."""
    instance = stage.user.split("/user/")[0]
    return stage.backend.create_app_instance_user(app_instance_arn=instance, app_instance_user_id="bob", name="Bob")


def vanish(stage: Stage, token: str) -> None:
    """Deregister the endpoint with a device token outside CloudFormation."""
    for endpoint in stage.registered:
        if endpoint.device_token == token:
            del stage.backend.endpoints[endpoint.endpoint_id]


def tokens(stage: Stage) -> set[str]:
    """The registered device tokens; none is registered twice."""
    found = [endpoint.device_token for endpoint in stage.registered]
    assert len(found) == len(set(found))
    return set(found)


def ids(stage: Stage) -> set[str]:
    """The physical IDs of the registered endpoints."""
    return {f"{each.app_instance_user_arn}/endpoint/{each.endpoint_id}" for each in stage.registered}
