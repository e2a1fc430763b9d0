"""Random values in place of an event, an ID or a property; every run draws the same ones."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chime_endpoints_handler.cloudformation.request import Request, UnanswerableEventError, parse
from chime_endpoints_handler.model import physical_id
from chime_endpoints_handler.model.arns import IDENTITY_ARN, USER_ARN
from chime_endpoints_handler.model.codes import Code
from chime_endpoints_handler.model.declaration import (
    ENDPOINT_TYPE,
    TAGS_TYPE,
    EndpointDeclaration,
    TagsDeclaration,
    read_endpoint,
    read_tags,
)
from chime_endpoints_handler.model.rules.limits import ENDPOINT_RULES, TAG_RULES
from chime_endpoints_handler.model.rules.violations import violations
from support.stage import APPLICATION, Stage

pytestmark = pytest.mark.slow

USER = "arn:aws:chime:us-east-1:123456789012:app-instance/i/user/alice"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:s"
IDENTIFYING = ("RequestId", "StackId", "LogicalResourceId")

draws = settings(
    deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
any_text = st.text(st.characters(), max_size=40)  # including lone surrogates and control characters
scalars = st.none() | st.booleans() | st.integers() | st.floats() | any_text
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3), max_leaves=6
)
names = st.sampled_from([*ENDPOINT_RULES, *TAG_RULES, "ServiceToken", "ServiceTimeout", "name", "Endpointattributes"])
tokens = st.dictionaries(
    st.sampled_from(["DeviceToken", "VoipDeviceToken", "DeviceTokenSource", "VoipDeviceTokenSource", "Token"]),
    any_text
    | st.dictionaries(
        st.sampled_from(["SecretArn", "ParameterName", "Field", "Version", "VersionId", "VersionStage"]),
        st.sampled_from([SECRET, "/p", "1", "v" * 32]) | scalars,
        max_size=3,
    ),
    max_size=3,
)
tag_lists = st.lists(st.dictionaries(st.sampled_from(["Key", "Value", "key"]), any_text, max_size=2), max_size=4)
values = anything | tokens | tag_lists | st.sampled_from([USER, APPLICATION, "APNS", "GCM", "NONE", "true"])
properties = st.dictionaries(names | any_text, values, max_size=6) | anything


def valid() -> dict[str, Any]:
    """Draw valid properties of either type."""
    return {
        "AppInstanceUserArn": USER,
        "Type": "APNS",
        "ResourceArn": APPLICATION,
        "EndpointAttributes": {"DeviceToken": "t"},
        "ResourceARN": USER,
        "Tags": [{"Key": "k", "Value": "v"}],
    }


@settings(draws, max_examples=150)
@given(
    event=st.dictionaries(
        st.sampled_from([*IDENTIFYING, "RequestType", "ResponseURL", "PhysicalResourceId"]) | any_text, anything
    )
    | anything,
    whole=st.booleans(),
)
def test_any_event_is_parsed_or_refused(event: object, *, whole: bool) -> None:
    """F15: parsing returns a request that can be answered, or raises one error that quotes nothing of the event."""
    if whole and isinstance(event, dict):
        event = dict.fromkeys(IDENTIFYING, "x") | {"RequestType": "Create", "ResponseURL": "https://h/?q"} | event
    with suppress(UnanswerableEventError):
        request = parse(event)
        assert isinstance(request, Request)
        assert isinstance(event, dict)
        assert request.response_url == event["ResponseURL"]
        assert request.response_url.lower().startswith(("http://", "https://"))
        assert (request.request_id, request.stack_id, request.logical_id) == tuple(event[name] for name in IDENTIFYING)
        assert request.client_request_token("create").isalnum()
        assert len(request.client_request_token("create")) <= 64


@settings(draws, max_examples=150)
@given(
    st.text(st.characters(), max_size=200)
    | st.from_regex(USER_ARN.pattern + "/endpoint/.{0,70}", fullmatch=True)
    | st.from_regex(IDENTITY_ARN.pattern + "/tags", fullmatch=True)
    | st.from_regex("(not-applied|unconfirmed)/[0-9a-f]{15,17}(/[0-9]{0,13})?", fullmatch=True)
)
def test_any_id_is_read_and_written_back_verbatim(text: str) -> None:
    """F20: a foreign ID stays as it is, and an ID of the function addresses an endpoint."""
    read = physical_id.read(text)
    assert str(read) == text
    assert physical_id.read(str(read)) == read
    if isinstance(read, physical_id.Endpoint):
        assert read.endpoint_id not in ("", ".", "..")
        assert len(read.endpoint_id) <= 64
        assert USER_ARN.fullmatch(read.user_arn)


def check(resource_type: str, declared: Any) -> None:
    """Check that each violation has a code and a sentence, and that valid properties survive reading and writing."""
    found = violations(resource_type, declared)
    for each in found:
        assert each.code in set(Code)
        assert str(each).isprintable()
        assert len(str(each)) < 500
    if not found and resource_type == ENDPOINT_TYPE:
        endpoint = read_endpoint(declared)
        assert isinstance(endpoint, EndpointDeclaration)
        assert read_endpoint(endpoint.to_properties()) == endpoint
    elif not found and resource_type == TAGS_TYPE:
        tags = read_tags(declared)
        assert isinstance(tags, TagsDeclaration)
        assert read_tags(tags.to_properties()) == tags


@settings(draws, max_examples=150)
@given(resource_type=st.sampled_from([ENDPOINT_TYPE, TAGS_TYPE]) | any_text, declared=properties)
def test_any_properties_are_judged(resource_type: str, declared: object) -> None:
    """F18: judging properties never raises, whatever they contain."""
    check(resource_type, declared)


@settings(draws, max_examples=150)
@given(
    resource_type=st.sampled_from([ENDPOINT_TYPE, TAGS_TYPE]),
    changes=st.dictionaries(names, values, max_size=2),
    left_out=st.frozensets(names, max_size=1),
)
def test_nearly_valid_properties_are_judged(
    resource_type: str, changes: dict[str, Any], left_out: frozenset[str]
) -> None:
    """F18, F19: properties with one member missing and two changed are judged without an exception."""
    mine = {"ResourceARN", "Tags"} if resource_type == TAGS_TYPE else valid().keys() - {"ResourceARN", "Tags"}
    declared = {name: value for name, value in (valid() | changes).items() if name in mine | changes.keys()}
    check(resource_type, {name: value for name, value in declared.items() if name not in left_out})


@settings(draws, max_examples=150)
@given(
    request_type=st.sampled_from(["Create", "Update", "Delete"]),
    resource_type=st.sampled_from([ENDPOINT_TYPE, TAGS_TYPE]),
    changes=st.dictionaries(names, values, max_size=2),
    members=st.dictionaries(
        st.sampled_from([*IDENTIFYING, "RequestType", "ResourceType", "PhysicalResourceId"])
        | st.sampled_from(["ResponseURL", "ResourceProperties", "OldResourceProperties", "ServiceToken"]),
        anything,
        max_size=2,
    ),
)
def test_any_event_gets_one_valid_answer_or_none(
    stage: Stage, request_type: str, resource_type: str, changes: dict[str, Any], members: dict[str, Any]
) -> None:
    """F15, F18, F20, F22: an answerable event gets one response with its IDs verbatim; other endpoints stay."""
    stage.sink.forget()
    stage.backend.endpoints.clear()
    theirs = vars(stage.stranger("theirs")).copy()
    declared = (valid() | {"AppInstanceUserArn": stage.user, "ResourceARN": stage.user}).items()
    mine = {"ResourceARN", "Tags"} if resource_type == TAGS_TYPE else valid().keys() - {"ResourceARN", "Tags"}
    held = {} if request_type == "Create" else {"PhysicalResourceId": f"{stage.user}/endpoint/gone"}
    old = {} if request_type != "Update" else {"OldResourceProperties": stage.properties()}
    event = stage.event(
        request_type,
        {name: value for name, value in declared if name in mine} | changes,
        ResourceType=resource_type,
        **(held | old),
    )
    event |= members
    stage.run(event)
    can_be_answered = True
    try:
        parse(event)
    except UnanswerableEventError:
        can_be_answered = False
    assert len(stage.sink.bodies) == can_be_answered
    assert vars(stage.backend.endpoints[theirs["endpoint_id"]]) | {"listed": True} == theirs | {"listed": True}
    assert len(stage.registered) <= 2
    for body in stage.sink.bodies:
        answer = json.loads(body)
        assert len(body) <= 4096
        assert {name: answer[name] for name in IDENTIFYING} == {name: event[name] for name in IDENTIFYING}
        assert answer["Status"] in ("SUCCESS", "FAILED")
        assert ("Reason" in answer) == (answer["Status"] == "FAILED")
        assert answer["PhysicalResourceId"]
        given_id = event.get("PhysicalResourceId")
        if answer["Status"] == "FAILED" and given_id and isinstance(given_id, str):
            assert answer["PhysicalResourceId"] == given_id or event["RequestType"] == "Create"
