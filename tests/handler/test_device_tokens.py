"""The function registers every value that may be a device token, and no other."""

from __future__ import annotations

import base64
import json
import logging
from typing import Any

import boto3
import pytest

from chime_endpoints_handler.aws import token_sources as sources
from chime_endpoints_handler.aws.calls import Caller
from chime_endpoints_handler.aws.deadline import Deadline
from chime_endpoints_handler.aws.failures.errors import SourceError
from chime_endpoints_handler.model.declaration import SecretSource
from chime_endpoints_handler.model.rules.violations import token_violations
from support.rotating import Stack
from support.stage import REGION, Stage

HEXADECIMAL = "0fC1" * 16
GOOGLES = "fX2kUi_9QkyB3-1b0eXyZ0:APA91bHun4MxP5egoKMwt2KZFBaFUH-1RYqx_d0OyE"

TOKENS = {
    "Apple's": HEXADECIMAL,
    "Apple's in lower case": HEXADECIMAL.lower(),
    "Apple's, longer than today's": HEXADECIMAL * 5,
    "digits alone": "1234567890" * 7,
    "Google's": GOOGLES,
    "Google's of old": "APA91b" + "xY_-0" * 30,
    "Google's that begins with a hyphen": f"-{GOOGLES}",
    "the longest": "a" * 1600,
    "made up for a test": "token-of-alice",
    "what only begins like base64 of JSON": "eyJhbGljZQ",
    "what begins like base64 of JSON and is no text": "eyJ" + "_" * 9,
    "what only ends like padding": "abcdef==",
}

