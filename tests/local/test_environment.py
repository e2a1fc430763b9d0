"""What programs on the local cloud can see of the machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import boto3
import pytest

from chime_endpoints_cli.account.calls.local_addresses import Addresses
from chime_endpoints_cli.local.background.background_process import BackgroundCloud
from chime_endpoints_cli.local.background.settings import settings
from chime_endpoints_cli.local.cloud.environment import local_environment

USERS = {
    "PATH": "/usr/bin",
    "HOME": "/home/somebody",
    "LANG": "C.UTF-8",
    "AWS_PROFILE": "production",
    "AWS_SESSION_TOKEN": "real",
    "AWS_ENDPOINT_URL_S3": "https://elsewhere.example",
    "CDK_DEFAULT_ACCOUNT": "999999999999",
    "HTTPS_PROXY": "http://proxy.example:3128",
    "http_proxy": "http://proxy.example:3128",
}


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """The environment that is derived from the user's."""
    return local_environment(
        aws_url="http://127.0.0.1:1", chime_url="http://127.0.0.1:2", directory=tmp_path, inherited=USERS
    )


def test_nothing_of_the_users_own_account_is_passed_on(environment: dict[str, str]) -> None:
    """Programs get no credentials, endpoints or account settings from the user's shell."""
    assert {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3", "CDK_DEFAULT_ACCOUNT"}.isdisjoint(environment)
    assert environment["AWS_ACCESS_KEY_ID"] == "test"


def test_files_in_the_users_home_are_out_of_reach(environment: dict[str, str], tmp_path: Path) -> None:
    """Files that a program writes into its home directory are in the run's directory."""
    assert Path(environment["HOME"]).is_relative_to(tmp_path)
    assert Path(environment["CDK_HOME"]).is_relative_to(tmp_path)
    assert Path(environment["TMPDIR"]).is_relative_to(tmp_path)
    assert environment["AWS_CONFIG_FILE"] == environment["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"


def test_requests_to_loopback_use_no_proxy(environment: dict[str, str]) -> None:
    """All proxy settings are removed, in upper and lower case."""
    assert not [name for name in environment if "proxy" in name.lower()]


def test_the_rest_of_the_environment_is_kept(environment: dict[str, str]) -> None:
    """Programs next to this Python come first in PATH, followed by all others."""
    assert environment["LANG"] == "C.UTF-8"
    assert environment["PATH"].split(":") == [str(Path(sys.executable).parent), "/usr/bin"]


def test_what_local_up_prints_is_enough_for_boto3(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program in an otherwise empty shell reaches the local cloud."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    addresses = Addresses(aws_url="http://127.0.0.1:1", chime_url="http://127.0.0.1:2")
    for name, value in settings(BackgroundCloud(addresses=addresses, keeper=0)).items():
        monkeypatch.setenv(name, value)
    session = boto3.Session()
    reached = {session.client(name).meta.endpoint_url for name in ("chime-sdk-identity", "secretsmanager")}
    assert reached == {"http://127.0.0.1:1", "http://127.0.0.1:2"}
    assert session.get_credentials().access_key == "test"
