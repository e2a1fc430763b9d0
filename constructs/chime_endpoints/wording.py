"""The one place where the API's property names become other names, for messages."""

from __future__ import annotations

import re
from collections.abc import Mapping

from chime_endpoints_handler.rules import Violation

_SOURCES = {
    "SecretArn": "secret",
    "Field": "field",
    "VersionId": "version_id",
    "VersionStage": "version_stage",
    "ParameterName": "parameter",
    "Version": "version",
}


def of_tokens(*, plain: str) -> dict[str, str]:
    """The names of the device tokens' properties; `plain` is what a token in clear is called below its own name."""
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
    "ResourceARN": "resource_arn",
    "Tags": "tags",
    **of_tokens(plain=""),
}
"""The constructs' parameter for each property that a violation of the rules may speak of."""

_PATH = re.compile(r"[A-Za-z]+(?:\.[A-Za-z]+)*")
_WORD = re.compile(r"\b[A-Z][A-Za-z]+\b")


def translate(violation: Violation, names: Mapping[str, str]) -> tuple[str, str]:
    """A violation in other names: what it is about, and the rest of the sentence.

    Args:
        violation: one of the rules; its text begins with a property's path.
        names: the other name for each property's path.
    """
    beginning = _PATH.match(violation.text)
    path = beginning[0] if beginning else ""
    while path and path not in names:
        path = path.rpartition(".")[0]
    words = {property_path.rpartition(".")[2]: name.rpartition(".")[2] for property_path, name in names.items()}
    rest = _WORD.sub(lambda word: words.get(word[0], word[0]), violation.text[len(path) :])
    return names.get(path, ""), rest


def in_parameters(violation: Violation) -> str:
    """A violation in the words of the constructs' parameters, with its code as linters put it."""
    return f"{''.join(translate(violation, PARAMETERS))} [{violation.code}]"
