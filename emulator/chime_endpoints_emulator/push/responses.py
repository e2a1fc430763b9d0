"""The push operations. What is not emulated here is moto's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from moto.core.common_types import TYPE_RESPONSE
from moto.pinpoint.responses import PinpointResponse

from chime_endpoints_emulator.exceptions import PUSH_SERVICE
from chime_endpoints_emulator.requests import Result, ServiceResponse
from chime_endpoints_emulator.routing import route

from . import render
from .exceptions import InvalidRequest, PushError
from .models import PushBackend, pushapplications_backends
from .records import Channel, ChannelType, Credentials

_WORDS = {
    "Apns": ChannelType.APNS,
    "ApnsSandbox": ChannelType.APNS_SANDBOX,
    "ApnsVoip": ChannelType.APNS_VOIP,
    "ApnsVoipSandbox": ChannelType.APNS_VOIP_SANDBOX,
    "Gcm": ChannelType.GCM,
}
"""The channel types, by the words for them in the names of operations."""


class PushResponse(ServiceResponse):
    """One request to the push service."""

    error = PushError

    @classmethod
    def dispatch(cls, request: Any, full_url: str, headers: Any) -> TYPE_RESPONSE:
        """Answer a request, or let moto answer it if the operation is not emulated here."""
        parts = urlsplit(full_url)
        found = route(service=PUSH_SERVICE, method=request.method, path=parts.path, query=parts.query)
        response = cls() if found is not None and found.operation in OPERATIONS else PinpointResponse()
        return response._dispatch(request, full_url, headers)  # noqa: SLF001 - moto's own way

    def _operation(self, name: str) -> Callable[[], Result] | None:
        operation = OPERATIONS.get(name)
        return None if operation is None else partial(operation, self)

    @property
    def backend(self) -> PushBackend:
        """The backend of the caller's account and the request's region."""
        return pushapplications_backends[self.current_account][self.region]

    @property
    def _id(self) -> str:
        return str(self._given["ApplicationId"])

    def create_app(self) -> Result:
        """CreateApp."""
        requested = self._given["CreateApplicationRequest"]
        app = self.backend.create_app(name=requested["Name"], tags=requested.get("tags"))
        return render.application(app, self.backend.tags_of(app))

    def get_app(self) -> Result:
        """GetApp."""
        app = self.backend.get_app(application_id=self._id)
        return render.application(app, self.backend.tags_of(app))

    def delete_app(self) -> Result:
        """DeleteApp."""
        return render.application(self.backend.delete_app(application_id=self._id), {})

    def get_channels(self) -> Result:
        """GetChannels."""
        switch = self.backend.switches.token_key_is_credential
        found = self.backend.get_channels(application_id=self._id)
        return {
            "Channels": {
                channel.type.value: render.channel_summary(channel, self._id, token_key_is_credential=switch)
                for channel in found
            }
        }

    def get_channel(self, channel_type: ChannelType) -> Result:
        """GetApnsChannel and the others."""
        return self._rendered(self.backend.get_channel(application_id=self._id, channel_type=channel_type))

    def delete_channel(self, channel_type: ChannelType) -> Result:
        """DeleteApnsChannel and the others."""
        return self._rendered(self.backend.delete_channel(application_id=self._id, channel_type=channel_type))

    def update_channel(self, channel_type: ChannelType) -> Result:
        """UpdateApnsChannel and the others."""
        [requested] = (value for name, value in self._given.items() if name.endswith("ChannelRequest"))
        channel = self.backend.update_channel(
            application_id=self._id,
            channel_type=channel_type,
            enabled=requested.get("Enabled"),
            default_authentication_method=requested.get("DefaultAuthenticationMethod"),
            credentials=Credentials(
                certificate=bool(requested.get("Certificate") and requested.get("PrivateKey")),
                token_key=bool(requested.get("TokenKey")),
                api_key=bool(requested.get("ApiKey")),
                service_json=bool(requested.get("ServiceJson")),
            ),
        )
        return self._rendered(channel)

    def send_messages(self) -> Result:
        """SendMessages, to addresses only."""
        requested = self._given["MessageRequest"]
        if requested.get("Endpoints"):
            raise InvalidRequest("Endpoints: the emulator sends to Addresses only")
        addresses: Mapping[str, Any] = requested.get("Addresses") or {}
        types = {token: _device_channel(each.get("ChannelType")) for token, each in addresses.items()}
        results = self.backend.send_messages(application_id=self._id, addresses=types)
        return {"ApplicationId": self._id, "RequestId": str(uuid4()), "Result": results}

    def _rendered(self, channel: Channel) -> Result:
        switch = self.backend.switches.token_key_is_credential
        return render.channel(channel, self._id, token_key_is_credential=switch)


def _device_channel(name: str | None) -> ChannelType:
    try:
        return ChannelType(name or "")
    except ValueError:
        raise InvalidRequest(f"ChannelType: the emulator sends through {', '.join(ChannelType)} only") from None


OPERATIONS: Mapping[str, Callable[[PushResponse], Result]] = {
    "CreateApp": PushResponse.create_app,
    "GetApp": PushResponse.get_app,
    "DeleteApp": PushResponse.delete_app,
    "GetChannels": PushResponse.get_channels,
    "SendMessages": PushResponse.send_messages,
    **{f"Get{word}Channel": partial(PushResponse.get_channel, channel_type=kind) for word, kind in _WORDS.items()},
    **{
        f"Update{word}Channel": partial(PushResponse.update_channel, channel_type=kind) for word, kind in _WORDS.items()
    },
    **{
        f"Delete{word}Channel": partial(PushResponse.delete_channel, channel_type=kind) for word, kind in _WORDS.items()
    },
}
