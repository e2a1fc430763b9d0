"""Fixtures that several suites use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from support.sink import Sink, open_sink
from support.stage import Stage, stage_for


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
