"""Keyed digests by which a ledger recognizes a changed declaration without containing it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b, sha256
from typing import Any

from chime_endpoints_handler.model.declaration import read_endpoint

_BYTES = 12
_DIGITS_OF_A_NUMBER = 16


@dataclass(frozen=True)
class Digests:
    """The digests of one declaration."""

    identity: str
    """Of what cannot be changed in place: user, type, application, device tokens or their sources."""
    settled: str
    """Of what can: name, AllowMessages, RequireActive."""


UNKNOWN = Digests("", "")
"""Differs from every declaration's digests."""
UNREAD = 0
"""The number of a declaration that has a device token elsewhere: it may declare the same as any other one."""


def digests_of(fleet: str, properties: Mapping[str, Any]) -> Digests:
    """Return the digests of valid properties, keyed with the fleet's name."""
    declared = read_endpoint(properties)
    voip = declared.voip_device_token
    identity = [
        declared.app_instance_user_arn,
        declared.type,
        declared.resource_arn,
        declared.device_token.to_properties(),
        None if voip is None else voip.to_properties(),
    ]
    settled = settled_digest(fleet, declared.name, declared.allow_messages, requires_active=declared.require_active)
    return Digests(_digest(fleet, identity), settled)


def settled_digest(fleet: str, name: str | None, allow_messages: str, *, requires_active: bool) -> str:
    """Return the digest of what can be changed in place; the name is None if it is not declared."""
    return _digest(fleet, [name, allow_messages, *(["active"] if requires_active else ())])


def number_of(fleet: str, properties: Mapping[str, Any]) -> int:
    """Return a number of eight bytes that valid properties share with all that declare the same identity; or UNREAD."""
    if any(name.endswith("Source") for name in properties["EndpointAttributes"]):
        return UNREAD
    return int(digests_of(fleet, properties).identity[:_DIGITS_OF_A_NUMBER], 16)


def digest_of(fleet: str, members: Iterable[str | None]) -> str:
    """Return the digest of what identifies a registered endpoint, keyed with the fleet's name."""
    return _digest(fleet, [*members])


def _digest(fleet: str, value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=_BYTES, key=_key(fleet)).hexdigest()


@lru_cache(maxsize=4)
def _key(fleet: str) -> bytes:
    return sha256(fleet.encode()).digest()
