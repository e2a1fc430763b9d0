"""The JSON Schema for editors matches the loader and the rules."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from chime_endpoints.declared.entries.fields import (
    DEFAULT_FIELDS,
    ENTRY_FIELDS,
    PARAMETER_FIELDS,
    REMOVAL_POLICIES,
    SECRET_FIELDS,
    TOP_FIELDS,
)
from chime_endpoints.declared.schema import VERSION, schema
from chime_endpoints_handler.model.declaration import AllowMessages, EndpointType
from chime_endpoints_handler.model.rules.limits import ENDPOINT_RULES, TAG_MEMBER_RULES, TAG_RULES
from declared.writing import APPLICATION, SECRET, USER, mistakes

jsonschema = pytest.importorskip("jsonschema")
SCHEMA: dict[str, Any] = json.loads(
    files("chime_endpoints.declared").joinpath("endpoints.schema.json").read_text(encoding="utf-8")
)
FIELDS = SCHEMA["$defs"]["endpoint"]["properties"]
TOKENS = {token["title"]: token["properties"] for token in SCHEMA["$defs"]["token"]["oneOf"]}
VALID: dict[str, Any] = {
    "user": USER,
    "type": "APNS",
    "application": APPLICATION,
    "device_token": {"secret": SECRET, "field": "apns"},
}


def accepts(document: object) -> bool:
    """Whether the schema accepts a document."""
    return bool(jsonschema.Draft202012Validator(SCHEMA).is_valid(document))


def test_the_shipped_schema_is_what_the_rules_give() -> None:
    """There is one source: `make schema` writes the file."""
    assert schema() == SCHEMA


def test_the_schema_is_versioned() -> None:
    """Its ID contains the version, and is not an address on the internet."""
    assert SCHEMA["$id"] == f"urn:cdk-chime-endpoints:endpoints:{VERSION}"


def test_the_schema_is_a_valid_schema() -> None:
    """Editors reject an invalid schema."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_accepts_the_repositorys_own_file() -> None:
    """An editor reports no mistake in it."""
    text = (Path(__file__).parents[2] / "endpoints.yaml").read_text(encoding="utf-8")
    assert list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(yaml.safe_load(text))) == []


def test_the_schema_has_the_loaders_fields() -> None:
    """A field that only one of them knows would be rejected by the other."""
    assert set(SCHEMA["properties"]) == set(TOP_FIELDS)
    assert tuple(FIELDS) == ENTRY_FIELDS
    assert set(SCHEMA["properties"]["defaults"]["properties"]) == set(DEFAULT_FIELDS)
    assert set(TOKENS["secret"]) == {*SECRET_FIELDS, "kms_key"}
    assert set(TOKENS["parameter"]) == {*PARAMETER_FIELDS, "kms_key"}


def test_every_field_is_explained() -> None:
    """An editor shows the explanation."""
    tokens = {f"{title}.{name}": field for title, fields in TOKENS.items() for name, field in fields.items()}
    for name, field in (SCHEMA["properties"] | FIELDS | tokens).items():
        assert field.get("description"), name


def test_the_schema_has_the_rules_limits() -> None:
    """The limits are those of the service."""
    assert FIELDS["type"]["anyOf"][0]["enum"] == list(EndpointType)
    assert FIELDS["allow_messages"]["anyOf"][0]["enum"] == list(AllowMessages)
    for policy in ("removal_policy", "update_replace_policy"):
        assert FIELDS[policy]["anyOf"][0]["enum"] == list(REMOVAL_POLICIES)
    assert FIELDS["name"]["maxLength"] == ENDPOINT_RULES["Name"].maximum
    assert FIELDS["tags"]["maxProperties"] == TAG_RULES["Tags"].maximum
    assert FIELDS["tags"]["propertyNames"]["maxLength"] == TAG_MEMBER_RULES["Key"].maximum
    assert FIELDS["tags"]["additionalProperties"]["maxLength"] == TAG_MEMBER_RULES["Value"].maximum
    sources = (ENDPOINT_RULES["EndpointAttributes"].members or {})["DeviceTokenSource"].members or {}
    for field, property_name in (
        ("secret", "SecretArn"),
        ("version_id", "VersionId"),
        ("version_stage", "VersionStage"),
    ):
        assert TOKENS["secret"][field]["maxLength"] == sources[property_name].maximum


@pytest.mark.parametrize(
    "change",
    [
        {"type": "FCM"},
        {"user": "alice"},
        {"application": "app"},
        {"device_token": "token"},
        {"device_token": {"secret": SECRET, "parameter": "/a"}},
        {"device_token": {"secret": SECRET, "version_id": "x" * 32, "version_stage": "y"}},
        {"device_token": {"parameter": "a b"}},
        {"name": "x" * 1601},
        {"allow_messages": "SOME"},
        {"adopt_existing": "perhaps"},
        {"tags": {"aws:x": "y"}},
        {"tags": {"x": 5}},
        {"removal_policy": "keep"},
        {"update_replace_policy": "keep"},
        {"user": USER + "/"},
        {"device_token": {"secret": SECRET, "version_id": "short"}},
        {"typo": 1},
    ],
)
def test_schema_and_loader_refuse_the_same(tmp_path: Path, change: dict[str, object]) -> None:
    """A file that an editor accepts is also accepted by `cdk synth`."""
    document = {"endpoints": {"a": VALID | change}}
    assert not accepts(document)
    assert mistakes(tmp_path, json.dumps(document), name="e.json")


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"user": "${USER_ARN:-" + USER + "}"},
        {"type": "${TYPE:-GCM}"},
        {"device_token": {"parameter": "/a", "version": 2}},
        {"device_token": {"parameter": "/a", "version": "2"}},
        {"device_token": {"plain_text": "x"}},
        {"adopt_existing": True},
        {"adopt_existing": "TRUE"},
        {"device_token": {"secret": SECRET, "version_id": "${NONE:-" + "x" * 32 + "}"}},
        {"tags": {}},
    ],
)
def test_schema_and_loader_accept_the_same(tmp_path: Path, change: dict[str, object]) -> None:
    """A file that an editor marks is also rejected by `cdk synth`."""
    document = {"endpoints": {"a": VALID | change}}
    assert accepts(document)
    assert mistakes(tmp_path, json.dumps(document), name="e.json") == []
