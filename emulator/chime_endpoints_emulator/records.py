"""The records of the service: app instances, users, endpoints and received calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Status = Literal["ACTIVE", "INACTIVE"]
StatusReason = Literal["INVALID_DEVICE_TOKEN", "INVALID_PINPOINT_ARN"]


@dataclass(kw_only=True)
class AppInstance:
    """An app instance. All times in this module are epoch seconds."""

    arn: str
    name: str = field(repr=False)
    metadata: str | None = field(default=None, repr=False)
    created: float
    updated: float


@dataclass(kw_only=True)
class AppInstanceUser:
    """A user of an app instance."""

    arn: str
    name: str = field(repr=False)
    metadata: str | None = field(default=None, repr=False)
    expiration_settings: Mapping[str, Any] | None = None
    created: float
    updated: float


@dataclass(kw_only=True)
class Endpoint:
    """A registered endpoint. Its repr omits the device tokens."""

    app_instance_user_arn: str
    endpoint_id: str
    type: str
    resource_arn: str
    device_token: str = field(repr=False)
    voip_device_token: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)
    allow_messages: str = "ALL"
    status: Status = "ACTIVE"
    status_reason: StatusReason | None = None
    created: float
    updated: float
    listed: bool = True

    @property
    def device_tokens(self) -> frozenset[str]:
        """The device token and, if set, the VoIP device token."""
        return frozenset(token for token in (self.device_token, self.voip_device_token) if token is not None)


class Registered(NamedTuple):
    """The result of Register and Update."""

    app_instance_user_arn: str
    endpoint_id: str


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call that reached the service, with its parameters before any validation and its time."""

    operation: str
    parameters: Mapping[str, Any] = field(repr=False)
    at: float
