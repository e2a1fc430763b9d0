"""Canaries in every sensitive member, and a search for them in all output of the handler."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import boto3
import pytest

from chime_endpoints_emulator import Fault
from chime_endpoints_handler import index
from chime_endpoints_handler.aws.endpoints import api as endpoints
from chime_endpoints_handler.index import AnswerNotAcceptedError
from chime_endpoints_handler.model import declaration
from chime_endpoints_handler.model.declaration import TAGS_TYPE, read_endpoint, read_tags
from support.naming import plain
from support.stage import REGION, LambdaContext, Stage

EVERY_FAULT: list[dict[str, Any]] = [
    {"error": "BadRequestException", "message": "canary-token-a is bad", "times": None},
    {"error": "ForbiddenException", "message": "canary", "times": None},
    {"error": "canary-code", "status": 400, "message": "canary", "times": None},
    {"error": "ConflictException", "message": "canary", "times": None},
    {"error": "ServiceFailureException", "message": "canary", "times": None},
    {"answer": "hang", "times": None},
    {"answer": "html", "status": 500, "times": None},
    {"answer": "truncated", "when": "after", "times": None},
]


@pytest.fixture
def everything_logged(stage: Stage) -> Iterator[list[str]]:
    """All log output at every level, as Lambda's own handler would write it."""
    lines: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    keeper = Keeper(level=0)
    level = logging.root.level
    logging.root.addHandler(keeper)
    logging.root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        logging.root.removeHandler(keeper)
        logging.root.setLevel(level)
    del stage


def deliver_quietly(stage: Stage, event: dict[str, Any]) -> None:
    """Deliver an event, whatever its result."""
    with suppress(AnswerNotAcceptedError):
        stage.run(event)


def push_secret() -> str:
    """A secret with one valid and one invalid token."""
    arn: str = boto3.client("secretsmanager", region_name=REGION).create_secret(
        Name="push", SecretString=json.dumps({"apns": "canary-secret", "bad": "canary\n"})
    )["ARN"]
    return arn


def all_events(stage: Stage, secret: str) -> Iterator[dict[str, Any]]:
    """Events of every kind in sequence, with canaries in all sensitive members."""
    old = stage.properties(EndpointAttributes={"DeviceToken": "canary-token-a", "VoipDeviceToken": "canary-voip"})
    sources = [{"DeviceTokenSource": {"SecretArn": secret, "Field": field}} for field in ("apns", "bad", "none")]
    yield stage.event("Create", old)
    held = next(iter(stage.registered), None)
    current = f"{stage.user}/endpoint/{held.endpoint_id if held else 'none'}"
    changes: list[dict[str, Any]] = [
        {"Name": "canary tablet"},
        {"Type": "APNS_SANDBOX"},
        {"EndpointAttributes": {"DeviceToken": "canary-token-b\ud800"}},
        {"AppInstanceUserArn": "canary", "Type": "canary", "AllowMessages": "canary", "Tags": "canary"},
        *({"EndpointAttributes": source} for source in sources),
    ]
    for change in changes:
        yield stage.event("Update", stage.properties(**change), PhysicalResourceId=current, OldResourceProperties=old)
    tags = {"ResourceARN": stage.user, "Tags": [{"Key": "canary-key", "Value": "canary-value\x1b[31m\n"}]}
    yield stage.event("Create", tags, ResourceType=TAGS_TYPE)
    yield stage.event("Create", tags | {"Tags": [{"Key": "aws:canary", "Value": ""}] * 2}, ResourceType=TAGS_TYPE)
    yield stage.event("Delete", tags, ResourceType=TAGS_TYPE, PhysicalResourceId=f"{stage.user}/tags")
    yield stage.event("Delete", old, PhysicalResourceId="invented")
    yield stage.event("Delete", old, PhysicalResourceId=current)
    yield stage.event("Create", "canary")


@pytest.mark.slow
@pytest.mark.parametrize("fault", [None, *EVERY_FAULT], ids=str)
def test_no_canary_leaves_the_handler(
    stage: Stage, everything_logged: list[str], fault: dict[str, Any] | None, capfd: pytest.CaptureFixture[str]
) -> None:
    """F74, F75: no canary appears in any log, response or output."""
    stage.user = stage.backend.create_app_instance_user(
        app_instance_arn=stage.user.split("/user/")[0], app_instance_user_id="u-1", name="canary"
    )
    secret = push_secret()
    everything_logged.clear()  # the test's own client logs a lot
    for event in all_events(stage, secret):
        if fault is not None:
            stage.backend.faults[:] = [Fault(**fault)]
        deliver_quietly(stage, event)
    out = capfd.readouterr()
    said = "\n".join([*everything_logged, out.out, out.err, *(body.decode() for body in stage.sink.bodies)])
    assert len(stage.sink.accepted) > 10
    assert "canary" not in said


@pytest.mark.parametrize("fault", EVERY_FAULT[:3], ids=str)
def test_a_url_that_does_not_respond_is_not_logged(
    stage: Stage, everything_logged: list[str], fault: dict[str, Any]
) -> None:
    """F75: if the response URL does not respond, it is not logged, because it is a secret."""
    stage.backend.faults.append(Fault(**fault))
    stage.sink.statuses = [500] * 200
    with pytest.raises(AnswerNotAcceptedError) as raised:
        stage.run(stage.event("Create", stage.properties()))
    assert "canary" not in "\n".join(everything_logged)
    assert stage.sink.url not in repr(raised.value) + str(raised.value.__cause__) + str(raised.value.__context__)


def test_the_user_is_not_named_in_reasons_and_logs(stage: Stage, everything_logged: list[str]) -> None:
    """F74: no reason or log names the user's ARN; the endpoint's ID is enough."""
    stage.stranger()
    answer = stage.create()
    assert stage.user not in answer["Reason"] + "\n".join(everything_logged)


