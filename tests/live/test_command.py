"""The command line of `make live`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chime_endpoints_emulator import Profile, Switches, identity_backend
from live.account import Account
from live.command import run


def test_without_credentials_it_says_what_it_would_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It does nothing, and that is no failure."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert run(["--yes"]) == 0
    told = capsys.readouterr().out
    assert "Cost: less than" in told
    assert "There are no AWS credentials. Nothing was done." in told


def test_it_asks_first(account: Account, capsys: pytest.CaptureFixture[str]) -> None:  # noqa: ARG001 - the environment
    """Without a terminal, it does nothing without --yes."""
    assert run(["--no-stacks"]) == 1
    assert "Add --yes." in capsys.readouterr().err
    assert not identity_backend().calls or {each.operation for each in identity_backend().calls} == {"ListAppInstances"}


def test_a_region_without_the_service_is_refused(
    account: Account,  # noqa: ARG001 - the environment
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The message names the regions."""
    monkeypatch.setenv("AWS_REGION", "us-west-2")
    assert run(["--yes"]) == 1
    assert "Set AWS_REGION to us-east-1 or eu-central-1." in capsys.readouterr().err


def test_the_profile_makes_the_emulator_behave_as_observed(
    account: Account,  # noqa: ARG001 - the environment
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It has no ARN and no token, and says what was not settled and why."""
    identity_backend().switches.change({"missing_endpoint": "not_found", "token_memory": "none"})
    path = tmp_path / "profile.json"
    assert run(["--yes", "--no-stacks", "--profile", str(path)]) == 0
    profile, written = Profile.read(path), path.read_text()
    assert profile.identity["missing_endpoint"] == "not_found"
    assert profile.identity.keys() == Switches().as_dict().keys() - {
        "requests_per_second",
        "token_scope",
        "same_token_other_parameters",
    }
    assert json.loads(written)["not known"]["token_scope"] == "the service remembers no ClientRequestToken"
    assert "arn:" not in written
    assert "token_scope: the service remembers no ClientRequestToken" in capsys.readouterr().out
    assert not identity_backend().app_instances
