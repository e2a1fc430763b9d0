"""How the demo reads and changes a declaration."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from chime_endpoints_cli.output.errors import CommandError
from demo.changes import ADDED_KEY, change
from demo.declaration import DeclarationError, TokenPlace, desired_entries, read_declaration

DECLARATION: dict[str, Any] = {
    "defaults": {"application": "app", "tags": {"team": "chat"}},
    "endpoints": {
        "one": {
            "user": "${INSTANCE:-none}/user/a",
            "type": "APNS",
            "device_token": {"secret": "s", "field": "one"},
            "name": "One",
        },
        "two": {"user": "u/user/a", "type": "GCM", "device_token": {"parameter": "/p", "version": 1}, "name": "Two"},
        "three": {"user": "u/user/b", "type": "GCM", "device_token": {"parameter": "/q"}, "tags": {"plan": "free"}},
        "four": {"user": "u/user/b", "type": "GCM", "device_token": {"parameter": "/r"}},
    },
}


def test_variables_defaults_and_sources_are_filled_in() -> None:
    """An entry has the values of its variables, the defaults of the file, and the location of its token."""
    one, two, three, _ = desired_entries(DECLARATION, {"INSTANCE": "arn"})
    assert one.user_arn == "arn/user/a"
    assert one.device_token == TokenPlace(name="s", field="one")
    assert two.device_token == TokenPlace(name="/p", version=1)
    assert three.tags == {"team": "chat", "plan": "free"}
    assert (three.name, three.allow_messages, three.application) == (None, "ALL", "app")


def test_a_variable_without_a_value_has_its_default() -> None:
    """The default follows the name."""
    assert desired_entries(DECLARATION, {})[0].user_arn == "none/user/a"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "endpoints: 3",
        "defaults: {}",
        "a: [",
        "\t",
        "endpoints: {a: 3}",
        "endpoints: {a: {user: u, type: GCM, application: app}}",
        "endpoints: {a: {user: u, type: GCM, application: app, device_token: t}}",
        "endpoints: {a: {user: u, type: GCM, application: app, device_token: {parameter: p, version: x}}}",
        "defaults: [1]\nendpoints: {a: {user: u}}",
    ],
)
def test_a_file_that_is_no_declaration_is_refused(tmp_path: Path, content: str) -> None:
    """The message names the file, and the command that shows its mistakes."""
    path = tmp_path / "endpoints.yaml"
    path.write_text(content)
    with pytest.raises(DeclarationError, match=r"endpoints\.yaml is not a valid declaration") as caught:
        read_declaration(path)
    assert "cdk synth" in caught.value.remedy


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The message says which file could not be read."""
    with pytest.raises(CommandError, match=r"nowhere\.yaml cannot be read: No such file"):
        read_declaration(tmp_path / "nowhere.yaml")


def test_the_demo_makes_one_change_of_each_kind() -> None:
    """Two entries are updated, one gets another token, one is added, and one is removed. The original is unchanged."""
    before = copy.deepcopy(DECLARATION)
    changed = change(DECLARATION)
    assert before == DECLARATION
    entries = changed.declaration["endpoints"]
    assert (changed.updated, changed.replaced, changed.removed) == (("one", "three"), "two", "four")
    assert entries["one"]["name"] == "One (new)"
    assert entries["one"]["tags"] == {"plan": "trial"}
    assert entries["three"]["allow_messages"] == "NONE"
    assert entries["two"]["device_token"] == {"parameter": "/p", "version": 2}
    assert list(entries) == ["one", "two", "three", ADDED_KEY]


def test_a_declaration_with_too_few_entries_is_refused() -> None:
    """The message says what the demo needs."""
    with pytest.raises(CommandError) as caught:
        change({"endpoints": {"two": DECLARATION["endpoints"]["two"]}})
    assert "four entries" in caught.value.remedy
