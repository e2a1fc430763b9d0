"""Conversion of applications and channels to the JSON of the API."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from moto.pinpoint.models import App

from .records import Channel, ChannelType

Json = dict[str, Any]


def application(value: App, tags: Mapping[str, str]) -> Json:
    """Return an application as Create, Get and Delete return it."""
    created = _time(float(value.created))
    shown = {"Arn": value.arn, "Id": value.application_id, "Name": value.name, "CreationDate": created}
    return shown | ({"tags": dict(tags)} if tags else {})


def channel_summary(value: Channel, application_id: str, *, token_key_is_credential: bool) -> Json:
    """Return a channel as GetChannels returns it."""
    known = value.credentials
    has_credential = known.certificate or known.api_key or (known.token_key and token_key_is_credential)
    return {
        "ApplicationId": application_id,
        "CreationDate": _time(value.created),
        "Enabled": value.enabled,
        "HasCredential": has_credential,
        "Id": value.type.lower(),
        "IsArchived": False,
        "LastModifiedDate": _time(value.updated),
        "Version": value.version,
    }


def channel(value: Channel, application_id: str, *, token_key_is_credential: bool) -> Json:
    """Return a channel as its own operations return it."""
    method = value.default_authentication_method
    more = (
        {"HasFcmServiceCredentials": value.credentials.service_json}
        if value.type is ChannelType.GCM
        else {"HasTokenKey": value.credentials.token_key}
    )
    return {
        **channel_summary(value, application_id, token_key_is_credential=token_key_is_credential),
        **more,
        **({"DefaultAuthenticationMethod": method} if method else {}),
        "Platform": value.type.value,
    }


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
