"""Lines of a manifest: what they declare, and how mistakes are reported."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chime_endpoints.declared.entries import fields as file_fields
from chime_endpoints_fleet.manifest import fields
from chime_endpoints_fleet.manifest.fields import LONGEST_LINE
from chime_endpoints_fleet.manifest.lines import LineError, Rules, read_line
from support.stage import APPLICATION

INSTANCE = "arn:aws:chime:us-east-1:123456789012:app-instance/6e5b8f10"
OTHER_INSTANCE = INSTANCE.replace("6e5b", "0000")
RULES = Rules.of({"AppInstance": INSTANCE, "Application": APPLICATION, "Type": "GCM"})
LINE: dict[str, Any] = {"key": "alice-phone", "user": "alice", "device_token": "canary-token"}
SECRET_ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:chime/tokens-AbCdEf"


def problems(line: object, rules: Rules = RULES) -> list[str]:
    """The problems of a line."""
    with pytest.raises(LineError) as caught:
        read_line(line if isinstance(line, bytes) else json.dumps(line).encode(), rules)
    return [str(problem) for problem in caught.value.problems]


def test_a_line_and_the_defaults_make_the_properties_of_an_endpoint() -> None:
    """A user is an id of the default app instance, or an ARN; a line's fields go before the defaults."""
    declared = read_line(json.dumps(LINE | {"name": "Alice", "allow_messages": "NONE"}).encode(), RULES)
    assert declared.key == "alice-phone"
    assert declared.properties == {
        "AppInstanceUserArn": f"{INSTANCE}/user/alice",
        "Type": "GCM",
        "ResourceArn": APPLICATION,
        "EndpointAttributes": {"DeviceToken": "canary-token"},
        "Name": "Alice",
        "AllowMessages": "NONE",
    }
    other = LINE | {"user": f"{OTHER_INSTANCE}/user/bob", "type": "APNS"}
    properties = read_line(json.dumps(other).encode(), RULES).properties
    assert (properties["AppInstanceUserArn"], properties["Type"]) == (f"{OTHER_INSTANCE}/user/bob", "APNS")


def test_a_device_token_may_be_in_a_secret_or_a_parameter() -> None:
    """The sources are those of endpoints.yaml."""
    secret = {"secret": SECRET_ARN, "field": "alice", "version_stage": "AWSCURRENT"}
    line = LINE | {"type": "APNS", "device_token": secret, "voip_device_token": {"parameter": "/t", "version": 3}}
    assert read_line(json.dumps(line).encode(), RULES).properties["EndpointAttributes"] == {
        "DeviceTokenSource": {"SecretArn": SECRET_ARN, "Field": "alice", "VersionStage": "AWSCURRENT"},
        "VoipDeviceTokenSource": {"ParameterName": "/t", "Version": 3},
    }


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"\xff\xfe{", "The line is not UTF-8. [CE-105]"),
        (b'{"key": "a"', "The line is not JSON. [CE-105]"),
        (b"[" * 30_000, "The line is not JSON. [CE-105]"),
        (b'["canary"]', "The line is not a JSON object. [CE-104]"),
        (b'{"key": "a", "name": "canary", "name": "b"}', "name: occurs twice. [CE-109]"),
        (b'{"key": "a", "canary!": 1, "canary!": 2}', "(a name that is not a field's): occurs twice. [CE-109]"),
        (b"x" * (LONGEST_LINE + 1), "The line is longer than 65,536 bytes. [CE-106]"),
        ({"user": "alice"}, "key: is missing. [CE-101]"),
        (LINE | {"key": "-a"}, f"key: {fields.KEY_RULE} [CE-105]"),
        (LINE | {"key": 7}, f"key: {fields.KEY_RULE} [CE-105]"),
        (
            LINE | {"tags": {}},
            "alice-phone: tags: is not a field of a manifest. Tag the users with a resource of type Custom::Chime",
        ),
        (LINE | {"nmae": "canary"}, "alice-phone: nmae: is not a field of a manifest; did you mean name? [CE-102]"),
        (
            LINE | {"canary-Token": 1},
            "alice-phone: (a name that is not a field's): is not a field of a manifest. [CE-102]",
        ),
        (LINE | {"adopt_existing": "canary"}, "alice-phone: adopt_existing: must be true or false. [CE-104]"),
        (
            LINE | {"device_token": 7},
            "alice-phone: device_token: must be a device token, or {secret: …} or {parameter: …}. [CE-104]",
        ),
        (
            LINE | {"device_token": {"secrte": "canary"}},
            "alice-phone: device_token.secrte: is not a field of device_token; did you mean secret? [CE-102]",
        ),
        (
            LINE | {"device_token": {"Canary": 1}},
            "alice-phone: device_token.(a name that is not a field's): is not a field of device_token. [CE-102]",
        ),
        (LINE | {"device_token": {}}, "alice-phone: device_token: secret or parameter is missing. [CE-101]"),
        (LINE | {"device_token": ""}, "alice-phone: device_token: has 0 characters; 1 to 1600 are allowed. [CE-106]"),
        (
            LINE | {"device_token": {"secret": "canary*"}},
            "alice-phone: device_token.secret: contains a wildcard. Declare a single secret or parameter. [CE-105]",
        ),
        (
            LINE | {"voip_device_token": "canary"},
            "alice-phone: voip_device_token: VoIP pushes are for Apple devices only; with type GCM, remove it. [CE-1",
        ),
        (LINE | {"type": "FCM"}, "alice-phone: type: must be one of APNS, APNS_SANDBOX, GCM"),
        (LINE | {"user": "alice canary"}, "alice-phone: user: is not the ARN of an AppInstanceUser"),
        (LINE | {"name": None}, "alice-phone: name: must be a string. [CE-104]"),
        (LINE | {"name": "canary\u0007"}, "alice-phone: name: contains a control character"),
        (
            LINE | {"application": APPLICATION.replace("us-east-1", "eu-central-1")},
            "alice-phone: application: is in another region than the AppInstanceUser",
        ),
    ],
)
def test_a_mistake_is_named_with_key_and_field_and_without_values(line: object, expected: str) -> None:
    """A misplaced device token must not get into a report."""
    told = problems(line)
    assert any(each.startswith(expected) for each in told), told
    assert "canary" not in str(told).replace("canary!", "")


