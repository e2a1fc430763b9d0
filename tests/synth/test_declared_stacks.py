"""The stacks of a declaration file."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App
from aws_cdk.assertions import Template

from chime_endpoints.declared.load import load
from chime_endpoints.declared.stack_assignment.assignment import assign_to_stacks
from chime_endpoints.declared.stack_assignment.usage import usage
from chime_endpoints.declared.stacks import declare
from declared.writing import APPLICATION, SECRET, USER, loaded, many
from synth.stage import ENDPOINT, TAGS, allowed, only, properties, resources

REPOSITORY = Path(__file__).parents[2]
COMMON = "user: <USER>, type: GCM, application: <APPLICATION>"


def templates(directory: Path, text: str) -> dict[str, dict[str, Any]]:
    """The templates of a file with this text, by stack name."""
    stacks = list(declare(App(), "Stack", loaded(directory, text)))
    return {stack.stack_name: dict(Template.from_stack(stack).to_json()) for stack in stacks}


def test_an_entry_is_an_endpoint_with_the_fields_values(tmp_path: Path) -> None:
    """The template contains the values of the file."""
    text = f"""
    endpoints:
      phone:
        {{{COMMON}, device_token: {{secret: <SECRET>, field: fcm}}, name: Phone, allow_messages: NONE,
        adopt_existing: true, require_active: true, tags: {{team: chat}}, removal_policy: retain,
        update_replace_policy: destroy}}
    """
    (template,) = templates(tmp_path, text).values()
    written = dict(properties(template))
    assert "Fn::GetAtt" in written.pop("ServiceToken")
    assert written == {
        "ServiceTimeout": 600,
        "AppInstanceUserArn": USER,
        "Type": "GCM",
        "ResourceArn": APPLICATION,
        "EndpointAttributes": {"DeviceTokenSource": {"SecretArn": SECRET, "Field": "fcm"}},
        "Name": "Phone",
        "AllowMessages": "NONE",
        "AdoptExisting": True,
        "RequireActive": True,
    }
    resource = only(template, ENDPOINT)
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Delete")
    assert properties(template, TAGS)["Tags"] == [{"Key": "team", "Value": "chat"}]


def test_a_renamed_entry_with_its_former_key_as_id_changes_nothing(tmp_path: Path) -> None:
    """F73: Neither the logical ID nor anything else in the template changes, so CloudFormation has nothing to do."""
    token = f"{COMMON}, device_token: {{secret: <SECRET>}}"
    before = templates(tmp_path, f"endpoints: {{phone: {{{token}}}}}")
    assert templates(tmp_path, f"endpoints: {{alices-phone: {{id: phone, {token}}}}}") == before
    assert templates(tmp_path, f"endpoints: {{alices-phone: {{{token}}}}}") != before


IN_SECRETS_MANAGER = "arn:aws:secretsmanager:us-east-1:111122223333:secret:"


@pytest.mark.parametrize(
    ("token", "action", "granted"),
    [
        ("{secret: push}", "secretsmanager:GetSecretValue", [":secret:push-??????"]),
        ("{secret: chime/push-tokens}", "secretsmanager:GetSecretValue", [":secret:chime/push-tokens-??????"]),
        (
            f"{{secret: '{IN_SECRETS_MANAGER}push'}}",
            "secretsmanager:GetSecretValue",
            [f"{IN_SECRETS_MANAGER}push-??????"],
        ),
        (
            f"{{secret: '{IN_SECRETS_MANAGER}chime/push-tokens'}}",
            "secretsmanager:GetSecretValue",
            [f"{IN_SECRETS_MANAGER}chime/push-tokens", f"{IN_SECRETS_MANAGER}chime/push-tokens-??????"],
        ),
        ("{secret: <SECRET>}", "secretsmanager:GetSecretValue", [SECRET, f"{SECRET}-??????"]),
        ("{parameter: /alice/fcm}", "ssm:GetParameter", [":parameter/alice/fcm"]),
        ("{parameter: alice}", "ssm:GetParameter", [":parameter/alice"]),
        (
            "{parameter: 'arn:aws:ssm:us-east-1:111122223333:parameter/alice'}",
            "ssm:GetParameter",
            ["arn:aws:ssm:us-east-1:111122223333:parameter/alice"],
        ),
        (
            "{parameter: a, kms_key: 'arn:aws:kms:us-east-1:111122223333:key/1'}",
            "kms:Decrypt",
            ["arn:aws:kms:us-east-1:111122223333:key/1"],
        ),
    ],
)
def test_reading_is_allowed_for_exactly_the_declared(
    tmp_path: Path, token: str, action: str, granted: list[str]
) -> None:
    """An ARN that looks complete can be partial. Both are allowed, and nothing else."""
    (template,) = templates(tmp_path, f"endpoints: {{a: {{{COMMON}, device_token: {token}}}}}").values()
    given = [each["Fn::Join"][1][-1] if isinstance(each, dict) else each for each in allowed(template)[action]]
    assert given == granted


def test_an_endpoints_logical_id_follows_from_its_key_alone(tmp_path: Path) -> None:
    """The rest of the file and the position in it do not matter."""
    alone = f"endpoints: {{b: {{{COMMON}, device_token: {{plain_text: x}}}}}}"
    among = f"""
    endpoints:
      a: {{{COMMON}, device_token: {{plain_text: y}}}}
      b: {{{COMMON}, device_token: {{parameter: z}}, name: other}}
      c-Default: {{{COMMON}, device_token: {{plain_text: w}}}}
    """
    (first,) = templates(tmp_path, alone).values()
    (second,) = templates(tmp_path, among).values()
    assert set(resources(first, ENDPOINT)) < set(resources(second, ENDPOINT))


@pytest.mark.parametrize("key", ["Default", "Resource", "ChimePermissions", "Endpoints", "a-b", "a.b", "a_b"])
def test_any_key_makes_an_endpoint(tmp_path: Path, key: str) -> None:
    """This includes keys with a meaning in CDK, and keys that differ only in characters that logical IDs omit."""
    text = f"endpoints: {{{key}: {{{COMMON}, device_token: {{plain_text: x}}}}, ab: <ENTRY>}}"
    (template,) = templates(tmp_path, text).values()
    assert len(resources(template, ENDPOINT)) == 2


def test_both_keys_that_cdk_omits_from_ids_can_be_used_together(tmp_path: Path) -> None:
    """The keys are `Default` and `Resource`. Each has the same ID with and without the other."""

    def of(*keys: str) -> dict[str, str]:
        entries = "".join(f"  {key}: {{{COMMON}, device_token: {{plain_text: {key}}}}}\n" for key in keys)
        (template,) = templates(tmp_path, f"endpoints:\n{entries}").values()
        found = resources(template, ENDPOINT)
        return {each["Properties"]["EndpointAttributes"]["DeviceToken"]: name for name, each in found.items()}

    together = of("Default", "Resource", "Default.Resource", "phone")
    assert len(set(together.values())) == 4
    for key in ("Default", "Resource"):
        assert of(key) == {key: together[key]}


def test_entries_are_spread_over_stacks_that_are_deployed_in_order(tmp_path: Path) -> None:
    """An entry that moves to another stack leaves its old stack first."""
    entries = "\n".join(f"  e{number}: {{{COMMON}, device_token: {{parameter: p{number}}}}}" for number in range(30))
    declared = loaded(tmp_path, f"stacks: 3\nendpoints:\n{entries}\n")
    stacks = list(declare(App(), "Stack", declared))
    assert [stack.stack_name for stack in stacks] == ["Stack", "Stack2", "Stack3"]
    for before, after in pairwise(stacks):
        assert before in after.dependencies
    counts = [len(resources(dict(Template.from_stack(stack).to_json()), ENDPOINT)) for stack in stacks]
    assert sum(counts) == 30
    assert min(counts) > 0


def test_a_stack_without_entries_is_not_made(tmp_path: Path) -> None:
    """CloudFormation rejects an empty stack."""
    assert len(templates(tmp_path, "stacks: 50\nendpoints: {a: <ENTRY>}")) == 1


def test_the_repositorys_own_file_is_one_stack() -> None:
    """It has a resource for the tags of each user."""
    (stack,) = declare(App(), "ChimeEndpoints", load(REPOSITORY / "endpoints.yaml", lambda _: None))
    template = dict(Template.from_stack(stack).to_json())
    assert len(resources(template, ENDPOINT)) == 6
    assert len(resources(template, TAGS)) == 3


@pytest.mark.slow
def test_two_thousand_endpoints_fit_cloudformations_quotas(tmp_path: Path) -> None:
    """Each stack has at most 500 resources and 1 MB of template. The loader's estimate is in time."""
    declared = loaded(tmp_path, many(2000, stacks=10))
    app = App(outdir=str(tmp_path / "out"))
    list(declare(app, "Stack", declared))
    written = [path.read_text(encoding="utf-8") for path in Path(app.synth().directory).glob("*.template.json")]
    found = [json.loads(text)["Resources"] for text in written]
    assert sum(len(resources({"Resources": each}, ENDPOINT)) for each in found) == 2000
    assert max(map(len, found)) <= 500
    sizes = sorted(len(text.encode()) for text in written)
    assert sizes[-1] <= 1_000_000
    reckoned = sorted(usage(share).template_bytes for share in assign_to_stacks(declared.entries, 10))
    for size, estimate in zip(sizes, reckoned, strict=True):
        assert size <= estimate <= 2 * size
