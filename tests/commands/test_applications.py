"""What the commands read of applications and their channels."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from chime_endpoints_cli.account.applications.applications import application_exists, channel_action, channel_of
from chime_endpoints_cli.account.applications.channel_types import channel_types
from chime_endpoints_emulator import ChannelType, Credentials, Fault, push_backend
from commands.conftest import Account
from support.identity import APPLICATION

ID = APPLICATION.rpartition("/")[2]


def test_an_application_exists_until_it_is_deleted(account: Account) -> None:
    """A denial is not the same as a missing application."""
    push = push_backend()
    assert application_exists(account.services, APPLICATION) is False
    push.ensure_app(application_arn=APPLICATION)
    assert application_exists(account.services, APPLICATION) is True
    push.faults.append(Fault.deny("GetApp"))
    with pytest.raises(ClientError, match="AccessDenied"):
        application_exists(account.services, APPLICATION)


@pytest.mark.parametrize(
    ("credentials", "has_credentials", "is_legacy"),
    [
        ({}, False, False),
        ({"api_key": True}, True, True),
        ({"service_json": True}, True, False),
        ({"certificate": True}, True, False),
        ({"token_key": True}, True, False),
    ],
)
@pytest.mark.parametrize("is_listed_as_credential", [True, False])
def test_a_channel_is_read_with_its_credentials(
    account: Account,
    credentials: dict[str, bool],
    has_credentials: Any,
    is_legacy: Any,
    is_listed_as_credential: Any,
) -> None:
    """Every kind of credential counts, whether or not HasCredential shows a token key."""
    push = push_backend()
    push.ensure_app(application_arn=APPLICATION)
    push.switches.token_key_is_credential = is_listed_as_credential
    kind = ChannelType.GCM if {"api_key", "service_json"} & {*credentials} else ChannelType.APNS
    assert channel_of(account.services, APPLICATION, kind) is None
    push.update_channel(application_id=ID, channel_type=kind, enabled=True, credentials=Credentials(**credentials))
    channel = channel_of(account.services, APPLICATION, kind)
    assert channel is not None
    assert (channel.is_enabled, channel.has_credentials, channel.is_legacy) == (True, has_credentials, is_legacy)


@pytest.mark.parametrize("kind", ChannelType)
def test_the_permission_to_read_a_channel_has_the_name_of_the_operation(account: Account, kind: ChannelType) -> None:
    """Each type of channel has its own operation and action."""
    push = push_backend()
    assert channel_of(account.services, APPLICATION, kind) is None
    assert channel_action(kind) == f"mobiletargeting:{push.calls[-1].operation}"


def test_an_endpoint_needs_a_channel_for_each_of_its_tokens() -> None:
    """A VoIP device token has a channel of its own, in the same of Apple's environments."""
    assert channel_types("APNS", voip=True) == ["APNS", "APNS_VOIP"]
    assert channel_types("APNS_SANDBOX", voip=True) == ["APNS_SANDBOX", "APNS_VOIP_SANDBOX"]
    assert channel_types("GCM", voip=False) == ["GCM"]
