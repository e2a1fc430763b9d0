"""Creates what a declaration refers to: app instances, users, applications, secrets and parameters."""

from __future__ import annotations

import json
import secrets
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from botocore.exceptions import ClientError

from chime_endpoints.declared.entries.entry import Entry
from chime_endpoints_cli.account.applications.channel_types import channel_types
from chime_endpoints_cli.account.calls.local_addresses import REGION, Addresses
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.local.cloud.service_process import without_proxies
from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_handler.model.declaration import EndpointDeclaration, ParameterSource, SecretSource

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
    # MiniStack returns the first secret whose ARN begins with the requested one: create short names first.
    for secret_id in sorted(dict.fromkeys(source.secret_arn for source in of_secrets), key=len):
        wanted = [source for source in of_secrets if source.secret_arn == secret_id]
        made[secret_id] = _ensure_secret(services, secret_id, wanted, account=account)
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
    _put(addresses, "user", arn, {"app_instance_user_arn": arn})


def _ensure_application(addresses: Addresses, arn: str, declared: Iterable[EndpointDeclaration]) -> None:
    """Create an application with the ID from the file, and a working channel for each kind of token in the file."""
    types = {kind for each in declared for kind in channel_types(each.type, voip=bool(each.voip_device_token))}
    _put(addresses, "push/application", arn, {"application_arn": arn, "channel_types": sorted(types)})


def _put(addresses: Addresses, path: str, arn: str, body: Mapping[str, object]) -> None:
    """Call the emulator's control API for the account and region of an ARN."""
    _, _, _, region, account, _ = arn.split(":", 5)
    request = urllib.request.Request(  # noqa: S310 - it is http, on loopback
        f"{addresses.chime_url}/_emulator/{path}?{urlencode({'region': region, 'account': account})}",
        method="PUT",
        data=json.dumps(body).encode(),
    )
    without_proxies.open(request, timeout=30).close()


def _ensure_secret(services: Services, secret_id: str, wanted: Sequence[SecretSource], *, account: str) -> str:
    client = services.secrets(_region(secret_id))
    name = PUSH_SECRET_NAME if secret_id == placeholder(account) else secret_id.partition(":secret:")[2] or secret_id
    fields = [source.field for source in wanted if source.field]
    try:
        found = client.get_secret_value(SecretId=name if secret_id == placeholder(account) else secret_id)
    except client.exceptions.ResourceNotFoundException:
        found = {}
    if found.get("Name") != name and found.get("ARN") != secret_id:
        found = {"ARN": client.create_secret(Name=name, SecretString=_content("", fields))["ARN"]}
    elif (content := _content(found["SecretString"], fields)) != found["SecretString"]:
        client.put_secret_value(SecretId=found["ARN"], SecretString=content)
    for source in wanted:
        _ensure_version(client, found["ARN"], source, fields)
    return str(found["ARN"])


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
