"""The JSON Schema of one line of a manifest, derived from the rules that the functions apply."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chime_endpoints_handler.model.arns import APPLICATION_ARN, USER_ARN
from chime_endpoints_handler.model.rules import token_places as places
from chime_endpoints_handler.model.rules.limits import ENDPOINT_RULES, VERSION_NUMBER, Rule

from .fields import FIELDS, KEY, SOURCES, TOKENS

VERSION = 1
"""Increased when a line that was valid is no longer valid."""

Schema = dict[str, Any]

_TOKEN_RULES: Mapping[str, Rule] = ENDPOINT_RULES["EndpointAttributes"].members or {}
_SOURCE: Mapping[str, Rule] = _TOKEN_RULES["DeviceTokenSource"].members or {}
_ID = USER_ARN.pattern.rpartition("/user/")[2]
_ABOUT = {
    "key": "The endpoint's identity within the fleet. An endpoint whose key changes is deregistered and registered.",
    "user": (
        "The AppInstanceUser: its ARN, or its id if the fleet's defaults name the app instance. A change replaces the"
        " endpoint."
    ),
    "type": (
        "The push service that issued the device token: APNS (Apple), APNS_SANDBOX (Apple, development builds) or GCM"
        " (Firebase Cloud Messaging). A change replaces the endpoint."
    ),
    "application": (
        "The ARN of the AWS End User Messaging (Pinpoint) application that sends the pushes. A change replaces the"
        " endpoint."
    ),
    "device_token": "The device token, or the secret or parameter that contains it. A change replaces the endpoint.",
    "voip_device_token": "The token for VoIP pushes, only with APNS and APNS_SANDBOX. A change replaces the endpoint.",
    "name": "The endpoint's name. Default: generated from the stack, the fleet and the key.",
    "allow_messages": "Whether messages are pushed. Default: ALL.",
    "adopt_existing": "Whether to take over an endpoint that is already registered as declared. Default: false.",
    "require_active": "Whether to fail if the service says that the endpoint is INACTIVE. Default: false.",
}


def line_schema() -> Schema:
    """Return the schema of a line. `type` and `application` may come from the fleet's defaults."""
    fields: dict[str, Schema] = {
        "key": {"type": "string", "pattern": _whole(KEY)},
        "user": {"type": "string", "pattern": f"{_whole(USER_ARN)}|^({_plain(_ID)})$"},
        "type": {"enum": list(map(str, ENDPOINT_RULES["Type"].choices))},
        "application": {"type": "string", "pattern": _whole(APPLICATION_ARN)},
        **{name: {"anyOf": [_text(_TOKEN_RULES[member]), _secret(), _parameter()]} for name, member in TOKENS.items()},
        "name": _text(ENDPOINT_RULES["Name"]),
        "allow_messages": {"enum": list(map(str, ENDPOINT_RULES["AllowMessages"].choices))},
        "adopt_existing": {"type": "boolean"},
        "require_active": {"type": "boolean"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:cdk-chime-endpoints:fleet-line:{VERSION}",
        "title": "One line of the manifest of a fleet of Amazon Chime SDK push endpoints",
        "type": "object",
        "additionalProperties": False,
        "required": ["key", "user", "device_token"],
        "properties": {name: {"description": _ABOUT[name], **fields[name]} for name in FIELDS},
    }


def _secret() -> Schema:
    names = ("secret", "field", "version_id", "version_stage")
    members = {name: _text(_SOURCE[SOURCES[name]], places.SECRET if name == "secret" else None) for name in names}
    return {**_source("secret", members), "not": {"required": ["version_id", "version_stage"]}}


def _parameter() -> Schema:
    number = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": _whole(VERSION_NUMBER)}]}
    return _source("parameter", {"parameter": _text(_SOURCE["ParameterName"], places.PARAMETER), "version": number})


def _source(required: str, members: Mapping[str, Schema]) -> Schema:
    return {"type": "object", "additionalProperties": False, "required": [required], "properties": dict(members)}


def _text(rule: Rule, form: re.Pattern[str] | None = None) -> Schema:
    pattern = {} if form is None else {"pattern": _whole(form)}
    return {"type": "string", "minLength": rule.minimum, "maxLength": rule.maximum, **pattern}


def _whole(pattern: re.Pattern[str]) -> str:
    """Convert a Python pattern to JSON Schema (ECMA 262): anchored at both ends, and without group names."""
    return f"^({_plain(pattern.pattern)})$"


def _plain(pattern: str) -> str:
    return re.sub(r"[(][?]P<[a-z]+>", "(", pattern)
