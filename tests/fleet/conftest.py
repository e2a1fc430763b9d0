"""Fixtures of the fleet's tests."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from support.fleet import FleetStage, fleet_stage
from support.fleet_stack import FleetStack
from support.sink import Sink


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[FleetStage]:
    """A fleet with an emulated service, and S3 in memory."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        yield fleet_stage()


@pytest.fixture
def moto_stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[FleetStage]:
    """A fleet with an emulated service, and moto's S3."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield fleet_stage(boto3.client("s3"))


@pytest.fixture
def stack(stage: FleetStage, sink: Sink) -> FleetStack:
    """A stack with a fleet."""
    return FleetStack(stage, sink)
