"""Clients of AWS and of the local cloud; the only place that makes any."""

import os
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from .environment import REGION
from .local_cloud import Addresses

_CHIME = "chime-sdk-identity"

_NOTHING_OF_THE_USER = {
    "profile": (None, None, None, None),
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}


class Clients:
    """The services as the commands need them; each client is untyped, as boto3 has them."""

    def __init__(self, *, local: Addresses | None = None, region: str = REGION) -> None:
        """Makes clients of the local cloud, or without it of AWS as the user has set it up."""
        self.chime = _client(_CHIME, local=local, region=region)
        self.cloudformation = _client("cloudformation", local=local, region=region)
        self.secretsmanager = _client("secretsmanager", local=local, region=region)
        self.ssm = _client("ssm", local=local, region=region)


def _client(service: str, *, local: Addresses | None, region: str) -> Any:
    if local is None:
        return boto3.Session().client(service, region_name=region)
    session = botocore.session.Session(session_vars=_NOTHING_OF_THE_USER)
    return boto3.Session(botocore_session=session).client(
        service,
        region_name=region,
        endpoint_url=local.chime_url if service == _CHIME else local.aws_url,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the local cloud takes any
        config=Config(proxies={}),
    )
