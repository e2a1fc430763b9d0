"""The service's records in the form of its API."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .exceptions import BadRequestException
from .records import AppInstance, AppInstanceUser, Endpoint, Registered

Json = dict[str, Any]
Clock = Callable[[float], float]


def present(**members: object) -> Json:
    """The members that are not None."""
    return {name: value for name, value in members.items() if value is not None}


def timestamp(at: float, *, form: str) -> float:
    """A time as botocore reads it, or as the documentation says it."""
    return int(at * 1000) if form == "milliseconds" else round(at, 3)


def registered(value: Registered) -> Json:
    """The answer to Register and Update."""
    return {"AppInstanceUserArn": value.app_instance_user_arn, "EndpointId": value.endpoint_id}


def endpoint_summary(value: Endpoint) -> Json:
    """An endpoint in a List: neither its device tokens nor its application."""
    return present(
        AppInstanceUserArn=value.app_instance_user_arn,
        EndpointId=value.endpoint_id,
        Name=value.name,
        Type=value.type,
        AllowMessages=value.allow_messages,
        EndpointState=present(Status=value.status, StatusReason=value.status_reason),
    )


def endpoint(value: Endpoint, clock: Clock) -> Json:
    """An endpoint as Describe answers it, device tokens in clear."""
    return endpoint_summary(value) | {
        "ResourceArn": value.resource_arn,
        "EndpointAttributes": present(DeviceToken=value.device_token, VoipDeviceToken=value.voip_device_token),
        "CreatedTimestamp": clock(value.created),
        "LastUpdatedTimestamp": clock(value.updated),
    }


def app_instance_summary(value: AppInstance) -> Json:
    """An app instance in a list."""
    return present(AppInstanceArn=value.arn, Name=value.name, Metadata=value.metadata)


def app_instance(value: AppInstance, clock: Clock) -> Json:
    """An app instance as Describe answers it."""
    times = {"CreatedTimestamp": clock(value.created), "LastUpdatedTimestamp": clock(value.updated)}
    return app_instance_summary(value) | times


def user_summary(value: AppInstanceUser) -> Json:
    """A user in a list."""
    return present(AppInstanceUserArn=value.arn, Name=value.name, Metadata=value.metadata)


def user(value: AppInstanceUser, clock: Clock) -> Json:
    """A user as Describe answers it."""
    times = {"CreatedTimestamp": clock(value.created), "LastUpdatedTimestamp": clock(value.updated)}
    return user_summary(value) | times | present(ExpirationSettings=value.expiration_settings)


def tags(value: Mapping[str, str]) -> list[Json]:
    """Tags as a list of keys and values."""
    return [{"Key": key, "Value": text} for key, text in value.items()]


def tags_from(wire: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The reverse of `tags`; a key that occurs twice is refused."""
    found: dict[str, str] = {}
    for tag in wire:
        if tag["Key"] in found:
            raise BadRequestException(f"The tag key {tag['Key']} occurs twice")
        found[tag["Key"]] = tag["Value"]
    return found
