"""The backend of the push service. Applications and their tags are those of moto's own Pinpoint backend."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from moto.core.base_backend import BackendDict
from moto.core.utils import camelcase_to_underscores
from moto.pinpoint.models import App, PinpointBackend, pinpoint_backends

from chime_endpoints_emulator.arns import Arn
from chime_endpoints_emulator.service import EmulatedService, exclusive

from .exceptions import InvalidRequest, NotFound, PushError
from .records import Channel, ChannelType, Credentials, Message
from .rejections import Rejection, rejected, unusable
from .switches import PushSwitches

DEFAULT_ACCOUNT_ID = "123456789012"
DEFAULT_REGION = "us-east-1"


_PARTS = {"GetChannels": "channels", "SendMessages": "messages"}
"""The part of an application that IAM compares with policies, by operation."""


class PushBackend(EmulatedService):
    """The push service in one account and region.

    The operations are methods that tests can call directly. Direct calls skip faults and validation, and they are not
    recorded in `calls`.
    """

    error = PushError
    iam_prefix = "mobiletargeting"
    switches: PushSwitches

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.switches = PushSwitches.initial()
        self.channels: dict[tuple[str, ChannelType], Channel] = {}
        """The channels by application ID and type."""
        self.rejections: dict[str, Rejection] = {}
        """The device tokens that Apple or Google reject, with the reason."""
        self.messages: list[Message] = []
        """The messages that Apple or Google accepted."""

    @property
    def applications(self) -> dict[str, App]:
        """The applications by ID."""
        return self._moto.apps

    @property
    def _moto(self) -> PinpointBackend:
        return pinpoint_backends[self.account_id][self.region_name]

    def _resource_of(self, operation: str, parameters: Mapping[str, Any]) -> str:
        application = self.arn(parameters.get("ApplicationId", "*"))
        if operation in _PARTS:
            return f"{application}/{_PARTS[operation]}"
        channel = re.fullmatch(r"(?:Get|Update|Delete)(\w+)Channel", operation)
        return f"{application}/channels/{camelcase_to_underscores(channel[1])}" if channel else application

    def arn(self, application_id: str) -> str:
        """Return the ARN of an application."""
        return f"arn:{self.partition}:mobiletargeting:{self.region_name}:{self.account_id}:apps/{application_id}"

    @exclusive
    def create_app(self, *, name: str, tags: Mapping[str, str] | None = None) -> App:
        """Create an application without channels."""
        return self._moto.create_app(name=name, tags=dict(tags or {}))

    @exclusive
    def ensure_app(self, *, application_arn: str) -> App:
        """Create the application with this ARN if it does not exist. The service has no such call.

        Raises:
            InvalidRequest: it is not the ARN of an application in this account and region.
        """
        arn = Arn.parse(application_arn)
        if not arn.is_push_application or not arn.is_of(
            partition=self.partition, region=self.region_name, account=self.account_id
        ):
            raise InvalidRequest(f"{application_arn} is not an application in {self.account_id}, {self.region_name}")
        application_id = application_arn.rpartition("/")[2]
        if application_id not in self.applications:
            made = self._moto.create_app(name=application_id, tags={})
            del self.applications[made.application_id]
            made.application_id, made.arn = application_id, application_arn
            self.applications[application_id] = made
        return self.applications[application_id]

    @exclusive
    def get_app(self, *, application_id: str) -> App:
        """Return an application."""
        if application_id not in self.applications:
            raise NotFound
        return self.applications[application_id]

    @exclusive
    def delete_app(self, *, application_id: str) -> App:
        """Delete an application with its channels."""
        self.get_app(application_id=application_id)
        for key in [key for key in self.channels if key[0] == application_id]:
            del self.channels[key]
        return self._moto.delete_app(application_id)

    def tags_of(self, app: App) -> dict[str, str]:
        """Return the tags of an application."""
        return self._moto.list_tags_for_resource(app.arn)["tags"]

    @exclusive
    def update_channel(
        self,
        *,
        application_id: str,
        channel_type: ChannelType,
        enabled: bool | None = None,
        credentials: Credentials | None = None,
        default_authentication_method: str | None = None,
    ) -> Channel:
        """Create or change a channel."""
        self.get_app(application_id=application_id)
        now, old = self.now(), self.channels.get((application_id, channel_type))
        kept = old if self.switches.omitted_on_channel_update == "kept" else None
        if enabled is None:
            enabled = kept.enabled if kept else self.switches.new_channel_enabled
        channel = Channel(
            type=channel_type,
            enabled=enabled,
            credentials=(credentials or Credentials()) | (kept.credentials if kept else Credentials()),
            default_authentication_method=default_authentication_method
            or (kept.default_authentication_method if kept else None),
            created=old.created if old else now,
            updated=now,
            version=old.version + 1 if old else 1,
        )
        if not channel.credentials and self.switches.channel_without_credentials == "bad_request":
            raise InvalidRequest("Missing credentials")
        self.channels[application_id, channel_type] = channel
        return channel

    @exclusive
    def get_channel(self, *, application_id: str, channel_type: ChannelType) -> Channel:
        """Return a channel."""
        self.get_app(application_id=application_id)
        if (application_id, channel_type) not in self.channels:
            raise NotFound
        return self.channels[application_id, channel_type]

    @exclusive
    def delete_channel(self, *, application_id: str, channel_type: ChannelType) -> Channel:
        """Delete a channel."""
        deleted = self.get_channel(application_id=application_id, channel_type=channel_type)
        del self.channels[application_id, channel_type]
        return deleted

    @exclusive
    def get_channels(self, *, application_id: str) -> list[Channel]:
        """Return the channels of an application."""
        self.get_app(application_id=application_id)
        return [channel for (owner, _), channel in self.channels.items() if owner == application_id]

    @exclusive
    def send_messages(self, *, application_id: str, addresses: Mapping[str, ChannelType]) -> dict[str, dict[str, Any]]:
        """Send a push to each device token, and return the results by token."""
        self.get_app(application_id=application_id)
        if not addresses:
            raise InvalidRequest("The request has no addresses")
        return {
            device_token: self._send(application_id, channel_type, device_token)
            for device_token, channel_type in addresses.items()
        }

    def _send(self, application_id: str, channel_type: ChannelType, device_token: str) -> dict[str, Any]:
        channel = self.channels.get((application_id, channel_type))
        if (problem := _problem(channel)) is not None:
            if self.switches.unusable_channel == "bad_request":
                raise InvalidRequest(f"The {channel_type} channel {problem}")
            return unusable(channel_type, problem)
        if (rejection := self.rejections.get(device_token)) is not None:
            return rejected(rejection, channel_type)
        message_id = str(uuid4())
        self.messages.append(
            Message(
                application_id=application_id,
                channel_type=channel_type,
                device_token=device_token,
                message_id=message_id,
                at=self.now(),
            )
        )
        return {"DeliveryStatus": "SUCCESSFUL", "StatusCode": 200, "StatusMessage": "", "MessageId": message_id}


def _problem(channel: Channel | None) -> str | None:
    if channel is None:
        return "does not exist"
    if not channel.enabled:
        return "is not enabled"
    return None if channel.credentials else "has no credentials"


pushapplications_backends = BackendDict(PushBackend, "pinpoint")


def push_backend(*, account_id: str = DEFAULT_ACCOUNT_ID, region_name: str = DEFAULT_REGION) -> PushBackend:
    """Return the push backend of an account and region. Every `mock_aws` starts and ends with empty backends.

    Raises:
        KeyError: the service is not available in that region.
    """
    return pushapplications_backends[account_id][region_name]
