"""The rules for properties: each violation gets a sentence that names the property and no value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chime_endpoints_handler.model.declaration import ENDPOINT_TYPE, TAGS_TYPE
from chime_endpoints_handler.model.rules.violations import violations
from support.recorded import assert_as_recorded

RECORDED = Path(__file__).parent / "recorded_violations.txt"

USER = "arn:aws:chime:us-east-1:123456789012:app-instance/i/user/alice"
VALID: dict[str, Any] = {
    "AppInstanceUserArn": USER,
    "Type": "APNS",
    "ResourceArn": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a",
    "EndpointAttributes": {"DeviceToken": "t"},
}
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:s"
PARAMETER = "arn:aws:ssm:us-east-1:123456789012:parameter/push/alice"
APPLICATION = "arn:aws:mobiletargeting:{}:apps/a"


def attributes(**members: Any) -> dict[str, Any]:
    """A change of the endpoint's attributes."""
    return {"EndpointAttributes": members}


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"AppInstanceUserArn": "alice"}, "AppInstanceUserArn is not the ARN of an AppInstanceUser"),
    ({"AppInstanceUserArn": USER.replace("user", "bot")}, "AppInstanceUserArn is not the ARN"),
    ({"AppInstanceUserArn": USER.split("/user")[0]}, "AppInstanceUserArn is not the ARN"),
    ({"AppInstanceUserArn": USER.replace("chime", "sqs")}, "AppInstanceUserArn is not the ARN"),
    ({"AppInstanceUserArn": 5}, "AppInstanceUserArn must be a string"),
    ({"Type": "apns"}, "did you mean APNS?"),
    ({"Type": "FCM"}, "Type must be one of APNS, APNS_SANDBOX, GCM"),
    ({"Type": ["APNS"]}, "Type must be one of"),
    (
        {"ResourceArn": "arn:aws:sns:us-east-1:123456789012:app/GCM/x"},
        "ResourceArn is not the ARN of an application",
    ),
    ({"ResourceArn": APPLICATION.format("eu-central-1:123456789012")}, "ResourceArn is in another region"),
    ({"ResourceArn": APPLICATION.format("us-east-1:210987654321")}, "ResourceArn is in another account"),
    ({"EndpointAttributes": "t"}, "EndpointAttributes must be a map"),
    (attributes(), "DeviceToken or DeviceTokenSource is missing"),
    (attributes(DeviceToken=""), "EndpointAttributes.DeviceToken has 0 characters; 1 to 1600"),
    (attributes(DeviceToken="t" * 1601), "EndpointAttributes.DeviceToken has 1601 characters"),
    (attributes(DeviceToken=5), "EndpointAttributes.DeviceToken must be a string"),
    (attributes(DeviceToken="t\n"), "EndpointAttributes.DeviceToken has a line break at its end; remove it."),
    (attributes(DeviceToken="\ud800"), "half of a surrogate pair"),
    (attributes(DeviceToken="t", DeviceTokenSource={"SecretArn": SECRET}), "are both set"),
    (
        attributes(DeviceToken="t", VoipDeviceToken="v", VoipDeviceTokenSource={"SecretArn": SECRET}),
        "VoipDeviceToken and VoipDeviceTokenSource are both set",
    ),
    (attributes(DeviceToken="t", VoipDeviceTokenSource={}), "VoipDeviceTokenSource: SecretArn or"),
    ({"Type": 5}, "Type must be one of APNS, APNS_SANDBOX, GCM."),
    (attributes(DeviceTokenSource={}), "SecretArn or ParameterName is missing"),
    (attributes(DeviceTokenSource={"Version": "1"}), "DeviceTokenSource.ParameterName is missing"),
    (attributes(DeviceTokenSource={"SecretArn": "push tokens"}), "SecretArn is not the name or ARN of a secret"),
    (
        attributes(DeviceTokenSource={"SecretArn": "0123456789abcdef" * 4}),
        "SecretArn is not the name or ARN of a secret",
    ),
    (
        attributes(DeviceTokenSource={"SecretArn": "push/*"}),
        "SecretArn contains a wildcard. Declare a single secret or parameter.",
    ),
    (attributes(DeviceTokenSource={"SecretArn": f"{SECRET}-AbCdE?"}), "SecretArn contains a wildcard"),
    (attributes(DeviceTokenSource={"SecretArn": f"{SECRET}-AbCdEf:apns::"}), "SecretArn has a field, stage or version"),
    (attributes(DeviceTokenSource={"SecretArn": PARAMETER}), "SecretArn is the ARN of a parameter"),
    (attributes(DeviceTokenSource={"SecretArn": SECRET.replace("arn:aws", "arn:aws-cn")}), "in another partition"),
    (
        attributes(DeviceTokenSource={"SecretArn": SECRET.replace("12", "99")}),
        "SecretArn is the ARN of another account's",
    ),
    (attributes(DeviceTokenSource={"ParameterName": SECRET}), "ParameterName is the ARN of a secret"),
    (attributes(DeviceTokenSource={"ParameterName": "/push/*"}), "ParameterName contains a wildcard"),
    (attributes(DeviceTokenSource={"ParameterName": f"{PARAMETER}/*"}), "ParameterName contains a wildcard"),
    (attributes(DeviceTokenSource={"ParameterName": "/push/alice:3"}), "ParameterName has a version or label after"),
    (attributes(DeviceTokenSource={"ParameterName": f"{PARAMETER}:3"}), "ParameterName has a version or label after"),
    (
        attributes(DeviceTokenSource={"ParameterName": "/aws/reference/secretsmanager/push"}),
        "ParameterName refers to a secret. Declare the name or ARN of the secret as SecretArn",
    ),
    (attributes(DeviceTokenSource={"SecretArn": SECRET, "ParameterName": "p"}), "declare only one source"),
    (attributes(DeviceTokenSource={"SecretArn": SECRET, "Feld": "p"}), "did you mean Field?"),
    (attributes(DeviceTokenSource={"ParameterName": "p", "Version": "0"}), "not a whole number from 1"),
    (
        attributes(DeviceTokenSource={"SecretArn": SECRET, "VersionId": "v" * 32, "VersionStage": "s"}),
        "VersionId and VersionStage are both set",
    ),
    ({"Type": "GCM"} | attributes(DeviceToken="t", VoipDeviceToken="v"), "VoIP pushes are for Apple devices"),
    (
        {"Type": "GCM"} | attributes(DeviceToken="t", VoipDeviceTokenSource={"ParameterName": "/push/voip"}),
        "VoIP pushes are for Apple devices",
    ),
    ({"Name": "n" * 1601}, "Name has 1601 characters"),
    ({"Name": "\x1b[31m"}, "Name contains a control character"),
    ({"Name": "\x7f"}, "Name contains a control character"),
    ({"AllowMessages": "SOME"}, "AllowMessages must be one of ALL, NONE"),
    ({"AdoptExisting": "yes"}, "AdoptExisting must be one of true, false"),
    ({"Nme": "n"}, "Nme is not a property; did you mean Name?"),
    ({"canary-1\n\x1b": "n"}, "(a name longer than 40 characters, or not only letters) is not a property."),
]
"""A change of valid properties, and the sentence it causes."""


