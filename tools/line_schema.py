"""The JSON Schema of a line of a fleet's manifest, derived from the rules of the fleet's functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chime_endpoints_fleet.manifest.fields import FIELDS, KEY, SOURCES
from chime_endpoints_handler.model.arns import APPLICATION_ARN, USER_ARN
from chime_endpoints_handler.model.rules.limits import ENDPOINT_RULES, PARAMETER_RULES, SECRET_RULES, TOKEN, Rule

VERSION = 1
"""Increased when a line that was valid is no longer valid."""

Schema = dict[str, Any]

_USER_ID = re.compile(USER_ARN.pattern.partition("/user/")[2])


def line_schema() -> Schema:
    """Return the schema, with fields in the reader's order."""
    fields = _fields()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:cdk-chime-endpoints:manifest-line:{VERSION}",
        "title": "One line of the manifest of a fleet",
        "description": "A manifest is a file in JSON Lines format: one endpoint on each line, in UTF-8.",
        "type": "object",
        "additionalProperties": False,
        "required": ["key", "user", "device_token"],
        "properties": {name: fields[name] for name in FIELDS},
        "$defs": {"token": {"oneOf": [_text(TOKEN, "The device token itself."), _secret(), _parameter()]}},
    }


def _fields() -> Mapping[str, Schema]:
    return {
        "key": {
            "type": "string",
            "pattern": _whole(KEY),
            "description": (
                "The endpoint's identity in the fleet: 1 to 128 letters, digits, hyphens, underscores or dots. A line"
                " with another key is another endpoint."
            ),
        },
        "user": {
            "type": "string",
            "anyOf": [{"pattern": _whole(USER_ARN)}, {"pattern": _whole(_USER_ID), "not": {"pattern": "^arn:"}}],
            "description": (
                "The ARN of the AppInstanceUser, or the id of a user of the fleet's default app instance. A change"
                " replaces the endpoint."
            ),
        },
        "type": _choice(
            "Type",
            "The push service that issued the device token: APNS (Apple), APNS_SANDBOX (Apple, development builds) or"
            " GCM (Firebase Cloud Messaging). Default: that of the fleet. A change replaces the endpoint.",
        ),
        "application": {
            "type": "string",
            "pattern": _whole(APPLICATION_ARN),
            "description": (
                "The ARN of the AWS End User Messaging (Pinpoint) application that sends the pushes. Default: that of"
                " the fleet. A change replaces the endpoint."
            ),
        },
        "name": _text(
            ENDPOINT_RULES["Name"],
            "The endpoint's name, without control characters. Default: generated from the fleet and the key. A change"
            " updates the endpoint in place.",
        ),
        "allow_messages": _choice(
            "AllowMessages",
            "Whether messages are pushed. Default: that of the fleet, or ALL. A change updates the endpoint in place.",
        ),
        "device_token": {
            "$ref": "#/$defs/token",
            "description": "The device token, or where to read it. A different token replaces the endpoint.",
        },
        "voip_device_token": {
            "$ref": "#/$defs/token",
            "description": (
                "The token for VoIP pushes, only with APNS and APNS_SANDBOX, or where to read it. A different token"
                " replaces the endpoint."
            ),
        },
        "adopt_existing": _truth(
            "Whether to take over an endpoint that is already registered with this token instead of failing."
        ),
        "require_active": _truth("Whether the endpoint fails if the service says that it is INACTIVE."),
    }


def _secret() -> Schema:
    about = {
        "secret": "The secret's name or ARN.",
        "field": "The field to read if the secret is a JSON object. Default: the whole secret is the token.",
        "version_id": "The id of one version. Default: the version with the label version_stage.",
        "version_stage": "The version with this staging label. Default: AWSCURRENT.",
    }
    return {
        **_source("secret", "A secret in AWS Secrets Manager, read when the endpoint is registered.", about),
        "not": {"required": ["version_id", "version_stage"]},
    }


def _parameter() -> Schema:
    about = {
        "parameter": "The parameter's name or ARN.",
        "version": "One version of the parameter, as a string. Default: the latest version.",
    }
    return _source("parameter", "A parameter in AWS Systems Manager, read when the endpoint is registered.", about)


def _source(name: str, about: str, fields: Mapping[str, str]) -> Schema:
    rules = SECRET_RULES | PARAMETER_RULES
    return {
        "type": "object",
        "title": name,
        "description": about,
        "additionalProperties": False,
        "required": [name],
        "properties": {each: _text(rules[SOURCES[each]], text) for each, text in fields.items()},
    }


def _text(rule: Rule, about: str) -> Schema:
    form = {} if rule.form is None else {"pattern": _whole(rule.form)}
    return {"type": "string", "minLength": rule.minimum, "maxLength": rule.maximum, **form, "description": about}


def _choice(member: str, about: str) -> Schema:
    return {"enum": list(map(str, ENDPOINT_RULES[member].choices)), "description": about}


def _truth(about: str) -> Schema:
    return {"type": "boolean", "description": f"{about} Default: false."}


def _whole(pattern: re.Pattern[str]) -> str:
    """Convert a Python pattern to JSON Schema (ECMA 262): anchored at both ends, and without group names."""
    return f"^({re.sub(r'[(][?]P<[a-z]+>', '(', pattern.pattern)})$"
