"""A mocked service with one app instance and one user, and boto3 clients for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws

from chime_endpoints_emulator import ChimeSDKIdentityBackend, identity_backend

APPLICATION = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/0123456789abcdef0123456789abcdef"


def make_client(*, region: str = "us-east-1", url: str | None = None, **config: Any) -> Any:
    """A client that tries once and sends what it is given."""
    settings = {"retries": {"total_max_attempts": 1}, "max_pool_connections": 20, **config}
    return boto3.Session().client(
        "chime-sdk-identity",
        region_name=region,
        endpoint_url=url,
        aws_access_key_id="made-up",
        aws_secret_access_key="made-up",
        config=Config(**settings),
    )


def refusal(call: Callable[..., Any], **parameters: Any) -> tuple[str, int, str]:
    """The code, status and message with which the service refuses a call."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response
    return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Message"]


@pytest.fixture(scope="session")
def clients() -> tuple[Any, Any]:
    """Clients for all tests: making one takes longer than most tests."""
    return make_client(), make_client(parameter_validation=False)


@pytest.fixture
def client(clients: tuple[Any, Any], backend: ChimeSDKIdentityBackend) -> Any:  # noqa: ARG001 - must be there
    """A client of the mocked service."""
    return clients[0]


@pytest.fixture
def unchecked(clients: tuple[Any, Any], backend: ChimeSDKIdentityBackend) -> Any:  # noqa: ARG001 - likewise
    """A client that leaves all checks to the service."""
    return clients[1]


@pytest.fixture
def backend() -> Iterator[ChimeSDKIdentityBackend]:
    """An empty service for each test."""
    with mock_aws():
        yield identity_backend()


@pytest.fixture
def app_instance(backend: ChimeSDKIdentityBackend) -> str:
    """The ARN of an app instance."""
    return backend.create_app_instance(name="chat")


@pytest.fixture
def user(backend: ChimeSDKIdentityBackend, app_instance: str) -> str:
    """The ARN of a user."""
    return backend.create_app_instance_user(app_instance_arn=app_instance, app_instance_user_id="alice", name="Alice")


@pytest.fixture
def register(client: Any, user: str) -> Callable[..., str]:
    """Registers an endpoint of the user, with other parameters where given, and answers its id."""
    return lambda **changes: str(
        client.register_app_instance_user_endpoint(**registration(user, **changes))["EndpointId"]
    )


def registration(user: str, **changes: Any) -> dict[str, Any]:
    """The parameters of Register for an endpoint of this user."""
    device_token = changes.pop("device_token", "token")
    return {
        "AppInstanceUserArn": user,
        "Type": "APNS",
        "ResourceArn": APPLICATION,
        "EndpointAttributes": {"DeviceToken": device_token},
        **changes,
    }
