"""Events without a usable form: nothing is called, and nothing raises."""

from __future__ import annotations

from typing import Any

import pytest

from chime_endpoints_handler.cloudformation.request import parse
from chime_endpoints_handler.model import physical_id
from support.stage import Stage

EVENT: dict[str, Any] = {
    "RequestType": "Create",
    "RequestId": "r",
    "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/s/u",
    "ResponseURL": "https://example.invalid/x",
    "ResourceType": "Custom::ChimeAppInstanceUserEndpoint",
    "LogicalResourceId": "L",
    "ResourceProperties": {},
}


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({}, "has no StackId, RequestId, LogicalResourceId"),
        (None, "is not a map"),
        ([], "is not a map"),
        ("x", "is not a map"),
        (5, "is not a map"),
    ],
)
def test_what_is_no_event_ends_at_once(
    stage: Stage, caplog: pytest.LogCaptureFixture, event: object, reason: str
) -> None:
    """F15: an event of the wrong form ends at once, with no request, not even to an earlier event's URL."""
    stage.create()
    seen = len(stage.sink.bodies)
    stage.run(event)
    assert len(stage.sink.bodies) == seen
    assert f"CE-519: Ignored an event that CloudFormation did not send: the event {reason}. " in caplog.text


@pytest.mark.parametrize("value", [None, "", 5])
@pytest.mark.parametrize("key", ["RequestType", "RequestId", "StackId", "LogicalResourceId"])
def test_an_event_without_what_an_answer_needs_ends_at_once(
    stage: Stage, caplog: pytest.LogCaptureFixture, key: str, value: object
) -> None:
    """F15: an event that cannot be answered ends at once, and nothing is registered."""
    stage.run(stage.event("Create", stage.properties()) | {key: value})
    assert not stage.sink.bodies
    assert not stage.backend.calls
    assert f"CE-519: Ignored an event that CloudFormation did not send: the event has no {key}. " in caplog.text


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("ResourceType", "must be Custom::ChimeAppInstanceUserEndpoint or"),
        ("ResourceProperties", "is not a map of properties"),
    ],
)
def test_an_event_without_its_resource_is_refused(stage: Stage, key: str, problem: str) -> None:
    """F15, F18: an event without its resource fails, because it can be answered."""
    event = stage.event("Create", stage.properties())
    del event[key]
    answer = stage.deliver(event)
    assert answer["Status"] == "FAILED"
    assert f"{key} {problem}" in answer["Reason"]


@pytest.mark.parametrize(
    "url",
    ["", "ftp://host/x", "file:///etc/passwd", "https://", "http://[::1/x", "https://host:0/", "https://h/\n",
     "https://h/" + "x" * 16_375, "https://h:99999/", "https://ho st/", None, 5],
)  # fmt: skip
def test_an_unusable_url_ends_at_once(stage: Stage, caplog: pytest.LogCaptureFixture, url: object) -> None:
    """F15, F16: a URL with another scheme, that cannot be parsed or has 20 kB ends the event at once."""
    with caplog.at_level("WARNING"):
        stage.run(stage.event("Create", stage.properties(), ResponseURL=url))
    assert not stage.backend.calls
    assert not stage.sink.bodies
    assert "send: the event has no usable ResponseURL" in caplog.text
    assert len(caplog.text) < 500


def test_a_very_long_url_is_usable() -> None:
    """F16: a very long URL works, because pre-signed URLs grow with their credentials."""
    url = "https://h/" + "x" * 16_374
    assert parse(EVENT | {"ResponseURL": url}).response_url == url


@pytest.mark.parametrize("request_type", ["create", "CREATE", "Read", "create "])
def test_an_unknown_request_type_is_refused(stage: Stage, request_type: str) -> None:
    """F17: an unknown request type fails, also if it differs only by case."""
    answer = stage.deliver(stage.event(request_type, stage.properties()))
    assert (answer["Status"], answer["Reason"]) == ("FAILED", "CE-519: RequestType must be Create, Update or Delete.")
    assert answer["PhysicalResourceId"].startswith("not-applied/")
    assert not stage.backend.calls


@pytest.mark.parametrize("extra", ["CrHelperPoll", "CrHelperData", "CrHelperRule", "CrHelperPermission"])
def test_an_event_cannot_steer_crhelper(stage: Stage, extra: str) -> None:
    """An event cannot trigger crhelper's own polling, because its members are not passed on."""
    answer = stage.deliver(stage.event("Create", stage.properties()) | {extra: {"EndpointId": "forged"}})
    assert answer["Status"] == "SUCCESS"
    assert answer["Data"]["EndpointId"] == stage.registered[0].endpoint_id