def test_a_line_break_in_a_logical_id_forges_no_log_line(stage: Stage, everything_logged: list[str]) -> None:
    """F76: a line break in a logical ID does not forge a log line: outside text is written as JSON."""
    stage.create(LogicalResourceId="Phone\nERROR forged\x1b[31m")
    mine = [line for line in everything_logged if "Phone" in line]
    assert mine
    assert not any("\n" in line or "\x1b" in line for line in mine)


def test_no_value_shows_its_secrets() -> None:
    """F74: the repr of every object that holds a secret hides it."""
    properties = {
        "AppInstanceUserArn": "u",
        "Type": "APNS",
        "ResourceArn": "r",
        "EndpointAttributes": {"DeviceToken": "canary", "VoipDeviceToken": "canary"},
        "Name": "canary",
    }
    identity = endpoints.Identity(
        user_arn="u", type="APNS", resource_arn="r", device_token="canary", voip_device_token="canary"
    )
    shown = [
        read_endpoint(properties),
        read_tags({"ResourceARN": "r", "Tags": [{"Key": "canary", "Value": "canary"}]}),
        declaration.PlainToken("canary"),
        identity,
        endpoints.Listed(endpoint_id="e", name="canary", type="APNS", allow_messages="ALL"),
        endpoints.Registered(endpoint_id="e", identity=identity, name="canary", allow_messages="ALL", created=None),
    ]
    assert "canary" not in repr(shown)


def test_a_log_handler_that_raises_does_not_cost_the_answer(stage: Stage) -> None:
    """F49: if a log handler raises, the response is still sent."""

    class Broken(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise OSError(record.levelno)

    broken = Broken()
    logging.root.addHandler(broken)
    try:
        assert stage.create({"Type": "wrong"})["Status"] == "FAILED"
    finally:
        logging.root.removeHandler(broken)


@pytest.mark.parametrize("declared", [{}, {"Type": "wrong"}], ids=["success", "failure"])
def test_a_closed_standard_output_does_not_cost_the_answer(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, declared: dict[str, Any]
) -> None:
    """F49: if standard output and standard error are closed, the response is still sent."""
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stdout", closed)
    monkeypatch.setattr(sys, "stderr", closed)
    broken = logging.StreamHandler(closed)
    level = logging.root.level
    logging.root.addHandler(broken)
    logging.root.setLevel(logging.DEBUG)
    try:
        answer = stage.create(stage.properties(**declared))
    finally:
        logging.root.removeHandler(broken)
        logging.root.setLevel(level)
    assert answer["Status"] == ("FAILED" if declared else "SUCCESS")
    assert len(stage.registered) == (0 if declared else 1)


def test_the_log_level_is_the_environments(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log level is the environment's; if its value is not a level, it is INFO."""
    before = logging.root.level
    try:
        for given, level in (("debug", logging.DEBUG), ("nonsense", logging.INFO), ("ERROR", logging.ERROR)):
            monkeypatch.setenv("LOG_LEVEL", given)
            index.handler({}, LambdaContext(stage.clock, stage.clock.now()))
            assert logging.root.level == level
    finally:
        logging.root.setLevel(before)


FORGERIES = ["x\nERROR forged", "x\r\nERROR forged", "x\x1b[31mforged", "x\x85forged", "x\u2028forged", "x\x00forged"]


@pytest.mark.parametrize("text", FORGERIES, ids=plain)
@pytest.mark.parametrize("member", ["LogicalResourceId", "StackId", "RequestId", "RequestType", "PhysicalResourceId"])
def test_no_member_of_an_event_forges_a_log_line(
    stage: Stage, everything_logged: list[str], member: str, text: str
) -> None:
    """F76: no member of an event forges a log line, in a success or in a failure."""
    for properties in (stage.properties(), {"Type": "nonsense"}):
        stage.run(stage.event("Create", properties, **{member: text}))
    ours = [line for line in everything_logged if "forged" in line]
    assert ours or member != "LogicalResourceId"
    assert all(line.isprintable() for line in ours)


@pytest.mark.parametrize("text", FORGERIES, ids=plain)
def test_no_name_tag_or_property_forges_a_log_line(stage: Stage, everything_logged: list[str], text: str) -> None:
    """F76: no name, tag or property forges a log line; a property with such a name is left out."""
    tags = {"ResourceARN": stage.user, "Tags": [{"Key": text, "Value": text}]}
    stage.create(stage.properties(Name=text, EndpointAttributes={"DeviceToken": text}))
    stage.create(stage.properties(**{text: text}))
    stage.create(tags, ResourceType=TAGS_TYPE)
    stage.update("none", stage.properties(Name=text), stage.properties(Name=text + text))
    assert "forged" not in "\n".join(everything_logged)
    assert "forged" not in str([answer.get("Reason") for answer in stage.sink.accepted])


def test_a_code_of_the_service_forges_no_log_line(stage: Stage, everything_logged: list[str]) -> None:
    """F76: an error code of the service that is not a word is not logged."""
    stage.backend.faults.append(Fault(error="x\x1b[31m forged", status=400, times=None))
    answer = stage.create()
    assert "an unreadable response" in answer["Reason"]
    assert "forged" not in answer["Reason"] + "\n".join(everything_logged)


@pytest.mark.parametrize("library", ["botocore.endpoint", "botocore.parsers", "boto3", "urllib3.connectionpool"])
def test_the_libraries_below_say_nothing(stage: Stage, everything_logged: list[str], library: str) -> None:
    """F74: below the handler, libraries log nothing once an event has arrived, even at DEBUG."""
    stage.create()
    logging.getLogger(library).error("canary")
    assert not [line for line in everything_logged if "canary" in line]