@pytest.mark.parametrize(("change", "problem"), WRONG, ids=lambda value: value[:40] if isinstance(value, str) else "")
def test_a_violation_is_named(change: dict[str, Any], problem: str) -> None:
    """F18: each violation gets exactly one sentence."""
    (found,) = violations(ENDPOINT_TYPE, VALID | change)
    assert problem in found.text


def sentences() -> Iterator[str]:
    """One line for each wrong declaration."""
    endpoints = [
        *(VALID | change for change, _ in WRONG),
        *({name: value for name, value in VALID.items() if name != missing} for missing in VALID),
        VALID | {"Tags": [], "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:f", "ServiceTimeout": "5"},
        VALID | attributes(DeviceToken="{{resolve:ssm:push}}"),
        VALID | attributes(DeviceToken="t", VoipDeviceToken="{{resolve:secretsmanager:push}}"),
        VALID | attributes(DeviceToken="t", VoipDeviceToken=""),
        VALID | attributes(DeviceToken="t", Tokn="u", DeviceTokenSource="s"),
        VALID | attributes(DeviceTokenSource={"Field": "", "Version": True, "VersionStage": "s" * 257}),
        VALID | attributes(DeviceTokenSource={"SecretArn": SECRET, "VersionId": "v" * 31}),
        VALID | attributes(DeviceTokenSource={"SecretArn": SECRET, "VersionId": "v" * 65}),
        VALID | attributes(DeviceTokenSource={"ParameterName": "a b", "Version": 1.5}),
        VALID | {"ResourceArn": "arn:aws-cn:mobiletargeting:cn-north-1:210987654321:apps/a"},
        VALID | {"canary" * 7: "n"},
    ]
    tags: dict[str, dict[str, Any]] = {
        "none": {},
        "unknown": {"ResourceArn": USER, "Tags": []},
        "another resource": {"ResourceARN": f"{USER}/endpoint/e", "Tags": []},
        "no list": {"ResourceARN": USER, "Tags": {"a": "1"}},
        "no maps": {"ResourceARN": USER, "Tags": ["a", {}]},
        "twice": {"ResourceARN": USER, "Tags": [{"Key": key, "Value": "1"} for key in "abba"]},
        "reserved": {"ResourceARN": USER, "Tags": [{"Key": 5, "Value": None}, {"Key": "AWS:a", "Value": "1"}]},
        "length": {"ResourceARN": USER, "Tags": [{"Key": "k" * size, "Value": "v" * 2 * size} for size in (0, 129)]},
        "most": {"ResourceARN": USER, "Tags": [{"Key": f"k{n}", "Value": "1"} for n in range(50)]},
        "too many": {"ResourceARN": USER, "Tags": [{"Key": f"k{n}", "Value": "1"} for n in range(51)]},
    }
    yield f"type: {'; '.join(map(str, violations('Custom::Another', VALID)))}"
    for properties in endpoints:
        changed = {name: value for name, value in properties.items() if VALID.get(name) != value}
        shown = json.dumps(changed | dict.fromkeys(VALID.keys() - properties.keys()))
        yield f"{shown[:160]}: {'; '.join(map(str, violations(ENDPOINT_TYPE, properties)))}"
    for what, properties in tags.items():
        yield f"tags, {what}: {'; '.join(map(str, violations(TAGS_TYPE, properties)))}"


