"""A registered endpoint as an entry of `endpoints.yaml` that adopts it and changes nothing of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chime_endpoints.declared.entry import Entry
from chime_endpoints_cli.registered import Described, token_obstacles
from chime_endpoints_handler.declaration import (
    ENDPOINT_TYPE,
    AllowMessages,
    EndpointDeclaration,
    PlainToken,
    SecretSource,
    TokenSource,
)
from chime_endpoints_handler.rules import violations

from .keys import VOIP

Defaults = Mapping[str, str | None]
"""What a file gives to all entries, by field; None where that depends on a variable, and may be another value later."""

_RETAIN = "retain"  # otherwise a deployment that fails would deregister the endpoint when it rolls back


def tokens_of(key: str, endpoint: Described) -> dict[str, str]:
    """The endpoint's device tokens, by the fields of a secret that they are to be in."""
    tokens = {key: endpoint.device_token}
    if endpoint.voip_device_token is not None:
        tokens[f"{key}{VOIP}"] = endpoint.voip_device_token
    return tokens


def entry_for(
    key: str,
    endpoint: Described,
    secrets: Mapping[str, str],
    defaults: Defaults | None = None,
    tags: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The entry, its tokens in fields of secrets.

    Args:
        key: the entry's key.
        endpoint: what is registered.
        secrets: the ARN of the secret, or a variable for it, that has a field.
        defaults: those of the file that the entry is for; what they say is not repeated.
        tags: what that file tags the user with in the place of its defaults' tags.
    """
    entry: dict[str, Any] = {
        "user": _literal(endpoint.user_arn),
        "type": endpoint.type,
        "application": _literal(endpoint.application),
        "device_token": {"secret": secrets[key], "field": key},
    }
    if endpoint.voip_device_token is not None:
        entry["voip_device_token"] = {"secret": secrets[f"{key}{VOIP}"], "field": f"{key}{VOIP}"}
    # An empty one, too: without a name a later change would give it its stack's.
    entry["name"] = _literal(endpoint.name)
    entry |= {"allow_messages": endpoint.allow_messages, "adopt_existing": True, "removal_policy": _RETAIN}
    if tags:
        entry["tags"] = {tag: _literal(value) for tag, value in tags.items()}
    given = {"allow_messages": str(AllowMessages.ALL), **(defaults or {})}
    return {field: value for field, value in entry.items() if field not in given or not _says(given[field], value)}


def declared_as(key: str, endpoint: Described, secrets: Mapping[str, str]) -> Entry:
    """What the entry is to mean to the app."""

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


def obstacles(endpoint: Described) -> list[str]:
    """Why an endpoint cannot be declared as it is: a name with control characters, or a token that is none."""
    token = PlainToken("not-the-endpoints-own")  # what the entry says of the tokens is ours, and fits
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
    """Whether a default gives this value, whatever the variables are."""
    return default == ("true" if value is True else value)


def _literal(text: str) -> str:
    """A text of the file that means itself: `${` would begin a variable."""
    return text.replace("${", "$${")
