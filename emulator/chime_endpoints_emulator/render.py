"""Conversion of records to the JSON of the API."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .exceptions import BadRequestException
from .records import AppInstance, AppInstanceUser, Endpoint, Registered

Json = dict[str, Any]
Clock = Callable[[float], float]


def present(**members: object) -> Json:
    """Return the members that are not None."""
    return {name: value for name, value in members.items() if value is not None}


def timestamp(at: float, *, form: str) -> float:
    """Return a time in seconds, as botocore reads it, or in milliseconds, as the documentation describes it."""
    return int(at * 1000) if form == "milliseconds" else round(at, 3)


def registered(value: Registered) -> Json:
    """Return the response to Register and Update."""
    return {"AppInstanceUserArn": value.app_instance_user_arn, "EndpointId": value.endpoint_id}


def endpoint_summary(value: Endpoint) -> Json:
    """Return an endpoint as List returns it: without device tokens and application."""
    return present(
        AppInstanceUserArn=value.app_instance_user_arn,
        EndpointId=value.endpoint_id,
        Name=value.name,
        Type=value.type,
        AllowMessages=value.allow_messages,
        EndpointState=present(Status=value.status, StatusReason=value.status_reason),
    )


def endpoint(value: Endpoint, clock: Clock) -> Json:
    """Return an endpoint as Describe returns it: with device tokens in plain text."""
    return endpoint_summary(value) | {
        "ResourceArn": value.resource_arn,
        "EndpointAttributes": present(DeviceToken=value.device_token, VoipDeviceToken=value.voip_device_token),
        "CreatedTimestamp": clock(value.created),
        "LastUpdatedTimestamp": clock(value.updated),
    }


def app_instance_summary(value: AppInstance) -> Json:
    """Return an app instance as List returns it."""
    return present(AppInstanceArn=value.arn, Name=value.name, Metadata=value.metadata)


def app_instance(value: AppInstance, clock: Clock) -> Json:
    """Return an app instance as Describe returns it."""
    times = {"CreatedTimestamp": clock(value.created), "LastUpdatedTimestamp": clock(value.updated)}
    return app_instance_summary(value) | times


def user_summary(value: AppInstanceUser) -> Json:
    """Return a user as List returns it."""
    return present(AppInstanceUserArn=value.arn, Name=value.name, Metadata=value.metadata)


def user(value: AppInstanceUser, clock: Clock) -> Json:
    """Return a user as Describe returns it."""
    times = {"CreatedTimestamp": clock(value.created), "LastUpdatedTimestamp": clock(value.updated)}
    return user_summary(value) | times | present(ExpirationSettings=value.expiration_settings)


def tags(value: Mapping[str, str]) -> list[Json]:
    """Return tags as a list of keys and values."""
    return [{"Key": key, "Value": text} for key, text in value.items()]


def tags_from(wire: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return tags as a mapping, and reject duplicate keys."""
    found: dict[str, str] = {}
    for tag in wire:
        if tag["Key"] in found:
            raise BadRequestException(f"The tag key {tag['Key']} occurs twice")
        found[tag["Key"]] = tag["Value"]
    return found
