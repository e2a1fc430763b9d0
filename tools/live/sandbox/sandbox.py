"""An app instance with users, and push applications, created when they are first used."""

from __future__ import annotations

import contextlib
import secrets
from functools import cached_property
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError

from live.account import Account, patiently
from live.run import Run

from .credentials import made_up_credentials


class Sandbox:
    """The app instance of a run. `leftovers.remove` deletes it with everything in it."""

    def __init__(self, account: Account, run: Run) -> None:
        """Create nothing yet."""
        self.account = account
        self.run = run
        self._users: dict[str, str] = {}
        self._applications: dict[str, str] = {}

    @cached_property
    def app_instance(self) -> str:
        """The ARN of the app instance."""
        name, tags = self.run.name("app"), [{"Key": key, "Value": value} for key, value in self.run.tags.items()]
        identity = self.account.identity
        answer = patiently(lambda: identity.create_app_instance(Name=name, ClientRequestToken=name, Tags=tags))
        return str(answer["AppInstanceArn"])

    def user(self, user_id: str) -> str:
        """Return the ARN of a user, who is created unless this was done before."""
        if user_id not in self._users:
            self._users[user_id] = self.create_user(user_id)
        return self._users[user_id]

    def create_user(self, user_id: str) -> str:
        """Create a user and return the ARN."""
        arguments = {"AppInstanceArn": self.app_instance, "AppInstanceUserId": user_id, "Name": user_id}
        identity, token = self.account.identity, str(uuid4())
        answer = patiently(lambda: identity.create_app_instance_user(**arguments, ClientRequestToken=token))
        return str(answer["AppInstanceUserArn"])

    def missing_user(self) -> str:
        """Return the ARN of a user that does not exist."""
        return f"{self.app_instance}/user/nobody-{uuid4().hex[:8]}"

    def application(self, name: str = "push") -> str:
        """Return the ARN of an application with an enabled APNs channel, created unless this was done before."""
        if name not in self._applications:
            application_id = self.bare_application(name).rpartition("/")[2]
            channel = {**made_up_credentials(), "Enabled": True}
            with contextlib.suppress(ClientError):  # the probe of this channel reports it
                self.account.push.update_apns_channel(ApplicationId=application_id, APNSChannelRequest=channel)
        return self._applications[name]

    def bare_application(self, name: str) -> str:
        """Return the ARN of an application without channels, created unless this was done before."""
        if name not in self._applications:
            requested = {"Name": self.run.name(name), "tags": self.run.tags}
            answer = self.account.push.create_app(CreateApplicationRequest=requested)
            self._applications[name] = str(answer["ApplicationResponse"]["Arn"])
        return self._applications[name]

    def register(self, user: str, device_token: str, *, application: str | None = None, **members: Any) -> str:
        """Register an endpoint and return its ID."""
        requested = {
            "AppInstanceUserArn": user,
            "Type": "APNS",
            "ResourceArn": application or self.application(),
            "EndpointAttributes": {"DeviceToken": device_token},
            "ClientRequestToken": str(uuid4()),
        } | members
        identity = self.account.identity
        return str(patiently(lambda: identity.register_app_instance_user_endpoint(**requested))["EndpointId"])

    def deregister(self, user: str, endpoint_id: str) -> None:
        """Deregister an endpoint."""
        arguments = {"AppInstanceUserArn": user, "EndpointId": endpoint_id}
        patiently(lambda: self.account.identity.deregister_app_instance_user_endpoint(**arguments))

    def describe(self, user: str, endpoint_id: str) -> dict[str, Any]:
        """Describe an endpoint."""
        arguments = {"AppInstanceUserArn": user, "EndpointId": endpoint_id}
        answer = patiently(lambda: self.account.identity.describe_app_instance_user_endpoint(**arguments))
        found: dict[str, Any] = answer["AppInstanceUserEndpoint"]
        return found

    def listed(self, user: str) -> list[str]:
        """Return the IDs of a user's endpoints."""
        found, page = [], {"AppInstanceUserArn": user}
        while True:
            answer = patiently(
                lambda page=page: self.account.identity.list_app_instance_user_endpoints(**page)  # type: ignore[misc] # bound now
            )
            found += [each["EndpointId"] for each in answer["AppInstanceUserEndpoints"]]
            if not answer.get("NextToken"):
                return found
            page = {"AppInstanceUserArn": user, "NextToken": answer["NextToken"]}


def made_up_token() -> str:
    """Return a device token in Apple's form that no device has."""
    return secrets.token_hex(32)
