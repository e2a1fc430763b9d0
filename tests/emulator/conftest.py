"""A mocked service with one app instance and one user."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from moto import mock_aws

from chime_endpoints_emulator import ChimeSDKIdentityBackend, identity_backend
from support.identity import make_client, registration


@pytest.fixture(scope="session")
def clients() -> tuple[Any, Any]:
    """Clients for all tests, because creating one takes longer than most tests."""
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
    """Register an endpoint of the user, with these parameters changed, and return its ID."""
    return lambda **changes: str(
        client.register_app_instance_user_endpoint(**registration(user, **changes))["EndpointId"]
    )
