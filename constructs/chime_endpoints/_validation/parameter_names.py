"""The translation of the API's property names into parameter names, for messages."""

from __future__ import annotations

import re
from collections.abc import Mapping

from chime_endpoints_handler.model.rules.values import Violation

_SOURCES = {
    "SecretArn": "secret",
    "Field": "field",
    "VersionId": "version_id",
    "VersionStage": "version_stage",
    "ParameterName": "parameter",
    "Version": "version",
}


def of_tokens(*, plain: str) -> dict[str, str]:
    """Return names for the device tokens' properties. `plain` is the suffix for a token in plain text."""
    names: dict[str, str] = {}
    for member, name in (("DeviceToken", "device_token"), ("VoipDeviceToken", "voip_device_token")):
        names[f"EndpointAttributes.{member}"] = f"{name}{plain}"
        names[f"EndpointAttributes.{member}Source"] = name
        for property_name, ours in _SOURCES.items():
            names[f"EndpointAttributes.{member}Source.{property_name}"] = f"{name}.{ours}"
    return names


PARAMETERS: Mapping[str, str] = {
    "AppInstanceUserArn": "app_instance_user",
    "Type": "endpoint_type",
    "ResourceArn": "application",
    "Name": "endpoint_name",
    "AllowMessages": "allow_messages",
    "AdoptExisting": "adopt_existing",
    "RequireActive": "require_active",
    "AssumedRoleArn": "assumed_role_arn",
    "ExternalId": "external_id",
    "ResourceARN": "resource_arn",
    "Tags": "tags",
    **of_tokens(plain=""),
}
"""The constructs' parameter for each property that a violation can mention."""

_PATH = re.compile(r"[A-Za-z]+(?:\.[A-Za-z]+)*")
_WORD = re.compile(r"\b[A-Z][A-Za-z]+\b")


def translate(violation: Violation, names: Mapping[str, str]) -> tuple[str, str]:
    """Translate a violation into other names. Return its subject and the rest of the sentence.

    Args:
        violation: a violation of a rule. Its text begins with a property's path.
        names: the new name for each property path.
    """
    beginning = _PATH.match(violation.text)
    path = beginning[0] if beginning else ""
    while path and path not in names:
        path = path.rpartition(".")[0]
    words = {property_path.rpartition(".")[2]: name.rpartition(".")[2] for property_path, name in names.items()}
    rest = _WORD.sub(lambda word: words.get(word[0], word[0]), violation.text[len(path) :])
    return names.get(path, ""), rest


def in_parameters(violation: Violation) -> str:
    """Return a violation in terms of the constructs' parameters, with its code in brackets at the end."""
    return f"{''.join(translate(violation, PARAMETERS))} [{violation.code}]"
