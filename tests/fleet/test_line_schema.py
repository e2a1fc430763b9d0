"""The JSON Schema of a line accepts what the reader accepts."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest

from chime_endpoints_cli.commands.file.schema import OF_LINES
from chime_endpoints_cli.main import run
from chime_endpoints_fleet.manifest.lines import LineError, Rules, read_line
from line_schema import line_schema
from support.identity import APPLICATION

jsonschema = pytest.importorskip("jsonschema")
SCHEMA: dict[str, Any] = json.loads(
    files("chime_endpoints_cli.commands.file").joinpath(OF_LINES).read_text(encoding="utf-8")
)
INSTANCE = f"arn:aws:chime:us-east-1:{APPLICATION.split(':')[4]}:app-instance/01234567-89ab-cdef-0123-456789abcdef"
RULES = Rules.of({"AppInstance": INSTANCE, "Application": APPLICATION, "Type": "APNS"})
SECRET = {"secret": "chime/push-tokens", "field": "alice"}
VALID: dict[str, Any] = {"key": "alice-phone", "user": "alice", "device_token": "token"}


def test_the_shipped_schema_is_what_the_rules_give(capsys: pytest.CaptureFixture[str]) -> None:
    """There is one source: `make schema` writes the file, and the command prints it."""
    assert line_schema() == SCHEMA
    assert run(["schema", "--fleet"]) == 0
    assert json.loads(capsys.readouterr().out) == SCHEMA


@pytest.mark.parametrize(
    ("changes", "is_valid"),
    [
        ({}, True),
        ({"user": f"{INSTANCE}/user/alice"}, True),
        ({"user": "arn:aws:chime:x"}, False),
        ({"user": "a b"}, False),
        ({"user": None}, False),
        ({"key": "a/b"}, False),
        ({"key": 1}, False),
        ({"type": "GCM"}, True),
        ({"type": "FCM"}, False),
        ({"application": APPLICATION}, True),
        ({"application": "arn:aws:s3:::b"}, False),
        ({"name": ""}, True),
        ({"name": "x" * 1601}, False),
        ({"allow_messages": "NONE"}, True),
        ({"allow_messages": "SOME"}, False),
        ({"device_token": SECRET}, True),
        ({"device_token": SECRET | {"fild": "x"}}, False),
        ({"device_token": SECRET | {"version_id": "x" * 32, "version_stage": "AWSCURRENT"}}, False),
        ({"device_token": {"parameter": "/chime/alice", "version": "3"}}, True),
        ({"device_token": {"parameter": "/chime/alice", "version": "0"}}, False),
        ({"device_token": {"field": "x"}}, False),
        ({"device_token": ""}, False),
        ({"device_token": ["x"]}, False),
        ({"voip_device_token": "voip"}, True),
        ({"adopt_existing": True}, True),
        ({"adopt_existing": "true"}, False),
        ({"require_active": False}, True),
        ({"tags": {"a": "b"}}, False),
        ({"anything": "else"}, False),
    ],
)
def test_the_schema_and_the_reader_agree(changes: dict[str, Any], is_valid: bool) -> None:  # noqa: FBT001 - a parameter
    """An editor marks what a run would refuse."""
    line = VALID | changes
    try:
        read_line(json.dumps(line).encode(), RULES)
        is_read = True
    except LineError:
        is_read = False
    assert (jsonschema.Draft202012Validator(SCHEMA).is_valid(line), is_read) == (is_valid, is_valid)


@pytest.mark.parametrize("field", ["key", "user", "device_token"])
def test_a_required_field_is_missed(field: str) -> None:
    """All others have defaults in the fleet."""
    line = {name: value for name, value in VALID.items() if name != field}
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(line)
    with pytest.raises(LineError):
        read_line(json.dumps(line).encode(), RULES)
