"""The JSON Schema of the file, derived from the loader's own rules. `make schema` writes it into the package."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from chime_endpoints._iam.statements import PARAMETER_PATH
from chime_endpoints_handler.model.arns import APPLICATION_ARN, EXTERNAL_ID, ROLE_ARN, USER_ARN
from chime_endpoints_handler.model.rules import token_places as places
from chime_endpoints_handler.model.rules.limits import ENDPOINT_RULES, TAG_MEMBER_RULES, TAG_RULES, VERSION_NUMBER, Rule

from .entries.fields import (
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
"""Increased when a file that was valid is no longer valid."""

Schema = dict[str, Any]

_VARIABLE = r"\$\{"
_SOURCE = (ENDPOINT_RULES["EndpointAttributes"].members or {})["DeviceTokenSource"].members or {}
_TOKEN = (ENDPOINT_RULES["EndpointAttributes"].members or {})["DeviceToken"]


def schema() -> Schema:
    """Return the schema, with fields in the loader's order."""
    entry, top = _entry_fields(), _top_fields()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:cdk-chime-endpoints:endpoints:{VERSION}",
        "title": "Push endpoints of Amazon Chime SDK messaging",
        "description": (
            "${NAME} and ${NAME:-default} in values are replaced with values from CDK's context or the environment."
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
            "description": "Default fields for all endpoints. An endpoint can override each field and each tag.",
            "additionalProperties": False,
            "properties": {name: entry[name] for name in ENTRY_FIELDS if name in DEFAULT_FIELDS},
        },
        "stacks": {
            "description": (
                "The number of stacks to spread the endpoints over. A stack has room for about 480 endpoints, or for"
                " 240 endpoints of 240 tagged users. An endpoint's stack depends on its id, so stacks are not filled"
                " evenly. Changing the number moves some endpoints to another stack, so decide early. Default: 1."
            ),
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": MOST_STACKS},
                {"type": "string", "pattern": f"^[1-9][0-9]{{0,2}}$|{_VARIABLE}"},
            ],
        },
        "parameter_paths": {
            "type": "array",
            "description": (
                "Parameter paths, such as /chime/devices, that the function can read as a whole: one permission"
                " replaces those for the declared parameters under the path. This allows more than you declare. Without"
                " it, a stack has room for the permissions of several hundred parameters."
            ),
            "items": {"type": "string", "pattern": f"{_whole(PARAMETER_PATH)}|{_VARIABLE}"},
        },
        "endpoints": {
            "type": "object",
            "description": (
                "One entry for each device. The key identifies the endpoint. If you rename the key, set `id` to the"
                " previous key; otherwise, it is a new endpoint."
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
            "The endpoint's identity, which determines its stack and its logical ID. Default: the key. To rename the"
            " key without replacing the endpoint, set this to the previous key.",
            form=KEY,
        ),
        "user": _text(
            ENDPOINT_RULES["AppInstanceUserArn"],
            "The ARN of the AppInstanceUser that the endpoint belongs to. A user can have at most 10 endpoints (an"
            " adjustable quota). A change replaces the endpoint.",
            form=USER_ARN,
        ),
        "type": _choice(
            ENDPOINT_RULES["Type"].choices,
            "The push service that issued the device token: APNS (Apple), APNS_SANDBOX (Apple, development builds) or"
            " GCM (Firebase Cloud Messaging). A change replaces the endpoint.",
        ),
        "application": _text(
            ENDPOINT_RULES["ResourceArn"],
            "The ARN of the AWS End User Messaging (Pinpoint) application that sends the pushes, in the user's account"
            " and region. A change replaces the endpoint.",
            form=APPLICATION_ARN,
        ),
        "device_token": {
            "$ref": "#/$defs/token",
            "description": "The location of the device token. A different token replaces the endpoint.",
        },
        "voip_device_token": {
            "$ref": "#/$defs/token",
            "description": (
                "The location of the token for VoIP pushes, only with APNS and APNS_SANDBOX. A different token replaces"
                " the endpoint."
            ),
        },
        "name": _text(
            ENDPOINT_RULES["Name"],
            "The endpoint's name, without control characters. Default: generated from the stack name and the logical"
            " ID. A change updates the endpoint in place.",
        ),
        "allow_messages": _choice(
            ENDPOINT_RULES["AllowMessages"].choices,
            "Whether messages are pushed. Default: ALL. A change updates the endpoint in place.",
        ),
        "adopt_existing": _truth(
            "Whether to take over an endpoint that is already registered with this token instead of failing."
            " Default: false."
        ),
        "require_active": _truth(
            "Whether the deployment fails if Amazon Chime SDK says that the endpoint is INACTIVE and receives no"
            " pushes. Default: false."
        ),
        "assumed_role_arn": _text(
            ENDPOINT_RULES["AssumedRoleArn"],
            "The ARN of the role in the user's account that the function assumes, if that is another account than the"
            " function's. Default: the function uses its own role.",
            form=ROLE_ARN,
        ),
        "external_id": _text(
            ENDPOINT_RULES["ExternalId"],
            "The external ID that the role's trust policy asks for. Default: none.",
            form=EXTERNAL_ID,
        ),
        "tags": {
            "type": "object",
            "description": "Tags for the endpoint's user. Endpoints have no tags. A change updates the tags in place.",
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
            "What happens to the endpoint when you remove its declaration: destroy deregisters it, and retain leaves it"
            " registered. Default: destroy. With retain, endpoints that a change replaces also stay registered and"
            " count against the user's quota; see update_replace_policy.",
        ),
        "update_replace_policy": _choice(
            REMOVAL_POLICIES,
            "What happens to the old endpoint when a change replaces it, for example a new device token. Default: the"
            " value of removal_policy.",
        ),
    }


