"""What a declaration speaks of and does not make itself: the app instance, its users, and the tokens' places."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .clients import Clients
from .declared_file import TokenPlace, wanted
from .environment import ACCOUNT, REGION

APPLICATION_ARN = f"arn:aws:mobiletargeting:{REGION}:{ACCOUNT}:apps/0123456789abcdef0123456789abcdef"
"""Nothing has to be made for it: the service takes the application by its ARN."""


@dataclass(frozen=True, kw_only=True)
class Prerequisites:
    """What was made on the local cloud."""

    variables: Mapping[str, str]
    user_arns: tuple[str, ...]
    secret_fields: tuple[str, ...]
    parameters: tuple[str, ...]


def make_prerequisites(clients: Clients, declaration: Mapping[str, Any]) -> Prerequisites:
    """Makes all of it through the services' own APIs; the tokens are made up."""
    instance = clients.chime.create_app_instance(Name="Demo", ClientRequestToken=secrets.token_hex(16))
    variables = {"APP_INSTANCE_ARN": instance["AppInstanceArn"], "APPLICATION_ARN": APPLICATION_ARN}
    entries = wanted(declaration, variables)
    places = [place for entry in entries for place in (entry.device_token, entry.voip_device_token) if place]
    fields = tuple(dict.fromkeys(place.field for place in places if place.field))
    parameters = tuple(dict.fromkeys(place.name for place in places if not place.field))
    secret = clients.secretsmanager.create_secret(
        Name="chime/push-tokens", SecretString=json.dumps({field: made_up_token() for field in fields})
    )
    variables["PUSH_SECRET_ARN"] = secret["ARN"]
    for name in parameters:
        put_token(clients, parameter=name)
    users = dict.fromkeys(
        entry.user_arn for entry in entries if entry.user_arn.startswith(f"{variables['APP_INSTANCE_ARN']}/")
    )
    for arn in users:
        user_id = arn.split("/user/", 1)[1]
        clients.chime.create_app_instance_user(
            AppInstanceArn=variables["APP_INSTANCE_ARN"],
            AppInstanceUserId=user_id,
            Name=user_id.capitalize(),
            ClientRequestToken=secrets.token_hex(16),
        )
    return Prerequisites(variables=variables, user_arns=tuple(users), secret_fields=fields, parameters=parameters)


def put_token(clients: Clients, *, parameter: str) -> None:
    """Writes a fresh token into a parameter, as its next version."""
    clients.ssm.put_parameter(Name=parameter, Value=made_up_token(), Type="SecureString", Overwrite=True)


def add_token(clients: Clients, *, secret_arn: str, field: str) -> None:
    """Adds a field with a fresh token to a secret."""
    content = _secret(clients, secret_arn)
    new = json.dumps({**content, field: made_up_token()})
    clients.secretsmanager.put_secret_value(SecretId=secret_arn, SecretString=new)


def token_at(clients: Clients, place: TokenPlace) -> str:
    """The token that is at a place now."""
    if place.field is not None:
        return _secret(clients, place.name)[place.field]
    version = "" if place.version is None else f":{place.version}"
    answer = clients.ssm.get_parameter(Name=f"{place.name}{version}", WithDecryption=True)
    return str(answer["Parameter"]["Value"])


def made_up_token() -> str:
    """A token of the form that Apple's have: 32 bytes in hexadecimal."""
    return secrets.token_hex(32)


def _secret(clients: Clients, arn: str) -> dict[str, str]:
    content: dict[str, str] = json.loads(clients.secretsmanager.get_secret_value(SecretId=arn)["SecretString"])
    return content
