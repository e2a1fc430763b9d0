"""`cdk synth` accepts what `validate` accepts: both check the same quotas, and `validate` does so without CDK."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App

from chime_endpoints._iam.statements import characters
from chime_endpoints.declared.entries.entry import Declarations
from chime_endpoints.declared.stack_assignment.assignment import assign_to_stacks
from chime_endpoints.declared.stack_assignment.usage import Usage, usage
from chime_endpoints.declared.stacks import declare
from declared.writing import APPLICATION, SECRET, loaded, mistakes

INSTANCE = "arn:aws:chime:us-east-1:111122223333:app-instance/01234567-89ab-cdef-0123"
KEY = "arn:aws:kms:us-east-1:111122223333:key/01234567-89ab-cdef-0123-"
AS_THE_COMMAND = {"aws:cdk:enable-path-metadata": True, "aws:cdk:enable-asset-metadata": True}
"""What the `cdk` command asks of an app."""
_PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-central-1",
    "AWS::AccountId": "1" * 12,
    "AWS::StackId": "x" * 150,
}

SHAPES: Mapping[str, tuple[str, int]] = {
    "a secret for all": (f"user: {INSTANCE}/user/u%d, device_token: {{secret: '{SECRET}', field: f%d}}", 491),
    "a parameter each": (f"user: {INSTANCE}/user/u%d, device_token: {{parameter: /chime/device/%d/token}}", 484),
    "long paths": (f"user: {INSTANCE}/user/u%d, device_token: {{parameter: /{'p' * 400}/%012d}}", 125),
    "a secret each": (f"user: {INSTANCE}/user/u%d, device_token: {{secret: '{SECRET[:-7]}-%012d-AbCdEf'}}", 374),
    "a key each": (
        f"user: {INSTANCE}/user/u%d, device_token: {{parameter: /d/%d, kms_key: '{KEY}%012d'}}",
        432,
    ),
    "tags for each user": (
        f"user: {INSTANCE}/user/u%d, device_token: {{secret: '{SECRET}', field: f%d}}, tags: {{team: chat}}",
        245,
    ),
    "many tags": (
        f"user: {INSTANCE}/user/u%d, device_token: {{secret: '{SECRET}', field: f%d}}, tags: {{"
        + ", ".join(f"{'k' * 100}{number}: {'v' * 200}" for number in range(20))
        + "}",
        106,
    ),
    "an app instance each": (f"user: {INSTANCE}-%012d/user/u, device_token: {{secret: '{SECRET}', field: f%d}}", 23),
    "an application each": (
        f"application: '{APPLICATION}%d', user: {INSTANCE}/user/u%d, device_token: {{secret: '{SECRET}', field: f%d}}",
        48,
    ),
    "a role each": (
        (
            f"user: {INSTANCE}/user/u%d, device_token: {{secret: '{SECRET}', field: f%d}}, tags: {{team: chat}},"
            " assumed_role_arn: 'arn:aws:iam::111122223333:role/chat-%d', external_id: chat-%d, require_active: true"
        ),
        62,
    ),
    "long names": (
        f"name: {'ü' * 1500}, user: {INSTANCE}/user/u%d, device_token: {{secret: '{SECRET}', field: f%d}}",
        243,
    ),
}
"""Endpoints of some shape, and how many of them one stack holds."""


def file(shape: str, count: int) -> str:
    """A file with this number of endpoints of a shape."""
    fields = SHAPES[shape][0]
    numbers = fields.count("%")
    entries = "".join(f"  device-{each}: {{{fields % ((each,) * numbers)}}}\n" for each in range(count))
    return f"defaults: {{type: GCM, application: '{APPLICATION}'}}\nendpoints:\n{entries}"


def template(directory: Path, declared: Declarations) -> str:
    """The only template of a file, as the `cdk` command writes it."""
    app = App(outdir=str(directory / "out"), context=AS_THE_COMMAND, analytics_reporting=True)
    list(declare(app, "ChimeEndpoints", declared))
    (written,) = Path(app.synth().directory).glob("*.template.json")
    return written.read_text(encoding="utf-8")


def resolved(value: Any) -> Any:
    """A value of a template after CloudFormation has resolved its references."""
    if isinstance(value, list):
        return [resolved(each) for each in value]
    if not isinstance(value, dict):
        return value
    if "Ref" in value:
        return _PSEUDO.get(value["Ref"], value)
    if "Fn::Join" in value:
        return "".join(resolved(value["Fn::Join"][1]))
    if "Fn::GetAtt" in value:
        return "x" * 100
    return {key: resolved(each) for key, each in value.items()}


def policies(resources: Mapping[str, Any], kind: str) -> dict[str, int]:
    """The characters of each policy of a kind."""
    return {
        name: characters(resolved(each["Properties"]["PolicyDocument"])["Statement"])
        for name, each in resources.items()
        if each["Type"] == f"AWS::IAM::{kind}"
    }


def in_one_stack(declared: Declarations) -> Usage:
    """The estimated size of a file's stack."""
    (entries,) = assign_to_stacks(declared.entries, 1)
    return usage(entries, declared.parameter_paths)


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_a_stack_that_is_as_full_as_allowed_is_made(tmp_path: Path, shape: str) -> None:
    """The check rejects one more endpoint. Everything that it accepts is within every quota."""
    count = SHAPES[shape][1]
    assert re.search("but (CloudFormation|IAM) allows ", mistakes(tmp_path, file(shape, count + 1))[0])
    declared = loaded(tmp_path, file(shape, count))
    reckoned = in_one_stack(declared)
    text = template(tmp_path, declared)
    resources = json.loads(text)["Resources"]
    assert len(resources) == reckoned.resources <= 500
    size = len(text.encode())
    assert size <= reckoned.template_bytes <= 1_000_000
    assert reckoned.template_bytes - size < 0.25 * size + 12_000
    managed = policies(resources, "ManagedPolicy")
    assert len(managed) == reckoned.managed_policies <= 10
    assert all(each <= 6_144 for each in managed.values())
    inline = policies(resources, "Policy")
    twice = sum(each for name, each in inline.items() if "Tagging" in name)
    assert sum(inline.values()) + twice <= reckoned.inline_characters <= 10_240


def test_a_path_of_parameters_makes_room_for_a_full_stack(tmp_path: Path) -> None:
    """One permission covers all parameters under the path. Other parameters keep their own permissions."""
    text = "parameter_paths: [/chime/devices]\n" + file("long paths", 300).replace("/pppp", "/chime/devices/p")
    text += f"  other: {{user: {INSTANCE}/user/other, device_token: {{parameter: /chime/devices-2/other}}}}\n"
    declared = loaded(tmp_path, text)
    assert mistakes(tmp_path, text.replace("parameter_paths: [/chime/devices]\n", "")) != []
    resources = json.loads(template(tmp_path, declared))["Resources"]
    assert len(resources) == in_one_stack(declared).resources
    statements = [
        statement
        for each in resources.values()
        if each["Type"] == "AWS::IAM::Policy"
        for statement in resolved(each["Properties"]["PolicyDocument"])["Statement"]
        if statement["Action"] == "ssm:GetParameter"
    ]
    own = "arn:aws:ssm:eu-central-1:111111111111:parameter"
    assert [each["Resource"] for each in statements] == [
        [f"{own}/chime/devices/*", f"{own}/chime/devices-2/other"],
    ]
