"""Which channels of an application an endpoint needs."""

from __future__ import annotations

from collections.abc import Mapping

from chime_endpoints_handler.model.declaration import EndpointType

_VOIP: Mapping[str, str] = {EndpointType.APNS: "APNS_VOIP", EndpointType.APNS_SANDBOX: "APNS_VOIP_SANDBOX"}


def channel_types(endpoint_type: str, *, voip: bool) -> list[str]:
    """Return the types of the channels for the device token and, if there is one, for the VoIP device token."""
    return [endpoint_type, *([_VOIP[endpoint_type]] if voip and endpoint_type in _VOIP else [])]