def test_every_mistake_of_a_line_is_reported_at_once() -> None:
    """Missing fields, unknown fields and wrong kinds belong together."""
    told = problems({"key": "a", "usr": "x", "require_active": 1}, Rules())
    assert [each.split(": ")[1] for each in told] == [
        "user",
        "type",
        "application",
        "device_token",
        "usr",
        "require_active",
    ]


def test_a_line_may_only_name_app_instances_and_applications_of_the_fleet() -> None:
    """The worker's role has no permission for others, which would be a 403 for each."""
    rules = Rules.of(
        {"AppInstance": INSTANCE, "Application": APPLICATION, "Type": "GCM"},
        app_instances=[INSTANCE],
        applications=[APPLICATION],
    )
    assert read_line(json.dumps(LINE).encode(), rules).key == "alice-phone"
    other = LINE | {"user": f"{OTHER_INSTANCE}/user/a", "application": APPLICATION.replace("0123", "ffff")}
    first, second = problems(other, rules)
    assert first.startswith("alice-phone: user: is not of an app instance of the fleet.")
    assert second.startswith("alice-phone: application: is not an application of the fleet.")


def test_keys_have_the_same_form_as_in_the_declaration_file() -> None:
    """An entry of endpoints.yaml can move into a manifest."""
    assert fields.KEY.pattern == file_fields.KEY.pattern
    assert fields.KEY_RULE == file_fields.KEY_RULE
    for key in ("a", "A" * 128, "a.b-c_d"):
        assert read_line(json.dumps(LINE | {"key": key}).encode(), RULES).key == key
    for key in ("", "a" * 129, ".a", "a-", "ä"):
        assert problems(LINE | {"key": key}) == [f"key: {fields.KEY_RULE} [CE-105]"]


@settings(deadline=None, derandomize=True)
@given(
    st.binary(max_size=200)
    | st.builds(
        lambda value: json.dumps(value).encode(),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(st.sampled_from([*fields.FIELDS, *fields.SOURCES, "x"]), inner, max_size=6)
            ),
            max_leaves=12,
        ),
    )
)
def test_any_line_is_read_or_refused(line: bytes) -> None:
    """Whatever a line contains, the reader says what is wrong with it."""
    try:
        read_line(line, RULES)
    except LineError as error:
        found = error.problems
    else:
        found = ()
    assert all(problem.code for problem in found)
