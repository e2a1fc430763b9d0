"""The JSON Schema of the file, made of what the loader itself checks with; `make schema` writes it into the package."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from chime_endpoints.statements import PARAMETER_PATH
from chime_endpoints_handler import places
from chime_endpoints_handler.rules import (
    APPLICATION_ARN,
    ENDPOINT_RULES,
    TAG_MEMBER_RULES,
    TAG_RULES,
    USER_ARN,
    VERSION_NUMBER,
    Rule,
)

from .fields import (
    DEFAULT_FIELDS,
    ENTRY_FIELDS,
    KEY,
    KEY_ARN,
    MOST_STACKS,
    PARAMETER_FIELDS,
    REMOVAL_POLICIES,
    REQUIRED_FIELDS,
    SECRET_FIELDS,
    TOP_FIELDS,
)

VERSION = 1
"""Raised where a file that was valid no longer is."""

Schema = dict[str, Any]

_VARIABLE = r"\$\{"
_SOURCE = (ENDPOINT_RULES["EndpointAttributes"].members or {})["DeviceTokenSource"].members or {}
_TOKEN = (ENDPOINT_RULES["EndpointAttributes"].members or {})["DeviceToken"]


def schema() -> Schema:
    """The whole schema, its fields in the order of the loader's."""
    entry, top = _entry_fields(), _top_fields()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:cdk-chime-endpoints:endpoints:{VERSION}",
        "title": "Push endpoints of Amazon Chime SDK messaging",
        "description": (
            "${NAME} and ${NAME:-default} in values are replaced from CDK's context, then from the environment."
        ),
        "type": "object",
        "required": ["endpoints"],
        "additionalProperties": False,
        "properties": {name: top[name] for name in TOP_FIELDS},
        "$defs": {
            "endpoint": {
                "type": "object",
                "additionalProperties": False,
                "required": [name for name in REQUIRED_FIELDS if name not in DEFAULT_FIELDS],
                "properties": {name: entry[name] for name in ENTRY_FIELDS},
            },
            "token": {"oneOf": [_secret(), _parameter(), _plain_text()]},
        },
    }


def _top_fields() -> Mapping[str, Schema]:
    entry = _entry_fields()
    return {
        "$schema": {"type": "string", "description": "This schema, for editors."},
        "defaults": {
            "type": "object",
            "description": "What every endpoint has unless it says otherwise. Of tags, each key by itself.",
            "additionalProperties": False,
            "properties": {name: entry[name] for name in ENTRY_FIELDS if name in DEFAULT_FIELDS},
        },
        "stacks": {
            "description": (
                "How many stacks the endpoints are spread over. A stack holds about 480 endpoints, or 240 of as many"
                " tagged users; an endpoint's stack follows from its key, so that some get more than others. One more"
                " stack moves some endpoints to the new one, fewer stacks move others back: decide early. Default: 1."
            ),
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": MOST_STACKS},
                {"type": "string", "pattern": f"^[1-9][0-9]{{0,2}}$|{_VARIABLE}"},
            ],
        },
        "parameter_paths": {
            "type": "array",
            "description": (
                "Paths of parameters that the function may read as a whole, as /chime/devices: one permission in the"
                " place of one for each declared parameter under it. More is allowed than is declared; without it, a"
                " stack holds the permissions of several hundred parameters."
            ),
            "items": {"type": "string", "pattern": f"{_whole(PARAMETER_PATH)}|{_VARIABLE}"},
        },
        "endpoints": {
            "type": "object",
            "description": (
                "One entry for each device. Its key is its identity: under another key it is another endpoint, unless"
                " `id` keeps the former one."
            ),
            "minProperties": 1,
            "propertyNames": {"pattern": _whole(KEY)},
            "additionalProperties": {"$ref": "#/$defs/endpoint"},
        },
    }


