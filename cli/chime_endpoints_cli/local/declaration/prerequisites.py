"""Creates what a declaration refers to: app instances, users, applications, secrets and parameters."""

from __future__ import annotations

import json
import secrets
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from botocore.exceptions import ClientError

from chime_endpoints.declared.entries.entry import Entry
from chime_endpoints_cli.account.applications.channel_types import channel_types
from chime_endpoints_cli.account.calls.local_addresses import REGION, Addresses
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.local.cloud.service_process import without_proxies
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_handler.model.declaration import EndpointDeclaration, ParameterSource, SecretSource
from chime_endpoints_handler.model.rules import token_places as places

from .loading import PUSH_SECRET_NAME, placeholder

MOST_VERSIONS = 1000
"""The most versions of a parameter that are created; each takes a call."""


@dataclass(frozen=True, kw_only=True)
class Prerequisites:
    """The users, applications, secrets and parameters on the local cloud for a declaration."""

    user_arns: tuple[str, ...]
    application_arns: tuple[str, ...]
    secret_arns: tuple[str, ...]
    secret_fields: tuple[str, ...]
    parameters: tuple[str, ...]
    push_secret_arn: str | None
    """The value of PUSH_SECRET_ARN, if the file refers to it."""


def make_prerequisites(
    services: Services, addresses: Addresses, entries: Iterable[Entry], *, account: str
) -> Prerequisites:
    """Create what is missing, with made-up tokens, through the services' APIs."""
    declared = [entry.declaration for entry in entries]
    users = tuple(dict.fromkeys(each.app_instance_user_arn for each in declared))
    for arn in users:
        _ensure_user(addresses, arn)
    applications = tuple(dict.fromkeys(each.resource_arn for each in declared))
    for arn in applications:
        _ensure_application(addresses, arn, [each for each in declared if each.resource_arn == arn])
    sources = [source for each in declared for source in (each.device_token, each.voip_device_token) if source]
    of_secrets = list(dict.fromkeys(source for source in sources if isinstance(source, SecretSource)))
    of_parameters = list(dict.fromkeys(source for source in sources if isinstance(source, ParameterSource)))
    made: dict[str, str] = {}
    # A complete ARN first: an incomplete one, or a name, can be of the same secret.
    for secret_id in sorted(dict.fromkeys(source.secret_arn for source in of_secrets), key=len, reverse=True):
        wanted = [source for source in of_secrets if source.secret_arn == secret_id]
        made[secret_id] = _ensure_secret(services, addresses, secret_id, wanted, account=account)
    for parameter in of_parameters:
        _ensure_parameter(services, parameter)
    return Prerequisites(
        user_arns=users,
        application_arns=applications,
        secret_arns=tuple(dict.fromkeys(made.values())),
        secret_fields=tuple(dict.fromkeys(source.field for source in of_secrets if source.field)),
        parameters=tuple(dict.fromkeys(source.parameter_name for source in of_parameters)),
        push_secret_arn=made.get(placeholder(account)),
    )


def made_up_token() -> str:
    """Return a token in the form of an Apple device token: 32 bytes in hexadecimal."""
    return secrets.token_hex(32)


def _ensure_user(addresses: Addresses, arn: str) -> None:
    """Create a user through the emulator's control API, which accepts the app instance id from the file."""
    _put(_control(addresses, "user", arn), {"app_instance_user_arn": arn})


def _ensure_application(addresses: Addresses, arn: str, declared: Iterable[EndpointDeclaration]) -> None:
    """Create an application with the ID from the file, and a working channel for each kind of token in the file."""
    types = {kind for each in declared for kind in channel_types(each.type, voip=bool(each.voip_device_token))}
    _put(_control(addresses, "push/application", arn), {"application_arn": arn, "channel_types": sorted(types)})


