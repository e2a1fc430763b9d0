"""Entries of `endpoints.yaml` that adopt registered endpoints without changing them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chime_endpoints.declared.entries.entry import Entry
from chime_endpoints_cli.account.endpoints.observed import DescribedEndpoint, token_obstacles
from chime_endpoints_handler.model.declaration import (
    ENDPOINT_TYPE,
    AllowMessages,
    EndpointDeclaration,
    PlainToken,
    SecretSource,
    TokenSource,
)
from chime_endpoints_handler.model.rules.violations import violations

from .keys import VOIP

Defaults = Mapping[str, str | None]
"""A file's default for each field; None if it depends on a variable and so can change later."""

_RETAIN = "retain"  # otherwise the rollback of a failed deployment would deregister the endpoint


def tokens_of(key: str, endpoint: DescribedEndpoint) -> dict[str, str]:
    """Return the endpoint's device tokens by the field of the secret for each."""
    tokens = {key: endpoint.device_token}
    if endpoint.voip_device_token is not None:
        tokens[f"{key}{VOIP}"] = endpoint.voip_device_token
    return tokens


def entry_for(
    key: str,
    endpoint: DescribedEndpoint,
    secrets: Mapping[str, str],
    defaults: Defaults | None = None,
    tags: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the entry for an endpoint, with its tokens in fields of secrets.

    Args:
        key: the key of the entry.
        endpoint: the registered endpoint.
        secrets: the ARN of the secret, or a variable for it, by field.
        defaults: the defaults of the file; the entry does not repeat them.
        tags: the tags with which the file overrides its defaults for the user.
    """
    entry: dict[str, Any] = {
        "user": _literal(endpoint.user_arn),
        "type": endpoint.type,
        "application": _literal(endpoint.application),
        "device_token": {"secret": secrets[key], "field": key},
    }
    if endpoint.voip_device_token is not None:
        entry["voip_device_token"] = {"secret": secrets[f"{key}{VOIP}"], "field": f"{key}{VOIP}"}
    # Also if empty: without a declared name, a later change would set the generated name.
    entry["name"] = _literal(endpoint.name)
    entry |= {"allow_messages": endpoint.allow_messages, "adopt_existing": True, "removal_policy": _RETAIN}
    if tags:
        entry["tags"] = {tag: _literal(value) for tag, value in tags.items()}
    given = {"allow_messages": str(AllowMessages.ALL), **(defaults or {})}
    return {field: value for field, value in entry.items() if field not in given or not _says(given[field], value)}


def declared_as(key: str, endpoint: DescribedEndpoint, secrets: Mapping[str, str]) -> Entry:
    """Return what the app must read from the entry."""

    def source(field: str) -> TokenSource:
        return SecretSource(secret_arn=secrets[field], field=field)

    declaration = EndpointDeclaration(
        app_instance_user_arn=endpoint.user_arn,
        type=endpoint.type,
        resource_arn=endpoint.application,
        device_token=source(key),
        voip_device_token=None if endpoint.voip_device_token is None else source(f"{key}{VOIP}"),
        name=endpoint.name,
        allow_messages=endpoint.allow_messages,
        adopt_existing=True,
    )
    return Entry(key=key, declaration=declaration, removal_policy=_RETAIN)


def obstacles(endpoint: DescribedEndpoint) -> list[str]:
    """Return why an endpoint cannot be declared as it is: control characters in its name, or an invalid token."""
    token = PlainToken("not-the-endpoints-own")  # the entry refers to the tokens in our own, valid form
    declaration = EndpointDeclaration(
        app_instance_user_arn=endpoint.user_arn,
        type=endpoint.type,
        resource_arn=endpoint.application,
        device_token=token,
        voip_device_token=None if endpoint.voip_device_token is None else token,
        name=endpoint.name,
        allow_messages=endpoint.allow_messages,
    )
    found = violations(ENDPOINT_TYPE, declaration.to_properties())
    return [violation.text for violation in (*found, *token_obstacles(endpoint))]


def _says(default: str | None, value: object) -> bool:
    """Whether a default gives this value independently of variables."""
    return default == ("true" if value is True else value)


def _literal(text: str) -> str:
    """Escape a text: `${` would begin a variable."""
    return text.replace("${", "$${")