ENCODED = base64.b64encode(b'{"alice": "canary"}').decode()
NO_TOKENS = {
    "a JSON object": ('{"canary": "canary-a", "bob": "canary-b"}', "is a JSON object"),
    "a JSON object over lines": ('\ufeff {\n  "canary": "canary-a"\n}\n', "is a JSON object"),
    "a JSON object of 64 kB": (json.dumps({f"canary-{n}": "canary" for n in range(3000)}), "is a JSON object"),
    "a JSON object that is cut short": ('{"canary": "can', "is text in braces"),
    "a dictionary as Python prints it": ("{'canary': 'canary-a'}", "is text in braces"),
    "data as iOS 13 prints it": ("{length = 32, bytes = 0xcanary}", "is text in braces"),
    "a JSON list": ('["canary-a", "canary-b"]', "is a JSON list"),
    "data as iOS 12 prints it": ("<canarya1 canaryb2>", "is text in angle brackets"),
    "a placeholder in brackets": ("<canary>", "is text in angle brackets"),
    "a JSON string": ('"canary"', "contains quotation marks"),
    "single quotes": ("'canary'", "contains quotation marks"),
    "a word processor's quotes": ("“canary”", "contains quotation marks"),
    "an optional as Swift prints it": ('Optional("canary")', "contains quotation marks"),
    "a space at the end": ("canary ", "has a space at its end"),
    "a space at the beginning": (" canary", "has a space at its beginning"),
    "a space within": ("can ary", "has a space in it"),
    "a line break of Windows": ("canary\r\n", "has a line break at its end"),
    "a tab": ("canary\t", "has a tab at its end"),
    "nothing but white space": ("   ", "has a space at its beginning"),
    "a no-break space": ("canary\u00a0", "has a no-break space at its end"),
    "an ideographic space": ("canary\u3000", "has white space at its end"),
    "a byte order mark": ("\ufeffcanary", "has a byte order mark at its beginning"),
    "a zero-width space": ("canary\u200b", "has an invisible character at its end"),
    "a soft hyphen": ("can\u00adary", "has a soft hyphen in it"),
    "a mark of direction": ("\u202acanary\u202c", "has an invisible character at its beginning"),
    "a variation selector": ("canary\ufe0f", "has an invisible character at its end"),
    "a filler that is a letter to Unicode": ("canary\u3164", "has an invisible character at its end"),
    "a NUL character": ("canary\0", "has a NUL character at its end"),
    "an escape of a terminal": ("\x1b[0mcanary", "has a control character at its beginning"),
    "half of a surrogate pair": ("canary\ud83d", "has half of a surrogate pair at its end"),
    "a dash of a word processor": ("canary–a", "contains a character that is not allowed in a device token"),  # noqa: RUF001 - that is the point
    "a letter that looks like another": ("cаnary", "contains a character that is not allowed in a device token"),  # noqa: RUF001 - likewise
    "a list": ("canary-a,canary-b", "is a list"),
    "a list with semicolons": ("canary-a;canary-b", "is a list"),
    "a file for the AWS CLI": ("file://canary.txt", "is a path or URL"),
    "a binary file for the AWS CLI": ("fileb://canary", "is a path or URL"),
    "a URL": ("https://canary", "is a path or URL"),
    "a path": ("/push/canary", "is a path or URL"),
    "a path from here": ("./canary", "is a path or URL"),
    "a path from home": ("~canary", "is a path or URL"),
    "a path of Windows": ("C:\\canary", "is a path or URL"),
    "a file's name": ("canary.TXT", "is a path or URL"),
    "the name of a secret": ("chime/canary", "is a path or URL"),
    "the ARN of a secret": (f"arn:aws:secretsmanager:{REGION}:123456789012:secret:canary-AbCdEf", "is an ARN"),
    "a line of an environment file": ("DEVICE_TOKEN=canary", "is an assignment of the form NAME=VALUE"),
    "a variable": ("${CANARY}", "contains a character that is not allowed in a device token"),
    "a dynamic reference": ("{{resolve:ssm:/canary}}", "is text in braces"),
    "text of a URL": ("canary%3Acanary", "contains a character that is not allowed in a device token"),
    "an address": ("canary@example.com", "contains a character that is not allowed in a device token"),
    "base64 of JSON": (ENCODED, "is JSON in base64"),
    "a JSON Web Token": (f"{ENCODED.rstrip('=')}.{ENCODED.rstrip('=')}.canary", "is JSON in base64"),
    "nothing in JSON": ("null", "is a placeholder for a missing value"),
    "nothing in Python": ("None", "is a placeholder for a missing value"),
    "nothing in JavaScript": ("undefined", "is a placeholder for a missing value"),
    "a value to be changed": ("CHANGE_ME", "is a placeholder for a missing value"),
    "too much": ("c" * 1601, "has 1601 characters"),
    "nothing": ("", "has 0 characters"),
}
EACH = pytest.mark.parametrize("kind", NO_TOKENS)
STORABLE = pytest.mark.parametrize(
    "kind",
    [
        "a JSON object",
        "a JSON object over lines",
        "a JSON string",
        "a space at the end",
        "a byte order mark",
        "a list",
        "a file for the AWS CLI",
        "nothing in JSON",
    ],
)


def from_source(stage: Stage, **source: str) -> dict[str, Any]:
    """Return properties whose device token comes from a source."""
    return stage.properties(EndpointAttributes={"DeviceTokenSource": source})


def secret(content: str) -> str:
    """Create a secret and return its ARN."""
    arn: str = boto3.client("secretsmanager", region_name=REGION).create_secret(Name="push", SecretString=content)[
        "ARN"
    ]
    return arn


@pytest.mark.parametrize("kind", TOKENS)
def test_what_may_be_a_token_passes(kind: str) -> None:
    """Any length and any characters can pass, because neither push service promises a format."""
    assert token_violations(TOKENS[kind], "It") == []


@EACH
def test_what_is_no_token_is_named_by_its_kind(kind: str) -> None:
    """One sentence says what the value is, and shows no part of it."""
    value, told = NO_TOKENS[kind]
    (violation,) = token_violations(value, "It")
    assert violation.text.startswith(f"It {told}")
    assert "canary" not in violation.text.lower()


