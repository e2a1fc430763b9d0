"""An account as the commands see it: the emulated service, moto's secrets and parameters, and fake stacks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from moto import mock_aws

from chime_endpoints_cli.account.calls.rate_limit import RateLimit
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_emulator import ChimeSDKIdentityBackend, Endpoint, identity_backend
from support.cloudformation import FakeCloudFormation
from support.identity import APPLICATION


class AccountServices(Services):
    """Real clients, except for CloudFormation, which returns the fake stacks of the tests, and where wanted Lambda."""

    def __init__(self, cloudformation: FakeCloudFormation) -> None:
        super().__init__(rate_limit=RateLimit(100_000))
        self.cloudformation = cloudformation
        self.elsewhere: Any = FakeCloudFormation()
        self.lambda_functions: Any = None

    def stacks(self, region: str | None = None) -> Any:
        """The stacks in us-east-1. Other regions report that they have none, unless a test changes that."""
        return self.cloudformation if region in (None, "us-east-1") else self.elsewhere

    def functions(self, region: str) -> Any:
        """The functions of the tests, if there are some."""
        return self.lambda_functions or super().functions(region)


@dataclass
class Account:
    """The account and its contents."""

    services: AccountServices
    backend: ChimeSDKIdentityBackend
    app_instance: str
    cloudformation: FakeCloudFormation = field(init=False)

    def __post_init__(self) -> None:
        self.cloudformation = self.services.cloudformation

    def user(self, user_id: str = "alice") -> str:
        """The ARN of an existing user."""
        arn = f"{self.app_instance}/user/{user_id}"
        if arn not in self.backend.users:
            self.backend.create_app_instance_user(
                app_instance_arn=self.app_instance, app_instance_user_id=user_id, name=user_id
            )
        return arn

    def register(self, device_token: str = "canary-token", *, user_id: str = "alice", **members: Any) -> Endpoint:
        """Register an endpoint of the user."""
        registered = self.backend.register_app_instance_user_endpoint(
            **{
                "app_instance_user_arn": self.user(user_id),
                "endpoint_type": "APNS",
                "resource_arn": APPLICATION,
                "device_token": device_token,
                "name": "Phone",
            }
            | members
        )
        return self.backend.endpoints[registered.endpoint_id]

    def secret(self, text: str) -> str:
        """The ARN of a secret with this content."""
        client = self.services.secrets("us-east-1")
        return str(client.create_secret(Name=f"secret-{len(text)}", SecretString=text)["ARN"])


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An account with an app instance."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    with mock_aws():
        backend = identity_backend()
        backend.switches.requests_per_second = None
        instance = backend.create_app_instance(name="chat")
        yield Account(services=AccountServices(FakeCloudFormation()), backend=backend, app_instance=instance)


def physical_id(endpoint: Endpoint) -> str:
    """The physical ID of an endpoint in a stack."""
    return f"{endpoint.app_instance_user_arn}/endpoint/{endpoint.endpoint_id}"


def declared(endpoint: Endpoint, **changes: Any) -> dict[str, Any]:
    """A resource that declares a registered endpoint, with these properties changed; None omits one."""
    properties = {
        "ServiceToken": "arn:aws:lambda:us-east-1:123456789012:function:handler",
        "AppInstanceUserArn": endpoint.app_instance_user_arn,
        "Type": endpoint.type,
        "ResourceArn": endpoint.resource_arn,
        "EndpointAttributes": {"DeviceToken": endpoint.device_token},
        "Name": endpoint.name,
        "AllowMessages": endpoint.allow_messages,
    } | changes
    return {
        "Type": "Custom::ChimeAppInstanceUserEndpoint",
        "Properties": {name: value for name, value in properties.items() if value is not None},
    }
