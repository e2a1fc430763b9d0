"""Compare registered device tokens with what the lines of the manifest declare."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chime_endpoints_handler.aws import token_sources
from chime_endpoints_handler.aws.calls import Call
from chime_endpoints_handler.aws.clients import Clients
from chime_endpoints_handler.aws.endpoints.api import Endpoints
from chime_endpoints_handler.model.declaration import TokenSource, read_endpoint

from ...applying.handling.clients import Remembered
from ...ledger.entry import Entry
from ...manifest.digests import digests_of
from ...manifest.lines import Declared


@dataclass(frozen=True)
class Tokens:
    """The device tokens of one shard's lines. A source is read once."""

    fleet: str
    declared: Mapping[str, Declared]
    clients: Clients
    remembered: Remembered = field(default_factory=Remembered)

    def differ(self, entry: Entry, endpoints: Endpoints, call: Call) -> bool:
        """Whether an endpoint has another device token than its line's source returns.

        A line that has changed since the endpoint was registered is not compared: the next run applies it.

        Raises:
            HandlerError: a source cannot be read, or the service failed.
        """
        line = self.declared.get(entry.key)
        if line is None or digests_of(self.fleet, line.properties).identity != entry.digests.identity:
            return False
        there = endpoints.describe(entry.endpoint.endpoint_id)
        if there is None:
            return False
        declared = read_endpoint(line.properties)
        token, voip = there.identity.device_token, there.identity.voip_device_token
        return token != self._read("DeviceToken", declared.device_token, call) or voip != (
            None
            if declared.voip_device_token is None
            else self._read("VoipDeviceToken", declared.voip_device_token, call)
        )

    def _read(self, member: str, source: TokenSource, call: Call) -> str:
        def read() -> str:
            return token_sources.find(member, source, clients=self.clients, call=call).token

        token: str = self.remembered.get((member, repr(source.to_properties())), read)
        return token
