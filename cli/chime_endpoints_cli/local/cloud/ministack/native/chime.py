"""AWS::Chime::AppInstance and AWS::Chime::AppInstanceUser."""

from __future__ import annotations

from typing import Any

from chime_endpoints_cli.local.cloud.ministack.resource_types import Attributes, Properties, ResourceType

from .service import CHIME, already_deleted_is_success, client, present, tag_changes


def _create_instance(_logical_id: str, props: Properties, _stack: str) -> tuple[str, Attributes]:
    request = present(Name=props["Name"], Metadata=props.get("Metadata"), Tags=props.get("Tags") or None)
    arn = client(CHIME).create_app_instance(**request)["AppInstanceArn"]
    return arn, _instance_attributes(arn)


def _update_instance(
    arn: str, old: Properties, new: Properties, _stack: str, _logical_id: str
) -> tuple[str, Attributes]:
    client(CHIME).update_app_instance(AppInstanceArn=arn, Name=new["Name"], Metadata=new.get("Metadata", ""))
    _update_tags(arn, old, new)
    return arn, _instance_attributes(arn)


def _delete_instance(arn: str, _props: Properties) -> None:
    with already_deleted_is_success():
        client(CHIME).delete_app_instance(AppInstanceArn=arn)


def _instance_attributes(arn: str) -> Attributes:
    described = client(CHIME).describe_app_instance(AppInstanceArn=arn)["AppInstance"]
    times = {name: described[name].isoformat() for name in ("CreatedTimestamp", "LastUpdatedTimestamp")}
    return {"AppInstanceArn": arn, **times}


def _create_user(_logical_id: str, props: Properties, _stack: str) -> tuple[str, Attributes]:
    request = present(
        AppInstanceArn=props["AppInstanceArn"],
        AppInstanceUserId=props["AppInstanceUserId"],
        Name=props.get("Name"),
        Metadata=props.get("Metadata"),
        Tags=props.get("Tags") or None,
        ExpirationSettings=_expiration(props),
    )
    arn = client(CHIME).create_app_instance_user(**request)["AppInstanceUserArn"]
    return arn, {"AppInstanceUserArn": arn}


def _update_user(arn: str, old: Properties, new: Properties, stack: str, logical_id: str) -> tuple[str, Attributes]:
    if any(old.get(name) != new.get(name) for name in ("AppInstanceArn", "AppInstanceUserId")):
        return _create_user(logical_id, new, stack)
    chime = client(CHIME)
    chime.update_app_instance_user(AppInstanceUserArn=arn, Name=new["Name"], Metadata=new.get("Metadata", ""))
    if _expiration(old) != _expiration(new):
        settings = present(ExpirationSettings=_expiration(new))
        chime.put_app_instance_user_expiration_settings(AppInstanceUserArn=arn, **settings)
    _update_tags(arn, old, new)
    return arn, {"AppInstanceUserArn": arn}


def _delete_user(arn: str, _props: Properties) -> None:
    with already_deleted_is_success():
        client(CHIME).delete_app_instance_user(AppInstanceUserArn=arn)


def _expiration(props: Properties) -> dict[str, Any] | None:
    """Return the settings with a number, which a template can contain as a string."""
    settings = props.get("ExpirationSettings")
    return {**settings, "ExpirationDays": int(settings["ExpirationDays"])} if settings else None


def _update_tags(arn: str, old: Properties, new: Properties) -> None:
    declared, removed = tag_changes(_tags(old), _tags(new))
    if removed:
        client(CHIME).untag_resource(ResourceARN=arn, TagKeys=removed)
    if declared:
        tags = [{"Key": key, "Value": value} for key, value in declared.items()]
        client(CHIME).tag_resource(ResourceARN=arn, Tags=tags)


def _tags(props: Properties) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in props.get("Tags") or []}


TYPES = {
    "AWS::Chime::AppInstance": ResourceType(create=_create_instance, update=_update_instance, delete=_delete_instance),
    "AWS::Chime::AppInstanceUser": ResourceType(create=_create_user, update=_update_user, delete=_delete_user),
}
