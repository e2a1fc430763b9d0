"""A response URL for the function, and an account."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from moto import mock_aws

from plan.cloud import Cloud
from plan.prepared import prepared
from support.sink import Sink, open_sink


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    """A response URL."""
    with open_sink() as made, mock_aws():
        yield made


@pytest.fixture
def cloud(sink: Sink) -> Cloud:
    """An account with nothing deployed."""
    return prepared(sink)