@STORABLE
@pytest.mark.parametrize("place", ["plain", "secret", "field", "parameter"])
def test_what_is_no_token_is_not_registered(stage: Stage, kind: str, place: str) -> None:
    """The Create fails before any call to the service, and its reason shows no part of the value."""
    value, told = NO_TOKENS[kind]
    match place:
        case "plain":
            declared = stage.properties(EndpointAttributes={"DeviceToken": value})
        case "secret":
            declared = from_source(stage, SecretArn=secret(value))
        case "field":
            declared = from_source(stage, SecretArn=secret(json.dumps({"apns": value})), Field="apns")
        case _:
            boto3.client("ssm", region_name=REGION).put_parameter(Name="/push", Value=value, Type="SecureString")
            declared = from_source(stage, ParameterName="/push")
    answer = stage.create(declared)
    assert answer["Status"] == "FAILED"
    assert told in answer["Reason"]
    assert "canary" not in answer["Reason"]
    assert stage.backend.calls == []


def test_a_whole_secret_of_many_tokens_is_to_be_declared_with_its_field(stage: Stage) -> None:
    """The reason names the property, the field of the file and the construct's argument to use."""
    reason = stage.create(from_source(stage, SecretArn=secret(NO_TOKENS["a JSON object"][0])))["Reason"]
    assert reason.startswith("CE-205: DeviceTokenSource: the value read from secret arn:")
    assert reason.endswith(
        " is a JSON object, not a device token. Store only the device token, as text. If it is a field of the secret's"
        " JSON object, declare Field (`field` in endpoints.yaml and in Python)."
    )


def test_a_voip_token_is_judged_as_the_other_one_is(stage: Stage) -> None:
    """F12: a source of the VoIP device token that holds something else is refused, too."""
    arn = boto3.client("secretsmanager", region_name=REGION).create_secret(Name="voip", SecretString='"canary"')["ARN"]
    attributes = {"DeviceToken": "canary-a", "VoipDeviceTokenSource": {"SecretArn": arn}}
    answer = stage.create(stage.properties(EndpointAttributes=attributes))
    assert answer["Reason"].startswith("CE-205: VoipDeviceTokenSource: ")
    assert stage.registered == []


@pytest.mark.parametrize("value", ["canary-a,canary-b", "canary-a"])
def test_a_list_of_strings_is_no_token(stage: Stage, value: str) -> None:
    """The parameter's type decides, even if its list has one member."""
    boto3.client("ssm", region_name=REGION).put_parameter(Name="/push", Value=value, Type="StringList")
    answer = stage.create(from_source(stage, ParameterName="/push"))
    assert answer["Status"] == "FAILED"
    assert "parameter /push is a StringList. Store only the device token, in a parameter of type" in answer["Reason"]
    assert "canary" not in answer["Reason"]
    assert stage.backend.calls == []


@pytest.mark.parametrize("value", ["token", '{"alice": "canary"}'])
def test_reading_a_token_for_a_person_judges_it(stage: Stage, value: str) -> None:
    """The `drift` command, which registers nothing, also rejects it."""
    source = SecretSource(secret_arn=secret(value))
    call = Caller(deadline=Deadline(lambda: 60.0))
    if value == "token":
        assert sources.read("DeviceToken", source, clients=stage.clients, call=call) == "token"
    else:
        with pytest.raises(SourceError, match="is a JSON object, not a device token"):
            sources.read("DeviceToken", source, clients=stage.clients, call=call)


def test_a_field_is_found_behind_a_byte_order_mark(stage: Stage) -> None:
    """A Windows editor may write the secret's JSON with a byte order mark."""
    stage.create(from_source(stage, SecretArn=secret('\ufeff{"apns": "canary"}'), Field="apns"))
    assert [each.device_token for each in stage.registered] == ["canary"]


# Endpoints that earlier releases registered


OLD = NO_TOKENS["a JSON object"][0]


