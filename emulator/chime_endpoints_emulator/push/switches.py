"""Switches for undocumented behavior of the push service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from chime_endpoints_emulator.switches import SwitchSet


@dataclass(kw_only=True)
class PushSwitches(SwitchSet):
    """The behavior of the push service that is not documented. The defaults are the most likely behavior."""

    unusable_channel: Literal["permanent_failure", "bad_request"] = "permanent_failure"
    """The response of SendMessages for an address whose channel is missing, disabled or has no credentials. Unknown.

    `permanent_failure` returns a result for the address. `bad_request` rejects the whole request.
    """

    token_key_is_credential: bool = True
    """Whether HasCredential is true for an APNs channel that has only a token key. Unknown.

    The API model describes HasCredential as not used; HasTokenKey is always exact.
    """

    omitted_on_channel_update: Literal["kept", "reset"] = "kept"
    """Whether an update of a channel keeps the credentials and settings that it omits. Unknown."""

    new_channel_enabled: bool = False
    """Whether a new channel is enabled if the request does not say so. Unknown."""

    channel_without_credentials: Literal["accepted", "bad_request"] = "accepted"
    """The response to an update after which a channel has no credentials. Unknown."""
