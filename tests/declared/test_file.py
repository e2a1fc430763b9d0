"""The allowed content of a declaration file, and the resulting endpoints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chime_endpoints.declared.load import load
from chime_endpoints_handler.model.declaration import ParameterSource, PlainToken, SecretSource
from declared.writing import APPLICATION, SECRET, USER, loaded

REPOSITORY = Path(__file__).parents[2]


def test_the_repositorys_own_file_is_valid_without_any_variable() -> None:
    """`cdk synth` works in a fresh clone."""
    declared = load(REPOSITORY / "endpoints.yaml", lambda _: None)
    assert len(declared.entries) >= 6


def test_the_repositorys_own_file_shows_every_kind_of_endpoint() -> None:
    """It is an example for new users."""
    entries = load(REPOSITORY / "endpoints.yaml", lambda _: None).entries
    declarations = [entry.declaration for entry in entries]
    assert {declaration.type for declaration in declarations} == {"APNS", "APNS_SANDBOX", "GCM"}
    assert len({declaration.app_instance_user_arn for declaration in declarations}) == 3
    assert any(declaration.voip_device_token for declaration in declarations)
    assert any(declaration.name is None for declaration in declarations)
    assert any(declaration.allow_messages == "NONE" for declaration in declarations)
    assert any(isinstance(each.device_token, SecretSource) and each.device_token.field for each in declarations)
    assert any(isinstance(each.device_token, ParameterSource) and each.device_token.version for each in declarations)
    assert any(entry.tags for entry in entries)


def test_the_repositorys_own_file_takes_its_arns_from_variables() -> None:
    """The local cloud sets the variables to the ARNs of its resources."""
    given = {
        "APP_INSTANCE_ARN": "arn:aws:chime:us-east-1:000000000000:app-instance/x",
        "APPLICATION_ARN": "arn:aws:mobiletargeting:us-east-1:000000000000:apps/y",
        "PUSH_SECRET_ARN": "arn:aws:secretsmanager:us-east-1:000000000000:secret:z",
    }
    for entry in load(REPOSITORY / "endpoints.yaml", given.get).entries:
        declaration = entry.declaration
        assert declaration.app_instance_user_arn.startswith(f"{given['APP_INSTANCE_ARN']}/user/")
        assert declaration.resource_arn == given["APPLICATION_ARN"]
        if isinstance(declaration.device_token, SecretSource):
            assert declaration.device_token.secret_arn == given["PUSH_SECRET_ARN"]


def test_an_entry_may_say_everything(tmp_path: Path) -> None:
    """Every field is in the declaration."""
    (entry,) = loaded(
        tmp_path,
        """
        endpoints:
          phone:
            user: <USER>
            type: APNS
            application: <APPLICATION>
            device_token: {secret: <SECRET>, field: apns, version_stage: AWSPREVIOUS}
            voip_device_token: {parameter: /voip, version: 3, kms_key: "arn:aws:kms:us-east-1:111122223333:key/1-2"}
            name: Phone
            allow_messages: NONE
            adopt_existing: true
            tags: {team: chat}
            removal_policy: retain
            update_replace_policy: destroy
        """,
    ).entries
    declaration = entry.declaration
    assert entry.key == "phone"
    assert (declaration.app_instance_user_arn, declaration.resource_arn) == (USER, APPLICATION)
    assert declaration.device_token == SecretSource(secret_arn=SECRET, field="apns", version_stage="AWSPREVIOUS")
    assert declaration.voip_device_token == ParameterSource(parameter_name="/voip", version="3")
    assert (declaration.name, declaration.allow_messages, declaration.adopt_existing) == ("Phone", "NONE", True)
    assert (entry.tags, entry.removal_policy) == ({"team": "chat"}, "retain")
    assert entry.update_replace_policy == "destroy"
    assert entry.kms_keys == ("arn:aws:kms:us-east-1:111122223333:key/1-2",)


def test_json_says_the_same_as_yaml(tmp_path: Path) -> None:
    """A `.json` file is read as JSON, including tabs and characters beyond U+FFFF."""
    fields = {
        "user": USER,
        "type": "GCM",
        "application": APPLICATION,
        "device_token": {"plain_text": "token"},
        "name": "Alice 📱/",
    }
    text = json.dumps({"$schema": "x", "endpoints": {"phone": fields}}, indent="\t").replace("/", "\\/")
    (entry,) = loaded(tmp_path, text, name="endpoints.json").entries
    assert entry.declaration.name == "Alice 📱/"
    assert entry.declaration.device_token == PlainToken("token")


def test_defaults_are_what_an_entry_does_not_say(tmp_path: Path) -> None:
    """An entry's fields override the defaults. Tags are merged by key."""
    first, second = loaded(
        tmp_path,
        """
        defaults: {application: <APPLICATION>, type: GCM, allow_messages: NONE, tags: {team: chat, cost: a}}
        endpoints:
          one: {user: <USER>, device_token: {plain_text: x}}
          two: {user: <USER>2, device_token: {plain_text: x}, type: APNS, allow_messages: ALL, tags: {cost: b}}
        """,
    ).entries
    assert (first.declaration.type, first.declaration.allow_messages) == ("GCM", "NONE")
    assert first.tags == {"team": "chat", "cost": "a"}
    assert (second.declaration.type, second.declaration.allow_messages) == ("APNS", "ALL")
    assert second.tags == {"team": "chat", "cost": "b"}


def test_anchors_and_merge_keys_of_yaml_work(tmp_path: Path) -> None:
    """They avoid repetition, as usual in YAML."""
    first, second = loaded(
        tmp_path,
        """
        endpoints:
          one: &one {user: <USER>, type: GCM, application: <APPLICATION>, device_token: {plain_text: x}, name: One}
          two: {<<: *one, device_token: {plain_text: y}, name: Two}
        """,
    ).entries
    assert first.declaration.name == "One"
    assert (second.declaration.name, second.declaration.type) == ("Two", "GCM")


def test_a_plain_token_is_in_no_repr(tmp_path: Path) -> None:
    """F2, F74: No object shows it in a log."""
    text = "endpoints: {a: {user: <USER>, type: GCM, application: <APPLICATION>, device_token: {plain_text: canary}}}"
    assert "canary" not in repr(loaded(tmp_path, text))


@pytest.mark.parametrize("value", ["true", "'true'", "'${ADOPT}'", "'${MISSING:-true}'"])
def test_a_boolean_may_come_from_a_variable(tmp_path: Path, value: str) -> None:
    """`adopt_existing` is true in every spelling of YAML."""
    text = f"defaults: {{adopt_existing: {value}}}\nendpoints: {{a: <ENTRY>}}"
    (entry,) = loaded(tmp_path, text, variables={"ADOPT": "True"}).entries
    assert entry.declaration.adopt_existing