def _entry_fields() -> Mapping[str, Schema]:
    key, value = TAG_MEMBER_RULES["Key"], TAG_MEMBER_RULES["Value"]
    return {
        "id": _text(
            Rule(maximum=128),
            "The endpoint's identity, which its stack and its logical ID follow from. Default: the key. After a change"
            " of the key, declare the former key here, and the endpoint stays what it is.",
            form=KEY,
        ),
        "user": _text(
            ENDPOINT_RULES["AppInstanceUserArn"],
            "The ARN of the AppInstanceUser whose endpoint it is; at most 10 endpoints a user (an adjustable quota)."
            " A change replaces the endpoint.",
            form=USER_ARN,
        ),
        "type": _choice(
            ENDPOINT_RULES["Type"].choices,
            "The push service of the device token: Apple's, Apple's for development builds, or Firebase Cloud"
            " Messaging. A change replaces the endpoint.",
        ),
        "application": _text(
            ENDPOINT_RULES["ResourceArn"],
            "The ARN of the application of AWS End User Messaging (Pinpoint) that sends, in the user's account and"
            " region. A change replaces the endpoint.",
            form=APPLICATION_ARN,
        ),
        "device_token": {
            "$ref": "#/$defs/token",
            "description": "Where the device's token is. Another token replaces the endpoint.",
        },
        "voip_device_token": {
            "$ref": "#/$defs/token",
            "description": (
                "Where the token for VoIP pushes is; only with APNS and APNS_SANDBOX. Another token replaces the"
                " endpoint."
            ),
        },
        "name": _text(
            ENDPOINT_RULES["Name"],
            "The endpoint's name, without control characters. Default: made of the stack's name and the entry's place"
            " in it. Changed in place.",
        ),
        "allow_messages": _choice(
            ENDPOINT_RULES["AllowMessages"].choices, "Whether messages are pushed. Default: ALL. Changed in place."
        ),
        "adopt_existing": {
            "description": (
                "Take over an endpoint that is already registered with this token, instead of failing. Default: false."
            ),
            "anyOf": [
                {"type": "boolean"},
                {"type": "string", "pattern": f"^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$|{_VARIABLE}"},
            ],
        },
        "tags": {
            "type": "object",
            "description": "Tags for the endpoint's user: endpoints have none of their own. Changed in place.",
            "maxProperties": TAG_RULES["Tags"].maximum,
            "propertyNames": {
                "minLength": key.minimum,
                "maxLength": key.maximum,
                "not": {"pattern": "^[Aa][Ww][Ss]:"},
            },
            "additionalProperties": {"type": "string", "minLength": value.minimum, "maxLength": value.maximum},
        },
        "removal_policy": _choice(
            REMOVAL_POLICIES,
            "What happens to the endpoint when it is no longer declared: it is deregistered, or stays registered."
            " Default: destroy. With retain, an endpoint that is replaced stays registered as well, and counts against"
            " the user's quota: see update_replace_policy.",
        ),
        "update_replace_policy": _choice(
            REMOVAL_POLICIES,
            "What happens to the old endpoint when a change replaces it, for example a new device token. Default: the"
            " same as removal_policy.",
        ),
    }


def _secret() -> Schema:
    fields = {
        "secret": _text(
            _SOURCE["SecretArn"],
            "The secret's name, or its ARN. A secret of another account needs its complete ARN, which ends in a hyphen"
            " and six characters.",
            form=places.SECRET,
        ),
        "field": _text(
            _SOURCE["Field"], "The field of a secret that is a JSON object. Default: the whole secret is the token."
        ),
        "version_id": _text(_SOURCE["VersionId"], "One version of the secret. Default: that of version_stage."),
        "version_stage": _text(_SOURCE["VersionStage"], "The version with this staging label. Default: AWSCURRENT."),
    }
    ordered = {name: fields[name] for name in SECRET_FIELDS}
    return {
        **_form("secret", "A secret of AWS Secrets Manager, read at deployment.", {**ordered, "kms_key": _key()}),
        "not": {"required": ["version_id", "version_stage"]},
    }


def _parameter() -> Schema:
    fields = {
        "parameter": _text(_SOURCE["ParameterName"], "The parameter's name or ARN.", form=places.PARAMETER),
        "version": {
            "description": "One version of the parameter. Default: the latest.",
            "anyOf": [
                {"type": "integer", "minimum": 1},
                {"type": "string", "pattern": f"{_whole(VERSION_NUMBER)}|{_VARIABLE}"},
            ],
        },
    }
    ordered = {name: fields[name] for name in PARAMETER_FIELDS}
    about = "A parameter of AWS Systems Manager, String or SecureString, read at deployment."
    return _form("parameter", about, {**ordered, "kms_key": _key()})


def _plain_text() -> Schema:
    about = "The token itself. It will stand in the template in clear."
    return _form("plain_text", about, {"plain_text": _text(_TOKEN, "The token.")})


def _key() -> Schema:
    about = "The ARN of the customer-managed key that the value is encrypted with, so that the function may use it."
    return _text(Rule(), about, form=KEY_ARN)


def _form(name: str, about: str, fields: Mapping[str, Schema]) -> Schema:
    return {
        "type": "object",
        "title": name,
        "description": about,
        "additionalProperties": False,
        "required": [name],
        "properties": fields,
    }


def _text(rule: Rule, about: str, *, form: re.Pattern[str] | None = None) -> Schema:
    """A text within the rule's limits; one with a variable may be anything before the variable has its value."""
    length: Schema = {"maxLength": rule.maximum}
    if form is not None:
        judged: Schema = {"pattern": _whole(form)}
    elif rule.minimum > 1:
        judged = {"minLength": rule.minimum}
    else:
        return {"type": "string", "minLength": rule.minimum, **length, "description": about}
    return {"type": "string", **length, "description": about, "anyOf": [judged, {"pattern": _VARIABLE}]}


def _choice(choices: Sequence[str], about: str) -> Schema:
    either = [{"enum": [str(choice) for choice in choices]}, {"type": "string", "pattern": _VARIABLE}]
    return {"description": about, "anyOf": either}


def _whole(pattern: re.Pattern[str]) -> str:
    """A pattern of Python's as one of JSON Schema's (ECMA 262): for the whole text, and without names of groups."""
    return f"^({re.sub(r'[(][?]P<[a-z]+>', '(', pattern.pattern)})$"