def registered_earlier(stage: Stage, declared: dict[str, Any]) -> str:
    """Register an endpoint as an earlier release did and return its physical ID."""
    made = stage.stranger(OLD, name=declared["Name"])
    return f"{stage.user}/endpoint/{made.endpoint_id}"


@pytest.fixture(params=["plain", "secret", "parameter"])
def old(request: pytest.FixtureRequest, stage: Stage) -> dict[str, Any]:
    """A declaration whose device token breaks the current rule."""
    if request.param == "plain":
        return stage.properties(EndpointAttributes={"DeviceToken": OLD})
    if request.param == "secret":
        return from_source(stage, SecretArn=secret(OLD))
    boto3.client("ssm", region_name=REGION).put_parameter(Name="/push", Value=OLD, Type="StringList")
    return from_source(stage, ParameterName="/push")


def test_a_delete_does_not_judge_the_token(stage: Stage, old: dict[str, Any]) -> None:
    """A Delete removes what an earlier release registered."""
    held = registered_earlier(stage, old)
    assert stage.delete(held, old)["Status"] == "SUCCESS"
    assert stage.registered == []


def test_an_update_of_another_member_keeps_what_is_registered(stage: Stage, old: dict[str, Any]) -> None:
    """The Update and its rollback keep the endpoint and its token."""
    held = registered_earlier(stage, old)
    for new, before in ((old | {"Name": "new"}, old), (old, old | {"Name": "new"})):
        answer = stage.update(held, new, before)
        assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", held)
        assert [(each.name, each.device_token) for each in stage.registered] == [(new["Name"], OLD)]


def test_a_token_replaces_a_value_that_is_no_token(stage: Stage, old: dict[str, Any]) -> None:
    """After a valid token replaces the value, the rollback returns to the old endpoint, which still exists."""
    held = registered_earlier(stage, old)
    new = stage.properties()
    answer = stage.update(held, new, old)
    assert answer["Status"] == "SUCCESS"
    back = stage.update(answer["PhysicalResourceId"], old, new)
    assert (back["Status"], back["PhysicalResourceId"]) == ("SUCCESS", held)
    stage.delete(answer["PhysicalResourceId"], new)
    assert [each.device_token for each in stage.registered] == [OLD]


def test_an_update_registers_nothing_that_is_no_token(stage: Stage, old: dict[str, Any]) -> None:
    """An Update fails both as a replacement and as a new registration of a vanished endpoint."""
    held = stage.create()["PhysicalResourceId"]
    replaced = stage.update(held, old, stage.properties())
    stage.backend.endpoints.clear()
    gone = stage.update(held, old | {"Name": "new"}, old)
    for answer in (replaced, gone):
        assert answer["Status"] == "FAILED"
        assert "canary" not in answer["Reason"]
    assert stage.registered == []


def test_a_registered_value_that_is_no_token_is_logged(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """The log has the reason for which the value would be refused."""
    caplog.set_level(logging.WARNING)
    declared = from_source(stage, SecretArn=secret(OLD))
    stage.update(registered_earlier(stage, declared), declared | {"Name": "new"}, declared)
    assert "stays registered as it is, though nothing can be pushed to it: CE-205: " in caplog.text
    assert "canary-a" not in caplog.text


def test_a_rollback_registers_again_what_there_was(stage: Stage) -> None:
    """If CloudFormation rolls back, an old endpoint that gave way is registered again without the check."""
    stack = Stack(stage)
    voip = {"VoipDeviceToken": "canary-voip"}
    stack.create(EndpointAttributes={"DeviceToken": "canary-a"} | voip)
    (endpoint,) = stage.registered
    endpoint.voip_device_token = OLD
    stack.declared["EndpointAttributes"] = {"DeviceToken": "canary-a", "VoipDeviceToken": OLD}
    stack.update(EndpointAttributes={"DeviceToken": "canary-a"})
    assert stack.roll_back()["Status"] == "SUCCESS"
    assert [(each.device_token, each.voip_device_token) for each in stage.registered] == [("canary-a", OLD)]
