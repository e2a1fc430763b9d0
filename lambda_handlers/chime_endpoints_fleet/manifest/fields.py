"""The fields of a line, and the resource property of each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chime_endpoints_handler.model.arns import USER_ARN

KEY = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.\-]{0,126}[A-Za-z0-9])?")
"""A line's key, which identifies the endpoint for its lifetime."""
KEY_RULE = "must be 1 to 128 letters, digits, `-`, `_` or `.`, and begin and end with a letter or digit."
LONGEST_LINE = 65_536
"""The most bytes of a line, without its line break."""

PLAIN: Mapping[str, str] = {
    "type": "Type",
    "application": "ResourceArn",
    "name": "Name",
    "allow_messages": "AllowMessages",
}
"""Fields that are strings, and their properties."""
TRUTHS: Mapping[str, str] = {"adopt_existing": "AdoptExisting", "require_active": "RequireActive"}
TOKENS: Mapping[str, str] = {"device_token": "DeviceToken", "voip_device_token": "VoipDeviceToken"}
SOURCES: Mapping[str, str] = {
    "secret": "SecretArn",
    "field": "Field",
    "version_id": "VersionId",
    "version_stage": "VersionStage",
    "parameter": "ParameterName",
    "version": "Version",
}
"""The fields of a device token's source, and their properties."""
FIELDS = ("key", "user", *PLAIN, *TOKENS, *TRUTHS)
REQUIRED = ("user", "type", "application", "device_token")
"""The fields that a line needs in addition to its key, unless the defaults set them."""

DEFAULT_FIELDS: Mapping[str, str] = {
    "AppInstance": "app_instance",
    "Application": "application",
    "Type": "type",
    "AllowMessages": "allow_messages",
}
"""The members of `Defaults`, and the fields that they are for."""


def _property_names() -> dict[str, str]:
    names = {"AppInstanceUserArn": "user"}
    names |= {name: field for fields in (PLAIN, TRUTHS) for field, name in fields.items()}
    for field, member in TOKENS.items():
        names |= {f"EndpointAttributes.{member}": field, f"EndpointAttributes.{member}Source": field}
        names |= {f"EndpointAttributes.{member}Source.{name}": f"{field}.{each}" for each, name in SOURCES.items()}
    return names


FIELD_OF_PROPERTY: Mapping[str, str] = _property_names()
"""The field for each property that a violation can mention."""


def to_properties(entry: Mapping[str, Any], app_instance: str) -> dict[str, Any]:
    """Return the properties of a line whose fields are known. Values of a wrong kind stay, for the rules to report."""
    attributes: dict[str, Any] = {}
    for field, member in TOKENS.items():
        token = entry.get(field)
        if isinstance(token, dict):
            attributes[f"{member}Source"] = {SOURCES.get(name, name): value for name, value in token.items()}
        elif field in entry:
            attributes[member] = token
    properties: dict[str, Any] = {"EndpointAttributes": attributes}
    if "user" in entry:
        properties["AppInstanceUserArn"] = _user_arn(entry["user"], app_instance)
    for field, name in (*PLAIN.items(), *TRUTHS.items()):
        if field in entry:
            properties[name] = entry[field]
    return properties


def _user_arn(user: object, app_instance: str) -> object:
    is_id = isinstance(user, str) and app_instance and not user.startswith("arn:")
    return f"{app_instance}/user/{user}" if is_id else user


def app_instance_of(user_arn: str) -> str:
    """Return the app instance of a user's ARN; empty if it is not one."""
    return user_arn.partition("/user/")[0] if USER_ARN.fullmatch(user_arn) else ""