def test_the_sentences_are_as_recorded() -> None:
    """F18: the sentences equal the recorded ones; for an intended change, RECORD=1 records them again."""
    assert_as_recorded(sentences(), RECORDED)


@pytest.mark.parametrize("properties", [None, [], "x", 5])
def test_properties_that_are_no_map_are_one_violation(properties: object) -> None:
    """F18: properties that are not a map are one violation, of whatever type."""
    (found,) = violations(ENDPOINT_TYPE, properties)
    assert str(found) == "CE-104: ResourceProperties is not a map of properties."


@pytest.mark.parametrize("value", [True, "true", "True", "TRUE", False, "false"])
def test_a_boolean_may_be_spelt_as_cloudformation_sends_it(value: object) -> None:
    """F19: booleans may have any spelling that CloudFormation sends, since scalars arrive as strings."""
    assert violations(ENDPOINT_TYPE, VALID | {"AdoptExisting": value}) == []


@pytest.mark.parametrize("letter", ["\x20\xa0", "\xa0", "\ue000"])
def test_a_name_may_have_characters_next_to_the_control_characters(letter: str) -> None:
    """F22: a name may hold characters that are not control characters, as in the API's model."""
    assert violations(ENDPOINT_TYPE, VALID | {"Name": f"a{letter}b"}) == []


@pytest.mark.parametrize("version", [3, "3"])
def test_a_version_may_be_a_number_or_a_string(version: object) -> None:
    """F19: a version may be a number or a string, since scalars arrive as strings."""
    source = {"DeviceTokenSource": {"ParameterName": "p", "Version": version}}
    assert violations(ENDPOINT_TYPE, VALID | {"EndpointAttributes": source}) == []


@pytest.mark.parametrize("name", ["Алиса 📱", "עברית", "a" * 1600, ""])
def test_a_name_may_be_in_any_script(name: str) -> None:
    """F22: a name may have letters, signs and emoji of all languages."""
    assert violations(ENDPOINT_TYPE, VALID | {"Name": name}) == []


def test_unresolved_values_pass() -> None:
    """A value that is unresolved at synthesis passes and is checked when the event arrives."""
    unknown = "${Token[TOKEN.1]}"
    properties = VALID | {"AppInstanceUserArn": unknown, "Type": unknown, "Name": unknown}
    assert violations(ENDPOINT_TYPE, properties, unresolved=lambda value: value == unknown) == []


def test_what_is_known_of_an_unresolved_arn_counts() -> None:
    """The known parts of an unresolved ARN are checked: its ID is unknown, its region is not."""
    user = USER.replace("app-instance/i", "app-instance/${Token[TOKEN.1]}").replace("us-east-1", "eu-central-1")
    (found,) = violations(ENDPOINT_TYPE, VALID | {"AppInstanceUserArn": user}, unresolved=lambda value: value == user)
    assert "in another region" in found.text


def test_the_violations_quote_no_value() -> None:
    """F74: a violation quotes no value, which may be a device token in the wrong property."""
    canary = "canary-0123456789abcdef"
    everywhere = dict.fromkeys(VALID, canary) | {"Name": canary + "\n", "AllowMessages": canary}
    assert not any(canary in str(found) for found in violations(ENDPOINT_TYPE, everywhere))
