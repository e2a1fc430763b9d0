"""Fixtures that several suites use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

from support.sink import Sink, open_sink
from support.stage import Stage, stage_for

_TOGETHER = {
    "e2e/test_demo.py": "demo",
    "e2e/test_life_of_a_stack.py": "local cloud",
    "e2e/test_plain_cloudformation.py": "local cloud",
    "synth/test_examples.py": "examples",
}
"""Tests that share what takes long to make: the files of one name are run by one process."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Groups the tests of such files, where several processes share the tests."""
    for item in items:
        name = item.path.relative_to(Path(__file__).parent).as_posix()
        if name in _TOGETHER:
            item.add_marker(pytest.mark.xdist_group(_TOGETHER[name]))


@pytest.fixture(scope="session")
def _served_sink() -> Iterator[Sink]:
    with open_sink() as sink:
        yield sink


@pytest.fixture
def sink(_served_sink: Sink) -> Sink:
    """A response URL that has seen nothing yet."""
    _served_sink.forget()
    return _served_sink


@pytest.fixture
def stage(sink: Sink, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """The handler beside an emulated service with one user."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield stage_for(sink)
