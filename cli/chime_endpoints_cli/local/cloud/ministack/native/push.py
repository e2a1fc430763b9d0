"""AWS::Pinpoint::App and the types of its channels for pushes."""

from __future__ import annotations

import json
from typing import Any

from chime_endpoints_cli.local.cloud.ministack.resource_types import Attributes, Properties, ResourceType

from .service import PUSH, already_deleted_is_success, client, tag_changes

CHANNELS = {
    "APNSChannel": "apns",
    "APNSSandboxChannel": "apns_sandbox",
    "APNSVoipChannel": "apns_voip",
    "APNSVoipSandboxChannel": "apns_voip_sandbox",
    "GCMChannel": "gcm",
}
"""The types of channels with the names that operations have for them."""


def _create_app(_logical_id: str, props: Properties, _stack: str) -> tuple[str, Attributes]:
    request = {"Name": props["Name"], "tags": _tags(props)}
    made = client(PUSH).create_app(CreateApplicationRequest=request)["ApplicationResponse"]
    return made["Id"], {"Id": made["Id"], "Arn": made["Arn"]}


def _update_app(
    physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str
) -> tuple[str, Attributes]:
    if old["Name"] != new["Name"]:
        return _create_app(logical_id, new, stack)
    push = client(PUSH)
    arn = push.get_app(ApplicationId=physical_id)["ApplicationResponse"]["Arn"]
    declared, removed = tag_changes(_tags(old), _tags(new))
    if removed:
        push.untag_resource(ResourceArn=arn, TagKeys=removed)
    if declared:
        push.tag_resource(ResourceArn=arn, TagsModel={"tags": declared})
    return physical_id, {"Id": physical_id, "Arn": arn}


def _delete_app(physical_id: str, _props: Properties) -> None:
    with already_deleted_is_success():
        client(PUSH).delete_app(ApplicationId=physical_id)


def _tags(props: Properties) -> dict[str, str]:
    """Return the tags, which a template can contain as JSON in a string."""
    tags = props.get("Tags") or {}
    return dict(json.loads(tags) if isinstance(tags, str) else tags)


def _put_channel(cfn_type: str, props: Properties) -> tuple[str, Attributes]:
    """Create or change a channel. An application has one of each type, and the `Ref` is the application's id."""
    settings: dict[str, Any] = {name: value for name, value in props.items() if name != "ApplicationId"}
    if "Enabled" in settings:
        settings["Enabled"] = str(settings["Enabled"]).lower() == "true"
    application_id, word = props["ApplicationId"], CHANNELS[cfn_type]
    update = getattr(client(PUSH), f"update_{word}_channel")
    update(ApplicationId=application_id, **{f"{cfn_type}Request": settings})
    return application_id, {"Id": word}


def _channel_type(cfn_type: str) -> ResourceType:
    def delete(physical_id: str, _props: Properties) -> None:
        with already_deleted_is_success():
            getattr(client(PUSH), f"delete_{CHANNELS[cfn_type]}_channel")(ApplicationId=physical_id)

    return ResourceType(
        create=lambda _logical_id, props, _stack: _put_channel(cfn_type, props),
        update=lambda _physical_id, _old, new, _stack, _logical_id: _put_channel(cfn_type, new),
        delete=delete,
    )


TYPES = {
    "AWS::Pinpoint::App": ResourceType(create=_create_app, update=_update_app, delete=_delete_app),
    **{f"AWS::Pinpoint::{name}": _channel_type(name) for name in CHANNELS},
}
