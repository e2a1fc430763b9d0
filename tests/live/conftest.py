"""An emulator in the test's own process, to which the environment points."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chime_endpoints_emulator import EmulatorServer, Profile, use_profile
from chime_endpoints_emulator.control import answer
from live.account import Account


@pytest.fixture(scope="session")
def running() -> Iterator[EmulatorServer]:
    """One server for all tests."""
    with EmulatorServer() as started:
        yield started


@pytest.fixture
def account(running: EmulatorServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Account]:
    """The emulator's account: an empty service with the defaults, but without a rate limit."""
    for service in ("CHIME_SDK_IDENTITY", "PINPOINT"):
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", running.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.chdir(tmp_path)
    use_profile(Profile(identity={"requests_per_second": None}))
    answer(method="POST", target="/_emulator/reset", body=b"")
    yield Account()
    use_profile(Profile())
    answer(method="POST", target="/_emulator/reset", body=b"")
