"""Each mistake has its own code, its message says what to do, and the code's page quotes it word for word."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import boto3
import pytest

from chime_endpoints_handler.aws.failures.remedies import Kind, explain
from chime_endpoints_handler.model.codes import Code
from docs.commands import problems
from support.mistakes import DESCRIBE, MISTAKES, REGISTER, UPDATE, Mistake, printed
from support.stage import APPLICATION, REGION, Stage

PAGES = Path(__file__).parents[2] / "docs" / "errors"
RECORDED: Mapping[str, str] = json.loads((Path(__file__).parent / "recorded_codes.json").read_text())
"""Every code that ever existed, with its meaning."""
EACH_MISTAKE = [
    pytest.param(code, mistake, id=f"{code}-{number}")
    for code, mistakes in MISTAKES.items()
    for number, mistake in enumerate(mistakes, start=1)
]
NAMED: Mapping[Code, tuple[str, ...]] = {
    Code.MISSING: (" is missing",),
    Code.UNKNOWN: ("Nmae is not a property", "did you mean Name?"),
    Code.NOT_A_CHOICE: (" must be one of ", "did you mean "),
    Code.DYNAMIC_REFERENCE: ("EndpointAttributes.DeviceToken", "use DeviceTokenSource"),
    Code.ELSEWHERE: ("ResourceArn", "another region", "AppInstanceUser"),
    Code.TAGS_OF_ENDPOINT: ("Custom::ChimeIdentityTags",),
    Code.SOURCE_MISSING: (" for DeviceTokenSource failed: ", "does not exist"),
    Code.SOURCE_DENIED: ("TokenSource failed: ", "role needs ", "kms:Decrypt"),
    Code.SOURCE_DELETED: ("InvalidRequestException", "scheduled for deletion"),
    Code.FIELD_MISSING: ("DeviceTokenSource: secret arn:", 'field "apns"'),
    Code.NO_TOKEN: ("DeviceTokenSource: ", "secret arn:", "Store "),
    Code.DENIED: ("AccessDenied", "role needs "),
    Code.FORBIDDEN: ("ForbiddenException", "exists", "role allows "),
    Code.NO_IDENTITY: ("TagResource", "ResourceARN exists"),
    Code.VALUE_REFUSED: ("BadRequestException", "rejected a value. Check "),
    Code.ENDPOINT_QUOTA: (APPLICATION, "10 by default", "L-39BCA56C"),
    Code.TAG_QUOTA: ("50", "Remove some"),
    Code.TAKEN: ("ConflictException, because endpoint ", "already has the device token", "logical ID"),
    Code.TAKEN_ELSEWHERE: ("ConflictException", "another user's endpoint", "Deregister that endpoint"),
    Code.NOT_ADOPTABLE: ("AdoptExisting", "in Type and ResourceArn", "Declare the registered values"),
    Code.STILL_THERE: ("of endpoint ", "ForbiddenException", "chime:DeregisterAppInstanceUserEndpoint"),
    Code.VANISHED: ("Endpoint ", "Deploy again"),
    Code.INACTIVE: ("Endpoint ", "INVALID_DEVICE_TOKEN", "current token"),
    Code.LEFT_ALONE: ("Endpoint ", "matches the declaration", "Deregister it if "),
    Code.THROTTLED: ("Thrott", "Deploy again"),
    Code.OUT_OF_TIME: ("RegisterAppInstanceUserEndpoint", "increase the function's timeout"),
    Code.UNREACHABLE: ("EndpointConnectionError", "us-east-1 and eu-central-1", "VPC"),
    Code.UNCLEAR: ("ServiceFailureException", "Deploy again"),
    Code.INTERCEPTED: ("proxy",),
    Code.CREDENTIALS: ("credentials",),
    Code.UNEXPECTED: ("MemoryError", "report it"),
}
"""Words that the message of each code must contain."""
A_FAILED_CALL = re.compile(
    r"[A-Z]\w+( (of|with) (endpoint|application|role|secret|parameter) \S+)?( for \w+)? failed: \S.*\. .+"
)
CODES_OF_CALLS = {code for code in Code if code[3] in "23" and code not in (Code.FIELD_MISSING, Code.NO_TOKEN)} | {
    Code.STILL_THERE,
    Code.THROTTLED,
    Code.UNREACHABLE,
    Code.UNCLEAR,
    Code.INTERCEPTED,
    Code.CREDENTIALS,
}


def samples(code: str) -> list[str]:
    """Return the examples on a code's page."""
    return re.findall(r"^```text\n((?!endpoints\.yaml).+)\n```$", (PAGES / f"{code}.md").read_text(), re.MULTILINE)


def title(code: str) -> str:
    """Return the title of a code's page: its meaning in a few words."""
    (heading,) = re.findall(rf"^# {code}: (.+)$", (PAGES / f"{code}.md").read_text(), re.MULTILINE)
    return str(heading)


@pytest.mark.parametrize(("code", "mistake"), EACH_MISTAKE)
def test_a_mistake_is_reported_with_its_code_and_a_remedy(stage: Stage, code: Code, mistake: Mistake) -> None:
    """F74: the message names the call and its target in at most three sentences and contains nothing secret."""
    told = mistake(stage)
    assert re.findall(r"CE-\d+", told) == [code]
    text = told.partition(f"{code}: ")[2]
    assert 1 <= len(re.findall(r"[.?](?= |$)", text)) <= 3, text
    assert text[0].isupper()
    assert all(words in text for words in NAMED.get(code, ()))
    assert code not in CODES_OF_CALLS or A_FAILED_CALL.fullmatch(text), text
    assert "canary" not in told
    assert stage.user not in told


