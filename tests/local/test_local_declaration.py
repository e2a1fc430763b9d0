"""`local up` reads the declaration file with the app's reader, and its ARNs match the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chime_endpoints.declared.document.problems import DeclaredFileError
from chime_endpoints.declared.load import load
from chime_endpoints_cli.local.declaration.loading import read_locally
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_handler.model.declaration import ParameterSource, PlainToken, SecretSource

ELSEWHERE = "arn:aws:chime:eu-central-1:111122223333:app-instance/01234567-89ab-cdef-0123-000000000001"
APPLICATION = "arn:aws:mobiletargeting:eu-central-1:111122223333:apps/0123456789abcdef0123456789abcdef"
OWN = "${APP_INSTANCE_ARN}/user/alice"


@pytest.fixture(autouse=True)
def _without_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("APP_INSTANCE_ARN", "APPLICATION_ARN", "PUSH_SECRET_ARN"):
        monkeypatch.delenv(name, raising=False)


def write(directory: Path, *entries: dict[str, object], application: str = "${APPLICATION_ARN}") -> Path:
    """A file with these entries."""
    path = directory / "endpoints.json"
    named = {f"entry-{number}": {"type": "GCM", **entry} for number, entry in enumerate(entries)}
    path.write_text(json.dumps({"defaults": {"application": application}, "endpoints": named}))
    return path


@pytest.mark.parametrize(
    ("token", "source"),
    [
        ({"plain_text": "made-up"}, PlainToken("made-up")),
        ({"parameter": "/${STAGE}/alice", "version": 3}, ParameterSource(parameter_name="/prod/alice", version="3")),
        (
            {"secret": "arn:aws:secretsmanager:us-east-1:000000000000:secret:t-AbCdEf", "field": "${DEVICE:-alice}"},
            SecretSource(secret_arn="arn:aws:secretsmanager:us-east-1:000000000000:secret:t-AbCdEf", field="alice"),
        ),
        (
            {"secret": "arn:aws:secretsmanager:us-east-1:000000000000:secret:t-AbCdEf"},
            SecretSource(secret_arn="arn:aws:secretsmanager:us-east-1:000000000000:secret:t-AbCdEf"),
        ),
    ],
    ids=["plain text", "variable in a name", "variable in a field", "whole secret"],
)
def test_what_the_app_takes_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: dict[str, object], source: object
) -> None:
    """This includes every form of token, with variables in any place."""
    monkeypatch.setenv("STAGE", "prod")
    declared = read_locally(write(tmp_path, {"user": OWN, "device_token": token}), {})
    assert [entry.declaration.device_token for entry in declared.declarations.entries] == [source]


def test_what_the_app_refuses_is_refused_with_the_same_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every mistake is reported with its place before anything starts."""
    path = write(tmp_path, {"user": "${NOBODYS}/user/x", "device_token": {"plain_text": ""}, "tpye": "GCM"})
    with pytest.raises(DeclaredFileError) as refused:
        load(path, {"APPLICATION_ARN": APPLICATION}.get)
    with pytest.raises(CommandError, match="has 3 mistakes"):
        read_locally(path, {})
    assert capsys.readouterr().err == f"{refused.value}\n"


@pytest.mark.parametrize(
    ("user", "application"),
    [(f"{ELSEWHERE}/user/bob", "${APPLICATION_ARN}"), (OWN, APPLICATION)],
    ids=["user", "application"],
)
def test_the_local_cloud_is_the_account_and_region_that_the_file_names(
    tmp_path: Path, user: str, application: str
) -> None:
    """Resources for the file's variables are in the account and region of its ARNs, as a deployment requires."""
    path = write(tmp_path, {"user": user, "device_token": {"plain_text": "t"}}, application=application)
    declared = read_locally(path, {})
    (entry,) = declared.declarations.entries
    assert declared.account == "111122223333"
    assert entry.declaration.app_instance_user_arn.startswith("arn:aws:chime:eu-central-1:111122223333:")
    assert entry.declaration.resource_arn.startswith("arn:aws:mobiletargeting:eu-central-1:111122223333:")


def test_a_file_that_names_no_account_belongs_to_any_local_cloud(tmp_path: Path) -> None:
    """Its variables get the values of the running cloud."""
    path = write(tmp_path, {"user": OWN, "device_token": {"plain_text": "t"}})
    assert read_locally(path, {}).account == "000000000000"
    assert read_locally(path, {}, account="222222222222").account == "222222222222"


def test_another_account_than_that_of_the_running_cloud_is_named(tmp_path: Path) -> None:
    """The message does not report mistakes that the file does not have."""
    path = write(tmp_path, {"user": f"{ELSEWHERE}/user/bob", "device_token": {"plain_text": "t"}})
    with pytest.raises(CommandError, match=r"111122223333.* is account 000000000000") as caught:
        read_locally(path, {}, account="000000000000")
    assert "local down" in caught.value.remedy


def test_what_was_made_for_another_file_does_not_decide_for_this_one(tmp_path: Path) -> None:
    """The account of the running cloud is compared with the account in this file."""
    path = write(tmp_path, {"user": OWN, "device_token": {"plain_text": "t"}}, application=APPLICATION)
    earlier = {"APP_INSTANCE_ARN": "arn:aws:chime:us-east-1:000000000000:app-instance/x", "STAGE": "prod"}
    with pytest.raises(CommandError, match="uses account 111122223333"):
        read_locally(path, {}, earlier=earlier, account="000000000000")


def test_only_what_a_deployment_needs_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment gets the created resources and the command line's variables. It inherits the environment."""
    monkeypatch.setenv("STAGE", "prod")
    token = {"parameter": "/${STAGE}/${DEVICE}"}
    declared = read_locally(write(tmp_path, {"user": OWN, "device_token": token}), {"DEVICE": "phone"})
    assert sorted(declared.variables) == ["APPLICATION_ARN", "APP_INSTANCE_ARN", "DEVICE"]
