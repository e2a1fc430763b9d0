"""Fixtures that several test suites use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws
from xdist.scheduler import LoadScopeScheduling

from support.prepared import prepare_once
from support.sink import Sink, open_sink
from support.stage import Stage, stage_for
from support.surroundings import make_uniform

make_uniform()
prepare_once()

_TOGETHER = {
    "tests/e2e/test_demo.py": "demo",
    "tests/e2e/test_fleet.py": "fleet",
    "tests/e2e/test_life_of_a_stack.py": "life of a stack",
    "tests/e2e/": "local cloud",
    "tests/docs/test_site.py": "site",
    "tests/local/test_wheel.py": "wheel",
    "tests/synth/test_examples.py": "examples",
    "tests/installed/.*oldest": "oldest libraries",
    "tests/installed/.*newest": "newest libraries",
}
"""Tests that share what takes long to make: those whose id begins so are run by one process; the first one counts."""


class _Together(LoadScopeScheduling):  # type: ignore[misc]  # xdist carries no types
    """A scheduler that distributes single tests, but keeps the tests of a group together."""

    def _split_scope(self, nodeid: str) -> str:
        rest = nodeid.partition("::")[0] if self.config.option.direct else nodeid  # files cost less than they balance
        return next((group for start, group in _TOGETHER.items() if re.match(start, nodeid)), rest)


def pytest_addoption(parser: pytest.Parser) -> None:
    """What `make test-fast` saves most of the handler's time with."""
    parser.addoption(
        "--direct",
        action="store_true",
        help="let the handler's calls reach the emulated service without botocore and HTTP, but for faults",
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _Together:
    """Use the scheduler if several processes run the tests."""
    return _Together(config, log)


@pytest.fixture(scope="session")
def _served_sink() -> Iterator[Sink]:
    with open_sink() as sink:
        yield sink


@pytest.fixture
def sink(_served_sink: Sink) -> Sink:
    """A response URL without requests so far."""
    _served_sink.forget()
    return _served_sink


@pytest.fixture
def stage(sink: Sink, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config) -> Iterator[Stage]:
    """The handler with an emulated service and one user."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield stage_for(sink, is_direct=pytestconfig.getoption("direct"), has_boto3=True)
