"""The demo's own parser of the declaration, so that its expectations do not depend on the app's code."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from chime_endpoints_cli.output.errors import CommandError

_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*))?\}")


class DeclarationError(CommandError):
    """The file is not a valid declaration; `cdk synth` reports the details better than this module can."""

    def __init__(self, path: Path) -> None:
        """Store the message for a file."""
        super().__init__(
            f"{path} is not a valid declaration", remedy="Run `cdk synth` to see what is wrong, and where."
        )


@dataclass(frozen=True, kw_only=True)
class TokenPlace:
    """The location of a device token: a secret, one of its fields, or a parameter."""

    name: str
    field: str | None = None
    version: int | None = None


@dataclass(frozen=True, kw_only=True)
class DesiredEntry:
    """One entry of the declaration, with defaults and variables applied."""

    key: str
    user_arn: str
    type: str
    application: str
    name: str | None
    allow_messages: str
    device_token: TokenPlace
    voip_device_token: TokenPlace | None
    tags: Mapping[str, str]


def read_declaration(path: Path) -> dict[str, Any]:
    """Return the content of the file, with variables unresolved.

    Raises:
        CommandError: the file cannot be read, or is not a declaration.
    """
    try:
        content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CommandError(
            f"{path} cannot be read: {error.strerror}", remedy="Run the command in the directory of the CDK app."
        ) from error
    except (yaml.YAMLError, ValueError) as error:
        raise DeclarationError(path) from error
    try:
        desired_entries(content, {})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DeclarationError(path) from error
    return content


def desired_entries(declaration: Mapping[str, Any], variables: Mapping[str, str]) -> list[DesiredEntry]:
    """Return the entries with their variables resolved."""
    defaults = declaration.get("defaults") or {}
    entries = []
    for key, own in declaration["endpoints"].items():
        tags = {**(defaults.get("tags") or {}), **(own.get("tags") or {})}
        entries.append(_entry(key, {**defaults, **own, "tags": tags}, variables))
    return entries


def _entry(key: str, entry: Mapping[str, Any], variables: Mapping[str, str]) -> DesiredEntry:
    voip = entry.get("voip_device_token")
    return DesiredEntry(
        key=key,
        user_arn=_text(entry["user"], variables),
        type=_text(entry["type"], variables),
        application=_text(entry["application"], variables),
        name=_text(entry["name"], variables) if "name" in entry else None,
        allow_messages=_text(entry.get("allow_messages", "ALL"), variables),
        device_token=_place(entry["device_token"], variables),
        voip_device_token=None if voip is None else _place(voip, variables),
        tags=entry["tags"],
    )


def _place(token: Mapping[str, Any], variables: Mapping[str, str]) -> TokenPlace:
    version = token.get("version")
    return TokenPlace(
        name=_text(token["parameter"] if "parameter" in token else token["secret"], variables),
        field=token.get("field"),
        version=None if version is None else int(version),
    )


def _text(value: object, variables: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: variables.get(found["name"]) or found["default"] or "", str(value))
