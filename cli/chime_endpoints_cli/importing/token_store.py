"""Device tokens put into Secrets Manager, from where the entries read them; nothing else ever gets them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from chime_endpoints_cli.errors import CommandError

_MOST_BYTES = 60_000
"""Of the 65,536 that a secret holds."""


def store(secretsmanager: Any, name: str, tokens: Mapping[str, str]) -> dict[str, str]:
    """Puts tokens as fields into a secret, and into NAME-2 and so on where they do not fit one.

    Args:
        secretsmanager: a client of the region in which the secrets are to be.
        name: the secret's name; one that exists keeps its other fields.
        tokens: the tokens by field.

    Returns:
        The ARN of the secret that has each field.

    Raises:
        CommandError: a secret of that name holds something else.
    """
    places: dict[str, str] = {}
    for number, part in enumerate(_parts(tokens), start=1):
        arn = _put(secretsmanager, name if number == 1 else f"{name}-{number}", part)
        places |= dict.fromkeys(part, arn)
    return places


def _parts(tokens: Mapping[str, str]) -> Iterator[dict[str, str]]:
    part: dict[str, str] = {}
    for field, token in tokens.items():
        if part and len(json.dumps({**part, field: token})) > _MOST_BYTES:
            yield part
            part = {}
        part[field] = token
    if part:
        yield part


def _put(secretsmanager: Any, name: str, fields: Mapping[str, str]) -> str:
    there = _read(secretsmanager, name)
    if there is None:
        return str(secretsmanager.create_secret(Name=name, SecretString=json.dumps(fields))["ARN"])
    arn, content = there
    others = sorted(field for field, token in fields.items() if content.get(field, token) != token)
    if others:
        raise CommandError(
            f"the secret {name} has other values in its fields {', '.join(others)}",
            remedy="Name another secret with --store-tokens.",
        )
    if fields.items() - content.items():
        secretsmanager.put_secret_value(SecretId=arn, SecretString=json.dumps({**content, **fields}))
    return arn


def _read(secretsmanager: Any, name: str) -> tuple[str, dict[str, str]] | None:
    try:
        answer = secretsmanager.get_secret_value(SecretId=name)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise
    try:
        content = json.loads(answer.get("SecretString", ""))
    except ValueError:
        content = None  # the parser's error would quote the secret
    if not isinstance(content, dict):
        raise CommandError(
            f"the secret {name} exists and is not a JSON object", remedy="Name another secret with --store-tokens."
        ) from None
    return str(answer["ARN"]), content