def _control(addresses: Addresses, path: str, arn: str) -> str:
    """Return the URL of the emulator's control API for the account and region of an ARN."""
    _, _, _, region, account, _ = arn.split(":", 5)
    return f"{addresses.chime_url}/_emulator/{path}?{urlencode({'region': region, 'account': account})}"


def _put(url: str, body: Mapping[str, object]) -> None:
    request = urllib.request.Request(url, method="PUT", data=json.dumps(body).encode())  # noqa: S310 - on loopback
    without_proxies.open(request, timeout=30).close()


def _ensure_secret(
    services: Services, addresses: Addresses, secret_id: str, wanted: Sequence[SecretSource], *, account: str
) -> str:
    client = services.secrets(_region(secret_id))
    if secret_id == placeholder(account):
        secret_id = PUSH_SECRET_NAME
    fields = [source.field for source in wanted if source.field]
    try:
        found = client.get_secret_value(SecretId=secret_id)
    except client.exceptions.ResourceNotFoundException:
        arn = _create_secret(client, addresses, secret_id, _content("", fields))
    else:
        arn = str(found["ARN"])
        if (content := _content(found["SecretString"], fields)) != found["SecretString"]:
            client.put_secret_value(SecretId=arn, SecretString=content)
    for source in wanted:
        _ensure_version(client, arn, source, fields)
    return arn


def _create_secret(client: Any, addresses: Addresses, secret_id: str, content: str) -> str:
    if places.is_arn(secret_id) and places.may_be_complete(secret_id):
        # The service would choose the end of the ARN. The local cloud has a request of its own for this.
        _put(f"{addresses.aws_url}/_chime_endpoints/secret", {"arn": secret_id, "value": content})
        return secret_id
    name = secret_id.partition(":secret:")[2] or secret_id
    return str(client.create_secret(Name=name, SecretString=content)["ARN"])


def _content(before: str, fields: Sequence[str]) -> str:
    """Return the secret's string with missing fields added; without fields, the whole string is a token."""
    if not fields:
        return before or made_up_token()
    content = json.loads(before) if before.startswith("{") else {}
    return json.dumps({**{field: made_up_token() for field in fields}, **content})


def _ensure_version(client: object, arn: str, source: SecretSource, fields: Sequence[str]) -> None:
    stage = None if source.version_stage == "AWSCURRENT" else source.version_stage
    if source.version_id is None and stage is None:
        return
    named = {"VersionId": source.version_id} if source.version_id else {"VersionStage": stage}
    try:
        client.get_secret_value(SecretId=arn, **named)  # type: ignore[attr-defined]  # boto3 has no types
    except ClientError:
        current = {"VersionStages": ["AWSCURRENT"]} if stage in (None, "AWSPREVIOUS") else {"VersionStages": [stage]}
        token = {"ClientRequestToken": source.version_id} if source.version_id else {}
        client.put_secret_value(  # type: ignore[attr-defined]  # likewise
            SecretId=arn, SecretString=_content("", fields), **current, **token
        )


def _ensure_parameter(services: Services, source: ParameterSource) -> None:
    client = services.parameters(_region(source.parameter_name))
    name = source.parameter_name
    if name.startswith("arn:"):
        name = "/" + name.partition(":parameter/")[2] if name.count("/") > 1 else name.partition(":parameter/")[2]
    wanted = int(source.version or 1)
    if wanted > MOST_VERSIONS:
        raise CommandError(
            f"parameter {name} needs version {wanted:,}; the local cloud creates at most {MOST_VERSIONS:,}",
            remedy="Declare a lower version for the local cloud, for example with a variable.",
        )
    try:
        version = int(client.get_parameter(Name=name)["Parameter"]["Version"])
    except client.exceptions.ParameterNotFound:
        version = 0
    for _ in range(wanted - version):
        client.put_parameter(Name=name, Value=made_up_token(), Type="SecureString", Overwrite=True)


def _region(name_or_arn: str) -> str:
    return name_or_arn.split(":")[3] if name_or_arn.startswith("arn:") else REGION
