"""Text of every script in every place of an event."""

from __future__ import annotations

from typing import Any

import pytest

from chime_endpoints_handler.model.declaration import TAGS_TYPE
from support.naming import plain
from support.stage import STACK_ID, Stage

WRITABLE = ["Алиса 📱", "👩‍👩‍👧 family", "עברית\u200f", "\u202eenohp", "手机", "e\u0301", "\U0010ffff"]
UNWRITABLE = ["a\ud800", "\udfff", "a\x00b", "\x1b[31m", "a\nb", "\x85", "\x7f"]


@pytest.mark.parametrize("text", WRITABLE)
def test_text_of_any_script_is_registered_as_it_is(stage: Stage, text: str) -> None:
    """F22: text of any script in a name or a tag is registered unchanged, and a Delete removes it."""
    properties = stage.properties(Name=text)
    tags = {"ResourceARN": stage.user, "Tags": [{"Key": text, "Value": text}]}
    first = stage.create(properties)
    stage.create(tags, ResourceType=TAGS_TYPE)
    (endpoint,) = stage.registered
    assert endpoint.name == text
    assert stage.backend.tags[stage.user] == {text: text}
    stage.delete(first["PhysicalResourceId"], properties)
    stage.delete(f"{stage.user}/tags", tags, ResourceType=TAGS_TYPE)
    assert stage.registered == []
    assert not stage.backend.tags[stage.user]


@pytest.mark.parametrize("text", UNWRITABLE, ids=plain)
@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"Name": "{}"}, "Name contains a control character"),
        ({"EndpointAttributes": {"DeviceToken": "{}"}}, "EndpointAttributes.DeviceToken has "),
        (
            {"EndpointAttributes": {"DeviceToken": "t", "VoipDeviceToken": "{}"}},
            "EndpointAttributes.VoipDeviceToken has ",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_invalid_text_is_refused_by_name(stage: Stage, change: dict[str, Any], told: str, text: str) -> None:
    """F22: half a surrogate pair and control characters are refused; the reason does not repeat them."""
    answer = stage.create(stage.properties(**_filled(change, text)))
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith(f"CE-107: {told}")
    assert answer["Reason"].isprintable()
    assert not stage.backend.calls


@pytest.mark.parametrize("text", UNWRITABLE, ids=plain)
@pytest.mark.parametrize("member", ["Key", "Value"])
def test_a_tag_with_invalid_text_is_refused_by_name(stage: Stage, member: str, text: str) -> None:
    """F22: tags with such characters are refused too."""
    tags = [{"Key": "team", "Value": "chat"} | {member: text}]
    answer = stage.create({"ResourceARN": stage.user, "Tags": tags}, ResourceType=TAGS_TYPE)
    assert answer["Reason"].startswith(f"CE-107: Tags[0].{member} contains a control character")
    assert not stage.backend.calls


@pytest.mark.parametrize("text", [*WRITABLE, *(text for text in UNWRITABLE if "\n" not in text)], ids=plain)
@pytest.mark.parametrize("member", ["LogicalResourceId", "RequestId", "StackId"])
def test_what_identifies_an_event_goes_back_verbatim(stage: Stage, member: str, text: str) -> None:
    """F22: the IDs of an event are returned unchanged, and a generated name is always valid."""
    whole = STACK_ID.replace("/chat/", f"/{text}/") if member == "StackId" else text
    properties = stage.properties(Name=None)
    first = stage.create(properties, **{member: whole})
    assert (first["Status"], first[member]) == ("SUCCESS", whole)
    changed = properties | {"AllowMessages": "NONE"}
    second = stage.update(first["PhysicalResourceId"], changed, properties, **{member: whole})
    assert second["PhysicalResourceId"] == first["PhysicalResourceId"]
    assert [endpoint.allow_messages for endpoint in stage.registered] == ["NONE"]
    stage.delete("invented", properties, **{member: whole})
    assert stage.registered == []


def _filled(value: Any, text: str) -> Any:
    """The value with its placeholder filled."""
    if isinstance(value, dict):
        return {name: _filled(member, text) for name, member in value.items()}
    return str(value).format(text)