@pytest.mark.parametrize(
    ("operation", "kind", "said", "code", "words"),
    [
        ("GetParameter", Kind.UNREACHABLE, "ConnectTimeoutError", Code.UNREACHABLE, "in a VPC, give it a route"),
        ("GetParameter", Kind.INVALID, "ParameterVersionNotFound", Code.SOURCE_MISSING, "does not exist"),
        ("GetParameter", Kind.INTERCEPTED, "403", Code.INTERCEPTED, "direct access to the service."),
        ("GetSecretValue", Kind.UNCLEAR, "503", Code.UNCLEAR, "Deploy again"),
        ("GetSecretValue", Kind.FORBIDDEN, "NoSuchThing", Code.SOURCE_DENIED, "secretsmanager:GetSecretValue"),
        (REGISTER, Kind.NOT_FOUND, "NotFoundException", Code.NO_IDENTITY, "the AppInstanceUser exists."),
        (REGISTER, Kind.CONFLICT, "ConflictException", Code.TAKEN, "Deploy again"),
        (REGISTER, Kind.UNREACHABLE, "ProxyConnectionError", Code.INTERCEPTED, "us-east-1 and eu-central-1 only."),
        (REGISTER, Kind.INVALID, "an unreadable response", Code.INTERCEPTED, "proxy"),
        ("UntagResource", Kind.NOT_FOUND, "NotFoundException", Code.NO_IDENTITY, "of ResourceARN exists."),
        ("ListTagsForResource", Kind.DENIED, "AccessDenied", Code.DENIED, "chime:ListTagsForResource on the app"),
        ("TagResource", Kind.THROTTLED, "ThrottledClientException", Code.THROTTLED, "50 requests per second"),
        (UPDATE, Kind.CONFLICT, "ConflictException", Code.REFUSED, "service's API reference."),
        (DESCRIBE, Kind.FORBIDDEN, "ForbiddenException", Code.FORBIDDEN, f"allows chime:{DESCRIBE} on it."),
        (DESCRIBE, Kind.UNREACHABLE, "EndpointConnectionError", Code.UNREACHABLE, "eu-central-1 only; if"),
    ],
)
def test_a_failed_call_is_reported_with_a_remedy(operation: str, kind: Kind, said: str, code: Code, words: str) -> None:
    """F26, F31, F32: the message depends on the operation, the kind of failure and the service's error code."""
    found, advice = explain(operation, kind, said)
    assert found is code
    assert words in advice


@pytest.mark.parametrize("is_read_again", [True, False])
def test_a_warning_about_an_inactive_endpoint_needs_no_extra_call(
    stage: Stage, caplog: pytest.LogCaptureFixture, *, is_read_again: bool
) -> None:
    """F35: an Update warns of an INACTIVE endpoint if it reads it anyway, and makes no extra call for it."""
    boto3.client("ssm", region_name=REGION).put_parameter(Name="/push", Value="canary", Type="String")
    source = {"ParameterName": "/push"} | ({} if is_read_again else {"Version": "1"})
    old = stage.properties(EndpointAttributes={"DeviceTokenSource": source})
    held = stage.create(old)["PhysicalResourceId"]
    stage.registered[0].status, stage.registered[0].status_reason = "INACTIVE", "INVALID_DEVICE_TOKEN"
    caplog.set_level("INFO")
    answer = stage.update(held, old | {"AllowMessages": "NONE"}, old)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", held)
    assert stage.operations[1:] == (["Describe", "List", "Update"] if is_read_again else ["Update"])
    assert (Code.INACTIVE in caplog.text) is is_read_again


@pytest.mark.parametrize(("code", "mistake"), EACH_MISTAKE)
def test_the_page_of_a_code_shows_its_messages(stage: Stage, code: Code, mistake: Mistake) -> None:
    """The page quotes each message word for word, except for IDs that change."""
    assert printed(mistake(stage)) in samples(code)


@pytest.mark.parametrize("code", Code)
def test_the_page_of_a_code_shows_nothing_else(code: Code) -> None:
    """Every example on a page is a message that the handler sent in the test above."""
    assert len(samples(code)) == len(set(samples(code))) == len(MISTAKES[code])


def test_every_code_is_recorded_and_keeps_its_meaning() -> None:
    """No code ever disappears or changes its meaning, because people keep codes in their notes."""
    assert {str(code): title(code) for code in Code} == RECORDED


def test_every_page_has_a_code_and_is_in_the_table() -> None:
    """The table leads to every page, in the order of the codes."""
    assert {path.stem for path in PAGES.glob("CE-*.md")} == set(Code)
    rows = re.findall(r"^\| \[(\S+)\]\((\S+)\) \| (.+) \|$", (PAGES / "index.md").read_text(), re.MULTILINE)
    assert rows == [(code, f"{code}.md", title(code)) for code in sorted(Code)]


def test_the_commands_on_the_pages_are_commands() -> None:
    """Every program, subcommand and option on the pages exists."""
    for path in PAGES.glob("*.md"):
        text = re.sub(r"\s+", " ", path.read_text())
        for command in re.findall(r"`((?:aws|cdk|chime-endpoints) [^`]+)`", text):
            assert problems(command, text) == [], path.name


def test_the_links_of_the_pages_lead_to_pages() -> None:
    """Every link within the documentation leads to an existing page."""
    for path in PAGES.glob("*.md"):
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text()):
            assert (path.parent / link).exists(), f"{path.name}: {link}"
