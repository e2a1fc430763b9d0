"""Profiles with the values of switches: in Python, in the control API and on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from chime_endpoints_emulator import ChimeSDKIdentityBackend, Profile, identity_backend, push_backend, use_profile
from chime_endpoints_emulator.__main__ import main
from chime_endpoints_emulator.control import answer

VALUES = {
    "profile": "chime-endpoints-emulator/1",
    "observed": {"missing_endpoint": "three calls returned NotFoundException"},
    "identity": {"missing_endpoint": "not_found", "endpoints_per_user": 12},
    "push": {"new_channel_enabled": True},
}


@pytest.fixture(autouse=True)
def defaults() -> Iterator[None]:
    """The profile applies to the process, so each test ends with the defaults."""
    yield
    use_profile(Profile())


def _put(value: Any) -> tuple[int, Any]:
    status, _, body = answer(method="PUT", target="/_emulator/profile", body=json.dumps(value).encode())
    return status, json.loads(body)


def test_a_profile_is_for_backends_that_exist_and_for_later_ones(backend: ChimeSDKIdentityBackend) -> None:
    """A switch that is not in the profile has its default."""
    use_profile(Profile.from_dict(VALUES))
    assert (backend.switches.missing_endpoint, backend.switches.endpoints_per_user) == ("not_found", 12)
    with mock_aws():
        later = identity_backend(region_name="eu-central-1").switches
        assert (later.missing_endpoint, later.missing_user) == ("not_found", "forbidden")
        assert push_backend().switches.new_channel_enabled


def test_a_reset_returns_to_the_profile(backend: ChimeSDKIdentityBackend) -> None:
    """Switches that were set since then are forgotten."""
    use_profile(Profile.from_dict(VALUES))
    backend.switches.change({"missing_endpoint": "success", "token_memory": "none"})
    backend.reset()
    assert (backend.switches.missing_endpoint, backend.switches.token_memory) == ("not_found", "for_ever")


def test_the_next_profile_takes_the_place_of_the_first(backend: ChimeSDKIdentityBackend) -> None:
    """An empty one returns to the defaults."""
    use_profile(Profile.from_dict(VALUES))
    use_profile(Profile())
    assert backend.switches.missing_endpoint == "forbidden"


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """A file contains the same profile."""
    path = tmp_path / "profile.json"
    path.write_text(json.dumps(VALUES))
    profile = Profile.read(path)
    assert Profile.from_dict(profile.as_dict()) == profile == Profile.from_dict(VALUES)


def test_the_control_api_takes_a_profile(backend: ChimeSDKIdentityBackend) -> None:
    """It returns what it has set."""
    status, told = _put(VALUES)
    assert (status, told["identity"]) == (200, VALUES["identity"])
    assert backend.switches.missing_endpoint == "not_found"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"profile": "something else"}, "profile: not"),
        ({"identity": {"missing_endpoint": "teapot"}}, "missing_endpoint: 'teapot' is not one of forbidden"),
        ({"push": {"teapot": True}}, "teapot: not one of"),
        ({"identity": {"change": 1}}, "change: not one of"),
    ],
)
def test_a_wrong_profile_changes_nothing(backend: ChimeSDKIdentityBackend, change: dict[str, Any], said: str) -> None:
    """The message says what is wrong."""
    status, told = _put(VALUES | change)
    assert status == 400
    assert said in told["error"]
    assert backend.switches.missing_endpoint == "forbidden"


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "No such file"), ("[]", "not a profile"), ("{", "not a profile"), ("{}", "not a profile")],
)
def test_the_program_refuses_what_is_no_profile(
    content: str | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It does not start."""
    path = tmp_path / "profile.json"
    if content is not None:
        path.write_text(content)
    assert main(["--profile", str(path)]) == 1
    assert said in capsys.readouterr().err
