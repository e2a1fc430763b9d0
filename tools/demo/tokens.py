"""Reads, rotates and adds device tokens on the local cloud for the demo."""

from __future__ import annotations

import json

from chime_endpoints_cli.local.declaration.prerequisites import made_up_token

from .clients import Clients
from .declaration import TokenPlace


def put_token(clients: Clients, *, parameter: str) -> None:
    """Write a new token to a parameter, as its next version."""
    clients.ssm.put_parameter(Name=parameter, Value=made_up_token(), Type="SecureString", Overwrite=True)


def add_token(clients: Clients, *, secret_arn: str, field: str) -> None:
    """Add a field with a new token to a secret."""
    content = _secret(clients, secret_arn)
    new = json.dumps({**content, field: made_up_token()})
    clients.secretsmanager.put_secret_value(SecretId=secret_arn, SecretString=new)


def token_at(clients: Clients, place: TokenPlace) -> str:
    """Return the current token at a location."""
    if place.field is not None:
        return _secret(clients, place.name)[place.field]
    version = "" if place.version is None else f":{place.version}"
    answer = clients.ssm.get_parameter(Name=f"{place.name}{version}", WithDecryption=True)
    return str(answer["Parameter"]["Value"])


def _secret(clients: Clients, arn: str) -> dict[str, str]:
    content: dict[str, str] = json.loads(clients.secretsmanager.get_secret_value(SecretId=arn)["SecretString"])
    return content
