"""Every command reports broken credentials, settings and networks immediately and in the same words."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
import trustme
from botocore.exceptions import (
    ConnectTimeoutError,
    EndpointConnectionError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)

from chime_endpoints_cli.account.calls.retries import is_hopeless
from chime_endpoints_cli.command_line.exit_codes import ExitCode
from chime_endpoints_cli.main import run
from commands.broken import CREDENTIALS, KEYS, NETWORK, SETTINGS, SSO, Broken, signed_in_with_sso
from support.standing_in import Answer, answering

pytestmark = pytest.mark.slow

INSTANCE = "arn:aws:chime:us-east-1:111122223333:app-instance/01234567-89ab-cdef-0123-456789abcdef"
USER = f"{INSTANCE}/user/alice"
_SLOW = pytest.mark.slow  # each needs every test of this file, and one command shows most mistakes
COMMANDS = [
    pytest.param(line.split(), id=line.replace(INSTANCE, "ARN"), marks=marks)
    for line, marks in ((f"list {USER}", ()), ("drift", _SLOW), (f"import {USER}", _SLOW), ("audit", _SLOW))
]
"""Every command that asks AWS for anything."""
AT_ONCE = 20.0  # seconds, on a machine with much to do; a minute of silence is what this is about


EACH = [pytest.param(broken, id=name) for name, broken in (CREDENTIALS | SETTINGS | NETWORK).items()]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The home directory of a user who has configured nothing."""
    for name in list(os.environ):
        if name.startswith("AWS_") or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    (tmp_path / ".aws").mkdir()
    monkeypatch.chdir(tmp_path)
    for name, value in (
        ("HOME", str(tmp_path)),
        ("AWS_CONFIG_FILE", str(tmp_path / ".aws" / "config")),
        ("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / ".aws" / "credentials")),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    with Path(os.devnull).open(encoding="utf-8") as nobody:
        monkeypatch.setattr("sys.stdin", nobody)
        yield tmp_path


def _set_up(broken: Broken, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (broken.environment or {}).items():
        monkeypatch.setenv(name, value)
    (home / ".aws" / "config").write_text(broken.config)
    broken.prepare(home)


def _told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The output of a failing command: one immediate message with a link to its section of the documentation."""
    began = time.monotonic()
    assert run(arguments) == ExitCode.FAILED
    assert time.monotonic() - began < AT_ONCE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Traceback" not in shown.err
    assert "secret-canary" not in shown.err
    assert shown.err.startswith("error: ")
    assert len(shown.err.splitlines()) <= 4
    return shown.err


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("broken", EACH)
def test_what_is_wrong_is_said_at_once_by_every_command(
    broken: Broken,
    command: list[str],
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The message has a code and a remedy, and never contains a key."""
    _set_up(broken, home, monkeypatch)
    told = _told(command, capsys)
    assert f"[{broken.code}]" in told.splitlines()[0]
    assert f"errors/commands.html#{broken.code.lower()}" in told
    assert all(words in told for words in broken.words), told


@pytest.mark.parametrize("command", [["schema"], ["completion", "bash"], ["validate", "endpoints.yaml"]])
@pytest.mark.parametrize(
    "broken", [CREDENTIALS["none"], SETTINGS["a configuration that cannot be read"]], ids=["none", "bad"]
)
def test_commands_without_aws_calls_work_with_broken_settings(
    broken: Broken,
    command: list[str],
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """For example, a file can be checked without a network."""
    _set_up(broken, home, monkeypatch)
    (home / "endpoints.yaml").write_text(
        f"endpoints: {{a: {{user: '{USER}', type: GCM, device_token: {{parameter: /push}},"
        " application: 'arn:aws:mobiletargeting:us-east-1:111122223333:apps/0123456789abcdef0123456789abcdef'}}"
    )
    assert run(command) == ExitCode.DONE, capsys.readouterr().err


@pytest.mark.parametrize("command", [["drift"], ["import", USER]], ids=" ".join)
def test_an_invalid_region_is_named(
    command: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The region is part of the host name, so a name that cannot be a region is rejected without a request."""
    for name, value in (KEYS | {"AWS_REGION": "us east 1"}).items():
        monkeypatch.setenv(name, value)
    told = _told(command, capsys)
    assert "us east 1" in told
    assert "[CE-604]\nCorrect AWS_REGION" in told


@pytest.mark.parametrize("command", [["drift"], ["audit"]])
def test_a_missing_region_is_named(
    command: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message names the variable and the option that set one."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    if command == ["audit"]:
        assert "CE-605" in _told(command, capsys)  # its regions are known: those of the service
    else:
        assert "no region is set [CE-604]\nSet AWS_REGION, or name a region with --region." in _told(command, capsys)


def test_an_option_that_the_command_does_not_have_is_not_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`plan` has no --region: like `cdk deploy`, it takes the region of the settings."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.chdir(tmp_path)
    assert run(["init"]) == ExitCode.DONE
    capsys.readouterr()
    assert "no region is set [CE-604]\nSet AWS_REGION.\n" in _told(["plan"], capsys)


NOT_ALLOWED = "User: arn:aws:iam::111122223333:user/me is not authorized to perform: cloudformation:DescribeStacks"
ANSWERS = {
    "an expired token": (Answer(403, "ExpiredTokenException"), "CE-602", ("has expired",)),
    "an expired token of the query protocol": (Answer(403, "ExpiredToken"), "CE-602", ("has expired",)),
    "an unknown key": (Answer(403, "InvalidClientTokenId"), "CE-603", ("AWS_ACCESS_KEY_ID",)),
    "an unknown token": (Answer(403, "UnrecognizedClientException"), "CE-603", ("does not recognize",)),
    "a wrong secret key": (Answer(403, "SignatureDoesNotMatch", "The request signature"), "CE-603", ("secret access",)),
    "a clock that is wrong": (Answer(403, "SignatureDoesNotMatch", "Signature expired: 2020"), "CE-603", ("clock",)),
    "a skewed clock": (Answer(403, "RequestTimeTooSkewed"), "CE-603", ("clock",)),
    "a denial": (Answer(403, "AccessDenied", NOT_ALLOWED), "CE-608", ("not allowed to call",)),
    "a sign-in page": (Answer(200, page="<html>Sign in</html>"), "CE-607", ("web page",)),
    "a page that forbids": (Answer(403, page="<html>Forbidden</html>"), "CE-607", ("web page",)),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("answer", "code", "words"), ANSWERS.values(), ids=ANSWERS)
def test_what_aws_refuses_is_said_in_the_same_words_by_every_command(
    answer: Answer,
    code: str,
    words: tuple[str, ...],
    command: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """This is true for every service that refuses."""
    with answering(answer) as address:
        for name, value in (KEYS | {"AWS_ENDPOINT_URL": address}).items():
            monkeypatch.setenv(name, value)
        told = _told(command, capsys)
    assert f"[{code}]" in told.splitlines()[0], told
    assert all(each in told for each in words), told


@pytest.mark.slow
@pytest.mark.parametrize("command", [["list", USER], ["drift"]], ids=" ".join)
def test_a_service_that_keeps_failing_is_given_up_after_seconds(
    command: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A short failure is retried. A failure of a minute is not."""
    with answering(Answer(500, "InternalFailure")) as address:
        for name, value in (KEYS | {"AWS_ENDPOINT_URL": address}).items():
            monkeypatch.setenv(name, value)
        began = time.monotonic()
        assert run(command) == ExitCode.FAILED
    assert time.monotonic() - began < 15
    told = capsys.readouterr().err
    assert "[CE-610]" in told
    assert "Try again" in told


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """The authority that signs the test server's certificate."""
    return trustme.CA()


BUNDLES: Mapping[str, tuple[str, Callable[[Path], None], str]] = {
    "none": ("", lambda _: None, "is not trusted"),
    "another one's": ("other.pem", lambda path: trustme.CA().cert_pem.write_to_path(str(path)), "is not trusted"),
    "missing": ("none.pem", lambda _: None, "cannot be loaded"),
    "a directory": ("directory", Path.mkdir, "AWS_CA_BUNDLE"),
    "empty": ("empty.pem", Path.touch, "AWS_CA_BUNDLE"),
    "no PEM": ("text.pem", lambda path: (path.write_text("hello\n"), None)[1], "cannot be loaded"),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("name", "write", "words"), BUNDLES.values(), ids=BUNDLES)
def test_a_certificate_that_cannot_be_trusted_is_said_at_once(
    name: str,
    write: Callable[[Path], None],
    words: str,
    command: list[str],
    authority: trustme.CA,
    home: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The message names the setting if its file contains no certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with answering(Answer(500, "InternalFailure"), context) as address:
        for key, value in (KEYS | {"AWS_ENDPOINT_URL": address}).items():
            monkeypatch.setenv(key, value)
        if name:
            write(home / name)
            monkeypatch.setenv("AWS_CA_BUNDLE", str(home / name))
        told = _told(command, capsys)
    assert "[CE-606]" in told.splitlines()[0]
    assert words in told


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (ReadTimeoutError(endpoint_url="https://x"), 2),
        (ConnectTimeoutError(endpoint_url="https://x"), 2),
        (EndpointConnectionError(endpoint_url="https://x"), 3),
        (SSLError(endpoint_url="https://x", error=""), 1),
        (ProxyConnectionError(proxy_url="http://x"), 1),
    ],
)
def test_hopeless_calls_are_not_retried(error: Exception, attempts: int) -> None:
    """Only network errors are retried once or twice."""
    assert is_hopeless(error, attempts)
    assert attempts == 1 or not is_hopeless(error, attempts - 1)


@pytest.mark.slow
def test_an_expired_sign_in_is_distinguished_from_a_missing_one(home: Path) -> None:
    """An expired sign-in is the most frequent case. The token is in the home directory in which Python was started."""
    signed_in_with_sso(home, "2020-01-01T00:00:00Z")
    (home / ".aws" / "config").write_text(SSO)
    told = [
        subprocess.run(
            [sys.executable, "-m", "chime_endpoints_cli.entry", *command], capture_output=True, text=True, check=False
        ).stderr
        for command in (["list", USER], ["drift"])
    ]
    assert told[0] == told[1]
    assert told[0].startswith("error: your AWS sign-in has expired [CE-602]\nRun: aws sso login\n")
