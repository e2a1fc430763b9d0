"""The small decisions: times, phases, and values that are written and read back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chime_endpoints_handler.aws.clients import AwsClients
from chime_endpoints_handler.aws.deadline import Deadline, Phase
from chime_endpoints_handler.aws.failures.errors import OutOfTimeError
from chime_endpoints_handler.model.declaration import (
    ENDPOINT_TYPE,
    TAGS_TYPE,
    EndpointDeclaration,
    ParameterSource,
    PlainToken,
    SecretSource,
    TagsDeclaration,
    read_endpoint,
    read_tags,
)
from chime_endpoints_handler.model.rules.violations import violations
from chime_endpoints_handler.model.timestamps import seconds
from support.stage import Stage

USER = "arn:aws:chime:us-east-1:123456789012:app-instance/i/user/alice"
APPLICATION = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/a"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:s"


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        (datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC), 1_790_000_000.0),
        ("2026-09-21T14:13:20+00:00", 1_790_000_000.0),
        (1_790_000_000, 1_790_000_000.0),
        (1_790_000_000.5, 1_790_000_000.5),
        (1_790_000_000_500, 1_790_000_000.5),
        (10_000_000_000, 10_000_000_000.0),
        ("the day before yesterday", None),
        (True, None),
        (None, None),
    ],
)
def test_a_timestamp_is_read_in_whatever_form_it_comes(timestamp: object, expected: float | None) -> None:
    """A timestamp may be in milliseconds, as the documentation says, or in seconds; else it is no time."""
    assert seconds(timestamp) == expected


@pytest.mark.parametrize("form", ["seconds", "milliseconds"])
def test_a_described_endpoint_is_read_in_whatever_form_its_timestamps_come(
    stage: Stage, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A description is read with timestamps of any form, although botocore raises on milliseconds."""
    monkeypatch.setattr("support.stage._WARM", AwsClients())
    stage.backend.switches.change({"timestamps": form})
    first = stage.create()
    answer = stage.update(first["PhysicalResourceId"], stage.properties(Type="APNS_SANDBOX"), stage.properties())
    assert answer["Status"] == "SUCCESS"
    assert "Describe" in stage.operations


def test_each_phase_leaves_time_for_those_that_follow() -> None:
    """F42: of 120 seconds, 20 are kept for the clean-up and 10 for the response; then nothing begins."""
    deadline = Deadline(lambda: 120.0)
    left = [deadline.for_calls()]
    for phase in (Phase.CLEANUP, Phase.WORK, Phase.ANSWER, Phase.AFTERWARDS):
        deadline.enter(phase)
        left.append(deadline.for_calls())
    assert left == [90.0, 110.0, 110.0, 0.0, 120.0]
    assert deadline.until_answer == 110.0
    assert (deadline.for_answer(is_last=True), deadline.for_answer(is_last=False)) == (120.0, 117.0)


@pytest.mark.parametrize(
    ("seconds_left", "work", "until_answer", "answer"),
    [(2.0, 0.6, 1.0, 1.5), (20.0, 14.0, 18.0, 19.0), (900.0, 870.0, 890.0, 897.0), (-1.0, -2.0, 0.0, -1.5)],
)
def test_the_time_is_shared_out_in_proportion(
    seconds_left: float, work: float, until_answer: float, answer: float
) -> None:
    """F42: the response gets a second of a short time, and ten of a long one."""
    deadline = Deadline(lambda: seconds_left)
    assert deadline.for_calls() == pytest.approx(work)
    assert deadline.until_answer == pytest.approx(until_answer)
    assert deadline.for_answer(is_last=False) == pytest.approx(answer)


def test_no_call_begins_while_the_answer_is_under_way() -> None:
    """F55: once the timer has responded, the work makes no further call."""
    deadline = Deadline(lambda: 120.0)
    deadline.check("ListAppInstanceUserEndpoints")
    deadline.enter(Phase.ANSWER)
    with pytest.raises(OutOfTimeError, match="No time was left to call ListAppInstanceUserEndpoints"):
        deadline.check("ListAppInstanceUserEndpoints")


