"""The generated parts of the documentation match the code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import click
import pytest

import recording
from chime_endpoints_cli.main import cli
from chime_endpoints_handler.model.rules.limits import ENDPOINT_RULES, Rule
from docs.blocks import PAGES, ROOT
from docs.commands import problems
from docs_tables import (
    CHECKED,
    ENDPOINT_NOTES,
    IF_READ,
    IN_PLACE,
    NOTHING,
    REPLACED,
    TABLES,
    Notes,
    allowed,
    same,
    written,
)
from support.stage import ACCOUNT, OTHER_APPLICATION, Stage

RESULTS = ROOT / "bench" / "results"
SECRET = "chime/push-tokens"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/Endpoints"


@pytest.mark.parametrize("name", ["cold-start", "deploy", "rate", "synth", "warm"])
def test_every_figure_of_a_plot_is_in_the_results_of_the_benchmarks(name: str) -> None:
    """`make bench` draws the plots from them, for both color schemes."""
    results = "".join(path.read_text(encoding="utf-8") for path in RESULTS.glob(f"{name.replace('-', '_')}*.json"))
    for scheme in ("light", "dark"):
        plot = (ROOT / "docs" / "plots" / f"{name}-{scheme}.svg").read_text(encoding="utf-8")
        figures = re.findall(r">([\d.]+) (?:ms|s)(?:, (\d+) failed)?<", plot)
        assert len(figures) > 3
        for figure in figures:
            assert all(re.search(rf'"{re.escape(part)}[ "]', results) for part in figure if part), figure


@pytest.mark.parametrize("theme", sorted(recording.THEMES))
def test_the_recording_is_drawn_from_what_the_demo_printed(theme: str) -> None:
    """tests/e2e/test_demo.py compares that text with the real output."""
    drawn = (recording.PICTURES / f"demo-{theme}.svg").read_text(encoding="utf-8")
    assert drawn == recording.draw(theme), "run: make recording ARGS=--draw"
    assert "http" not in drawn.replace("http://www.w3.org/2000/svg", "").replace("https://www.textualize.io", "")


def test_every_table_is_on_a_page() -> None:
    """`make docs` writes the tables, and they are up to date."""
    pages = [page.read_text(encoding="utf-8") for page in PAGES]
    assert [written(page) for page in pages] == pages, "run: make docs"
    for name in TABLES:
        assert f"<!-- table: {name} -->\n\n" in "".join(pages)


def _examples(group: click.Group) -> Iterator[str]:
    for command in group.commands.values():
        if isinstance(command, click.Group):
            yield from _examples(command)
        yield from (line for line, _ in getattr(command, "examples", ()))


def test_the_examples_of_the_commands_are_understood() -> None:
    """They appear in `--help` and on the page of the commands."""
    examples = list(_examples(cli))
    assert len(examples) > 3
    assert {line: found for line in examples if (found := problems(line, ""))} == {}


def test_a_table_that_does_not_exist_is_refused() -> None:
    """Otherwise, a page would have a gap."""
    with pytest.raises(KeyError, match="no-such"):
        written("<!-- table: no-such -->\n<!-- end of table -->")


def test_a_property_without_a_note_is_refused() -> None:
    """The page has every property of the rules and no other."""
    with pytest.raises(ValueError, match="Name"):
        same(ENDPOINT_RULES, {name: "" for name in ENDPOINT_RULES if name != "Name"})


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Rule(), "up to 1,600 characters"),
        (Rule(minimum=1, maximum=64), "1 to 64 characters"),
        (Rule(choices=("ALL", "NONE")), "`ALL`, `NONE`"),
        (Rule(meaning="an ARN (arn:aws)"), "an ARN: `arn:aws`"),
        (Rule(members={}), "a map"),
    ],
)
def test_a_rule_is_described_in_words(rule: Rule, words: str) -> None:
    """The words state its limits or its meaning."""
    assert allowed(rule) == words


TOKEN = {"EndpointAttributes": {"DeviceToken": "canary-token-a"}}
VOIP = {"EndpointAttributes": {"DeviceToken": "canary-token-a", "VoipDeviceToken": "canary-voip"}}


def _source(version: str, name: str = "DeviceTokenSource", **others: str) -> dict[str, Any]:
    source = {"ParameterName": "/token", "Version": version}
    return {"EndpointAttributes": {name: source, **others}}


CHANGES: Mapping[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "AppInstanceUserArn": ({}, {"AppInstanceUserArn": "another user"}, REPLACED),
    "Type": ({}, {"Type": "APNS_SANDBOX"}, REPLACED),
    "ResourceArn": ({}, {"ResourceArn": OTHER_APPLICATION}, REPLACED),
    "EndpointAttributes.DeviceToken": (
        TOKEN,
        {"EndpointAttributes": {"DeviceToken": "canary-token-b"}},
        REPLACED,
    ),
    "EndpointAttributes.VoipDeviceToken": (TOKEN, VOIP, REPLACED),
    "EndpointAttributes.DeviceTokenSource": (_source("1"), _source("2"), IF_READ),
    "EndpointAttributes.VoipDeviceTokenSource": (
        _source("1", "VoipDeviceTokenSource", DeviceToken="canary-token-a"),
        _source("2", "VoipDeviceTokenSource", DeviceToken="canary-token-a"),
        IF_READ,
    ),
    "Name": ({}, {"Name": "another"}, IN_PLACE),
    "AllowMessages": ({}, {"AllowMessages": "NONE"}, IN_PLACE),
    "AdoptExisting": ({}, {"AdoptExisting": "true"}, NOTHING),
    "RequireActive": ({}, {"RequireActive": "true"}, CHECKED),
    "AssumedRoleArn": ({}, {"AssumedRoleArn": ROLE}, NOTHING),
    "ExternalId": ({"AssumedRoleArn": ROLE}, {"ExternalId": "chat-7"}, NOTHING),
}


def test_every_change_on_the_page_is_tried() -> None:
    """The map itself is an exception, because its members cover it."""
    notes: Notes = ENDPOINT_NOTES
    assert {name: change for name, (_, change) in notes.items() if name != "EndpointAttributes"} == {
        name: change for name, (_, _, change) in CHANGES.items()
    }


@pytest.mark.parametrize("is_other_token", [True, False])
@pytest.mark.parametrize("name", CHANGES)
def test_a_change_does_what_the_page_says(stage: Stage, name: str, is_other_token: bool) -> None:  # noqa: FBT001
    """It replaces the endpoint, updates it in place, or makes no call."""
    parameters = boto3.client("ssm", region_name="us-east-1")
    for value in ("canary-1", "canary-2" if is_other_token else "canary-1"):
        parameters.put_parameter(Name="/token", Value=value, Type="SecureString", Overwrite=True)
    stage.roles.trusting[ROLE] = None
    before, after, change = CHANGES[name]
    if name == "AppInstanceUserArn":
        instance = stage.user.partition("/user/")[0]
        bob = stage.backend.create_app_instance_user(app_instance_arn=instance, app_instance_user_id="bob", name="Bob")
        after = {"AppInstanceUserArn": bob}
    first = stage.create(stage.properties(**before))
    calls = len(stage.operations)
    answer = stage.update(first["PhysicalResourceId"], stage.properties(**(before | after)), stage.properties(**before))
    assert (first["Status"], answer["Status"]) == ("SUCCESS", "SUCCESS")
    is_replaced = answer["PhysicalResourceId"] != first["PhysicalResourceId"]
    if change == IF_READ:
        assert is_replaced == is_other_token
    else:
        assert is_replaced == (change == REPLACED)
        assert (len(stage.operations) == calls) == (change == NOTHING)