@pytest.mark.parametrize(
    "written",
    [
        physical_id.Endpoint("arn:aws:chime:us-east-1:123456789012:app-instance/i/user/a:b@c", "e/1"),
        physical_id.Tags("arn:aws:chime:us-east-1:123456789012:app-instance/i"),
        physical_id.NotApplied("0123456789abcdef"),
        physical_id.Unconfirmed("0123456789abcdef", 1_790_000_000),
    ],
)
def test_every_id_that_is_written_is_read(written: physical_id.PhysicalId) -> None:
    """Every ID that is written to a stack is understood by the next event."""
    assert physical_id.read(str(written)) == written


def test_a_request_shows_no_secret() -> None:
    """F74, F75: the repr of a request shows neither its properties nor its URL."""
    shown = repr(parse(EVENT | {"ResourceProperties": {"Name": "canary"}, "ResponseURL": "https://canary/"}))
    assert "canary" not in shown


@pytest.mark.parametrize(
    "resource_type", ["Custom::SomethingElse", "AWS::S3::Bucket", "custom::chimeidentitytags", "", 5]
)
@pytest.mark.parametrize("request_type", ["Create", "Update", "Delete"])
def test_a_foreign_resource_type_is_refused_and_its_delete_succeeds(
    stage: Stage, request_type: str, resource_type: object
) -> None:
    """F17: if the resource type is foreign, the reason names both types; a Delete succeeds without a call."""
    event = stage.event(request_type, stage.properties(), ResourceType=resource_type, PhysicalResourceId="theirs")
    answer = stage.deliver(event)
    assert (answer["Status"], answer["PhysicalResourceId"]) == (
        ("SUCCESS", "theirs") if request_type == "Delete" else ("FAILED", answer["PhysicalResourceId"])
    )
    if request_type != "Delete":
        assert "Custom::ChimeAppInstanceUserEndpoint or Custom::ChimeIdentityTags" in answer["Reason"]
    assert not stage.backend.calls


@pytest.mark.parametrize("properties", [None, [], ["x"], "x", 5, True], ids=str)
@pytest.mark.parametrize("resource_type", ["Custom::ChimeAppInstanceUserEndpoint", "Custom::ChimeIdentityTags"])
@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_properties_of_another_kind_are_refused(
    stage: Stage, request_type: str, resource_type: str, properties: object
) -> None:
    """F18: properties of the wrong type fail with one sentence, and no call."""
    held = {"PhysicalResourceId": f"{stage.user}/endpoint/e"} if request_type == "Update" else {}
    answer = stage.deliver(stage.event(request_type, properties, ResourceType=resource_type, **held))
    assert (answer["Status"], answer["Reason"]) == ("FAILED", "CE-104: ResourceProperties is not a map of properties.")
    assert answer.items() >= held.items()
    assert not stage.backend.calls


@pytest.mark.parametrize("old", [None, [], "x", {}, {"Type": 5}, {"EndpointAttributes": "x"}], ids=str)
def test_an_update_from_properties_of_another_kind_registers_what_is_declared(stage: Stage, old: object) -> None:
    """F18, F21: if the former properties have the wrong type, an Update looks at the endpoint instead."""
    first = stage.create()
    answer = stage.update(first["PhysicalResourceId"], stage.properties(Name="new"), old)
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", first["PhysicalResourceId"])
    assert [endpoint.name for endpoint in stage.registered] == ["new"]


@pytest.mark.parametrize("value", ["true", "True", "TRUE", True])
def test_every_spelling_of_true_is_understood(stage: Stage, value: object) -> None:
    """F19: AdoptExisting takes over the endpoint for every spelling of true."""
    theirs = stage.stranger()
    answer = stage.create(stage.properties(AdoptExisting=value))
    assert answer["Data"]["EndpointId"] == theirs.endpoint_id


@pytest.mark.parametrize("value", ["false", "False", False])
def test_every_spelling_of_false_is_understood(stage: Stage, value: object) -> None:
    """F19, F27: AdoptExisting leaves the endpoint as it is for every spelling of false."""
    before = vars(stage.stranger()).copy()
    assert stage.create(stage.properties(AdoptExisting=value))["Status"] == "FAILED"
    assert [vars(endpoint) | {"listed": True} for endpoint in stage.registered] == [before]
