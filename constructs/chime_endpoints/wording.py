"""The one place where the API's property names become the parameters' names, for messages."""

from __future__ import annotations

import re
from collections.abc import Mapping

PARAMETERS: Mapping[str, str] = {
    "AppInstanceUserArn": "app_instance_user",
    "Type": "endpoint_type",
    "ResourceArn": "application",
    "EndpointAttributes.DeviceToken": "device_token",
    "EndpointAttributes.DeviceTokenSource": "device_token",
    "EndpointAttributes.VoipDeviceToken": "voip_device_token",
    "EndpointAttributes.VoipDeviceTokenSource": "voip_device_token",
    "EndpointAttributes": "device_token",
    "Name": "endpoint_name",
    "AllowMessages": "allow_messages",
    "AdoptExisting": "adopt_existing",
    "ResourceARN": "resource_arn",
    "Tags": "tags",
}
"""The parameter of each property that a violation may begin with."""

_BEGINNING = re.compile(r"(?P<path>[A-Za-z]+(?:\.[A-Za-z]+|\[\d+\])*)(?P<rest>.*)", re.DOTALL)


def split(violation: str) -> tuple[str, str, str]:
    """A violation in three: the property's path, the part of it that is the parameter's, and the rest.

    `EndpointAttributes.DeviceTokenSource.Field has …` is split after `DeviceTokenSource`: the rest, `.Field has …`,
    reads on from whatever the property is called elsewhere.
    """
    found = _BEGINNING.match(violation)
    if found is None:
        return "", "", violation
    path = found["path"]
    known = path
    while known and known not in PARAMETERS:
        known = re.sub(r"(\.[^.\[]+|\[\d+\]|^[^.\[]+)$", "", known)
    return path, known, violation[len(known) :]


def in_parameters(violation: str) -> str:
    """A violation with the parameter's name in place of the property's."""
    _, known, rest = split(violation)
    return f"{PARAMETERS[known]}{rest}" if known else violation