def _truth(description: str) -> Schema:
    """Return the schema of true or false, also as text from a variable."""
    text = f"^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$|{_VARIABLE}"
    return {"description": description, "anyOf": [{"type": "boolean"}, {"type": "string", "pattern": text}]}


def _secret() -> Schema:
    fields = {
        "secret": _text(
            _SOURCE["SecretArn"],
            "The secret's name or ARN. For a secret in another account, use the complete ARN, which ends in a hyphen"
            " and six characters.",
            form=places.SECRET,
        ),
        "field": _text(
            _SOURCE["Field"],
            "The field to read if the secret is a JSON object. Default: the whole secret is the token.",
        ),
        "version_id": _text(
            _SOURCE["VersionId"], "The id of one version. Default: the version with the label version_stage."
        ),
        "version_stage": _text(_SOURCE["VersionStage"], "The version with this staging label. Default: AWSCURRENT."),
    }
    ordered = {name: fields[name] for name in SECRET_FIELDS}
    return {
        **_form("secret", "A secret in AWS Secrets Manager, read at deployment.", {**ordered, "kms_key": _key()}),
        "not": {"required": ["version_id", "version_stage"]},
    }


def _parameter() -> Schema:
    fields = {
        "parameter": _text(_SOURCE["ParameterName"], "The parameter's name or ARN.", form=places.PARAMETER),
        "version": {
            "description": "One version of the parameter. Default: the latest version.",
            "anyOf": [
                {"type": "integer", "minimum": 1},
                {"type": "string", "pattern": f"{_whole(VERSION_NUMBER)}|{_VARIABLE}"},
            ],
        },
    }
    ordered = {name: fields[name] for name in PARAMETER_FIELDS}
    about = "A String or SecureString parameter in AWS Systems Manager, read at deployment."
    return _form("parameter", about, {**ordered, "kms_key": _key()})


def _plain_text() -> Schema:
    about = "The token itself. It is in the template in plain text."
    return _form("plain_text", about, {"plain_text": _text(_TOKEN, "The token.")})


def _key() -> Schema:
    about = "The ARN of the customer managed KMS key that encrypts the value. The function is granted its use."
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
    """Return the schema of a string within a rule's limits. A string with a variable is not checked further."""
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
    """Convert a Python pattern to JSON Schema (ECMA 262): anchored at both ends, and without group names."""
    return f"^({re.sub(r'[(][?]P<[a-z]+>', '(', pattern.pattern)})$"
