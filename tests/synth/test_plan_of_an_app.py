"""`plan --app` with an app that CDK has synthesized."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_cdk import App
from moto import mock_aws

from chime_endpoints.declared.load import load
from chime_endpoints.declared.stacks import declare
from chime_endpoints_cli.commands.plan.declared.assembly import read_assembly
from chime_endpoints_cli.commands.plan.declared.file import read_file
from chime_endpoints_cli.commands.plan.planning import make_plan
from chime_endpoints_cli.commands.plan.result.entries import Entry
from plan.cloud import Cloud
from plan.histories import APP_INSTANCE, SECRET
from plan.prepared import prepared
from support.sink import open_sink
from support.stage import APPLICATION


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """An account with nothing deployed."""
    with open_sink() as sink, mock_aws():
        yield prepared(sink)


def test_the_file_and_the_synthesized_app_have_the_same_plan(cloud: Cloud, tmp_path: Path) -> None:
    """The policies that the constructs write allow everything, so nothing is denied or unknown."""
    cloud.vault.parameters["/push/bob"] = "canary-other"
    secret = {"secret": SECRET, "field": "alice"}
    entries = {
        "alice": {"user": f"{APP_INSTANCE}/user/alice", "device_token": secret, "tags": {"team": "chat"}},
        "bob": {"user": f"{APP_INSTANCE}/user/bob", "device_token": {"parameter": "/push/bob"}},
        "ghost": {"user": f"{APP_INSTANCE}/user/ghost", "device_token": {"parameter": "/none"}},
    }
    path = tmp_path / "endpoints.json"
    path.write_text(
        json.dumps({"defaults": {"application": APPLICATION, "type": "APNS"}, "stacks": 2, "endpoints": entries})
    )
    app = App(outdir=str(tmp_path / "cdk.out"), context={"aws:cdk:enable-path-metadata": True})
    list(declare(app, "ChimeEndpoints", load(path, lambda _: None)))
    app.synth()
    synthesized = make_plan(cloud.services, read_assembly(tmp_path / "cdk.out")).entries
    assert list(map(_row, synthesized)) == list(map(_row, make_plan(cloud.services, read_file(path, {})).entries))
    assert {entry.key: entry.problem and entry.problem.code for entry in synthesized if entry.is_endpoint} == {
        "alice": None,
        "bob": None,
        "ghost": "CE-201",
    }


def _row(entry: Entry) -> tuple[object, ...]:
    return entry.stack.name, entry.logical_id, entry.action, entry.subject, entry.problem, entry.not_known
