"""Creates the clients of AWS and of the local cloud."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from chime_endpoints_cli.output.failures.network_and_settings import bad_address

from .local_addresses import Addresses
from .retries import give_up_early

CHIME = "chime-sdk-identity"
PUSH = "pinpoint"
"""The service of push applications, AWS End User Messaging, by its former name."""

_NOTHING_OF_THE_USER = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


def make_session(local: Addresses | None) -> boto3.Session:
    """Return a session with the user's settings or, for the local cloud, without them."""
    session = botocore.session.Session(session_vars=None if local is None else _NOTHING_OF_THE_USER)
    # The API model says seconds, the documentation milliseconds: botocore's own parser raises on the latter.
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_as_it_came)
    session.set_default_client_config(Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 3}))
    give_up_early(session)
    return boto3.Session(botocore_session=session)


def make_client(
    service: str, *, session: boto3.Session, region: str | None, local: Addresses | None, config: Config | None = None
) -> Any:
    """Return a client of AWS with the session's settings, or of the local cloud."""
    if local is None:
        return _checked_client(service, session, region, config)
    return session.client(
        service,
        region_name=region,
        endpoint_url=local.chime_url if service in (CHIME, PUSH) else local.aws_url,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the local cloud accepts any
        config=Config(proxies={}).merge(config or Config()),
    )


def _checked_client(service: str, session: boto3.Session, region: str | None, config: Config | None) -> Any:
    """Return a client; raise CommandError if the endpoint URL in the user's settings is invalid."""
    try:
        client = session.client(service, region_name=region, config=config)
    except BotoCoreError:
        raise
    except ValueError as error:  # "Invalid endpoint: …"
        raise bad_address(str(error).partition(": ")[2] or str(error), "is not a URL") from error
    address = client.meta.endpoint_url
    try:
        parts = urlsplit(address)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError as error:
        raise bad_address(address, f"({error})") from error
    if not is_address:
        raise bad_address(address, "has no http:// or https://, or no host")
    return client


def _as_it_came(timestamp: object) -> object:
    return timestamp