DECLARATIONS = [
    EndpointDeclaration(
        app_instance_user_arn=USER, type="APNS", resource_arn=APPLICATION, device_token=PlainToken("t")
    ),
    EndpointDeclaration(
        app_instance_user_arn=USER,
        type="GCM",
        resource_arn=APPLICATION,
        device_token=SecretSource(secret_arn=SECRET, field="apns", version_id="v" * 32),
        name="phone",
        allow_messages="NONE",
        adopt_existing=True,
    ),
    EndpointDeclaration(
        app_instance_user_arn=USER,
        type="APNS",
        resource_arn=APPLICATION,
        device_token=ParameterSource(parameter_name="/push", version="3"),
        voip_device_token=ParameterSource(parameter_name="/voip"),
    ),
    EndpointDeclaration(
        app_instance_user_arn=USER,
        type="APNS",
        resource_arn=APPLICATION,
        device_token=SecretSource(secret_arn=SECRET, version_stage="AWSCURRENT"),
        voip_device_token=PlainToken("v"),
    ),
]


@pytest.mark.parametrize("declaration", DECLARATIONS, ids=lambda each: type(each.device_token).__name__)
def test_an_endpoint_that_is_written_is_read_back(declaration: EndpointDeclaration) -> None:
    """An endpoint that is written is read back equal, if its properties are valid."""
    properties = declaration.to_properties()
    assert violations(ENDPOINT_TYPE, properties) == []
    assert read_endpoint(properties) == declaration


def test_what_is_left_to_its_default_is_left_out() -> None:
    """A member with its default is left out of the template, so that it does not change later."""
    assert DECLARATIONS[0].to_properties() == {
        "AppInstanceUserArn": USER,
        "Type": "APNS",
        "ResourceArn": APPLICATION,
        "EndpointAttributes": {"DeviceToken": "t"},
    }


@pytest.mark.parametrize(
    ("source", "is_pinned"),
    [
        (SecretSource(secret_arn=SECRET), False),
        (SecretSource(secret_arn=SECRET, version_stage="AWSCURRENT"), False),
        (SecretSource(secret_arn=SECRET, version_id="v" * 32), True),
        (ParameterSource(parameter_name="p"), False),
        (ParameterSource(parameter_name="p", version="1"), True),
    ],
)
def test_only_a_named_version_never_changes(source: SecretSource | ParameterSource, is_pinned: bool) -> None:  # noqa: FBT001 - one of the cases
    """Only a named version is constant; a stage moves from version to version."""
    assert source.is_pinned is is_pinned


def test_tags_that_are_written_are_read_back() -> None:
    """Tags that are written are read back in the order of their keys."""
    declaration = TagsDeclaration(resource_arn=USER, tags={"b": "2", "a": "1"})
    properties = declaration.to_properties()
    assert properties["Tags"] == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    assert violations(TAGS_TYPE, properties) == []
    assert read_tags(properties) == declaration


UNKNOWN = "${Token[TOKEN.7]}"


@pytest.mark.parametrize(
    ("resource_type", "properties"),
    [
        (TAGS_TYPE, {"ResourceARN": UNKNOWN, "Tags": UNKNOWN}),
        (TAGS_TYPE, {"ResourceARN": USER, "Tags": [{"Key": UNKNOWN, "Value": UNKNOWN}] * 2}),
        (
            ENDPOINT_TYPE,
            {
                "AppInstanceUserArn": UNKNOWN,
                "Type": UNKNOWN,
                "ResourceArn": UNKNOWN,
                "EndpointAttributes": {"DeviceToken": UNKNOWN, "VoipDeviceToken": UNKNOWN},
                "Name": UNKNOWN,
            },
        ),
    ],
)
def test_what_is_not_known_yet_passes(resource_type: str, properties: dict[str, Any]) -> None:
    """F5: a value unknown at synthesis, such as a CDK token, is checked when the event arrives."""
    assert violations(resource_type, properties, unresolved=lambda value: value == UNKNOWN) == []
