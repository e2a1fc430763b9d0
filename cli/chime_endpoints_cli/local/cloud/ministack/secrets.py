"""Secrets on MiniStack, found by ARN as on AWS, and created by CloudFormation with the ARN as their `Ref`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services import secretsmanager

from chime_endpoints_handler.model.rules import token_places as places

from .changes import Change
from .resource_types import Attributes, Properties, ResourceType

Found = tuple[str, dict[str, Any]] | tuple[None, None]


def resolve(find: Callable[..., Found], secret_id: str, *, use_arn_scope: bool = False) -> Found:
    """Find a secret by its name, its ARN, or its ARN without the suffix.

    MiniStack takes every beginning of an ARN. AWS takes an ARN that ends in a hyphen and six characters for complete,
    even if they belong to the name of the secret.
    """
    key, secret = find(secret_id, use_arn_scope=use_arn_scope)
    if secret is None or not secret_id.startswith("arn:") or secret["ARN"] == secret_id:
        return (key, secret) if key is not None and secret is not None else (None, None)
    if places.may_be_complete(secret_id):
        return None, None
    _, _, _, region, account, _, name = secret_id.split(":", 6)
    for other, record in secretsmanager._secrets.items_scoped(account, region):  # noqa: SLF001 - there is no public way
        if record["Name"] == name:
            return other, record
    return None, None


def create_with_arn(arn: str, value: str) -> None:
    """Create a secret with a given ARN, which the service would choose. A declaration can name complete ARNs only."""
    _, _, _, region, account, *_ = arn.split(":", 6)
    set_request_region(region)
    set_request_account_id(account)
    name = _name(arn)
    secretsmanager._store_new_secret(name, secret_string=value)  # noqa: SLF001 - likewise
    secretsmanager._secrets[name]["ARN"] = arn  # noqa: SLF001 - likewise


def value_in_template(_: Callable[..., str], props: Properties) -> str:
    """Return the value that a template declares or lets CloudFormation generate.

    MiniStack generates nothing for `GenerateSecretString: {}`, and knows only some of its options.
    """
    options = props.get("GenerateSecretString")
    if options is None:
        return str(props.get("SecretString", ""))
    request = {name: _typed(value) for name, value in options.items()}
    template, key = request.pop("SecretStringTemplate", None), request.pop("GenerateStringKey", None)
    status, _headers, body = secretsmanager._get_random_password(request)  # noqa: SLF001 - likewise
    answer = json.loads(body)
    if status != 200:
        raise ValueError(answer["message"])
    password = str(answer["RandomPassword"])
    return json.dumps({**json.loads(template), str(key): password}) if template else password


def secret_type(original: Mapping[str, Any]) -> ResourceType:
    """Return AWS::SecretsManager::Secret with the ARN as its physical id. MiniStack's own is the name."""

    def create(logical_id: str, props: Properties, stack: str) -> tuple[str, Attributes]:
        _, attributes = original["create"](logical_id, props, stack)
        return attributes["Arn"], attributes

    def update(
        physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str
    ) -> tuple[str, Attributes]:
        _, attributes = original["update"](_name(physical_id), old, new, stack, logical_id)
        return attributes["Arn"], attributes

    def delete(physical_id: str, props: Properties) -> None:
        original["delete"](_name(physical_id), props)

    return ResourceType(create=create, update=update, delete=delete)


def _name(arn: str) -> str:
    """Return the name of a secret, by which MiniStack stores it, from its complete ARN."""
    return places.name_in(arn).rpartition("-")[0]


def _typed(value: Any) -> Any:
    """Return a number or boolean that a template contains as a string."""
    if not isinstance(value, str):
        return value
    if value in ("true", "false"):
        return value == "true"
    return int(value) if value.isdecimal() else value


TYPES = {"AWS::SecretsManager::Secret": secret_type}

CHANGES = (
    Change(
        function="ministack.services.secretsmanager._resolve",
        parameters=("secret_id", "use_arn_scope"),
        replacement=resolve,
    ),
    Change(
        function="ministack.services.cloudformation.provisioners._sm_secret_string",
        parameters=("props",),
        replacement=value_in_template,
    ),
)
