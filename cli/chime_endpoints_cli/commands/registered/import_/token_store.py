"""Stores device tokens in Secrets Manager, where the entries read them; tokens are written nowhere else.

`plan` checks everything that can be checked, and changes nothing. `store` then carries out the plan.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chime_endpoints_cli.output.errors import CommandError

MOST_BYTES = 65_536
"""The maximum size of a secret (Secrets Manager quotas)."""

_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,500}")  # 512 characters are allowed, but a number can follow
_ANOTHER = "Name another secret with --store-tokens."
_SUFFIX = "-XXXXXX"
"""A placeholder for the random suffix that Secrets Manager appends to an ARN."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A secret, its current content, and the fields that it must contain."""

    name: str
    arn: str | None
    """None if the secret does not exist, or has no value yet."""
    text: str | None = field(repr=False)
    fields: Mapping[str, str] = field(repr=False)

    @property
    def new(self) -> dict[str, str]:
        """The fields that the secret does not have yet."""
        there = {} if self.text is None else json.loads(self.text)
        return {name: token for name, token in self.fields.items() if name not in there}


def check_name(name: str) -> None:
    """Check the name of a secret.

    Raises:
        CommandError: the name is an ARN, is too long, or has invalid characters.
    """
    if name.startswith("arn:"):
        raise CommandError(
            f"--store-tokens takes the name of a secret, not an ARN: {name}",
            remedy="Give the part after `:secret:`, without the hyphen and six characters at its end.",
        )
    if not _NAME.fullmatch(name):
        raise CommandError(
            f"{name!r} cannot be the name of a secret",
            remedy="A name can contain letters, digits and /_+=.@- only, for example chime/push-tokens.",
        )


def plan(secretsmanager: Any, name: str, tokens: Mapping[str, str]) -> list[Part]:
    """Decide which secret gets which token; tokens that do not fit into NAME go into NAME-2, and so on.

    Args:
        secretsmanager: a client in the region of the secrets.
        name: the name of the secret; an existing secret keeps its content.
        tokens: the tokens by field.

    Raises:
        CommandError: a secret with that name has conflicting content, or cannot be read.
    """
    parts: list[Part] = []
    left = dict(tokens)
    while left:
        part = _planned(secretsmanager, name if not parts else f"{name}-{len(parts) + 1}", left)
        if part.fields:
            left = {each: token for each, token in left.items() if each not in part.fields}
        elif part.text is None:
            raise CommandError("a device token does not fit into a secret")
        parts.append(part)
    return [part for part in parts if part.fields]


def expected_arns(parts: Sequence[Part], *, beginning: str) -> dict[str, str]:
    """Return the ARN of the secret of each field; a new secret gets a placeholder of the same length.

    Args:
        parts: the planned secrets.
        beginning: the ARN up to the secret's name.
    """
    return {name: part.arn or f"{beginning}{part.name}{_SUFFIX}" for part in parts for name in part.fields}


def store(secretsmanager: Any, part: Part) -> str:
    """Write one secret.

    Returns:
        Its complete ARN.

    Raises:
        CommandError: the secret has changed in the meantime, or cannot be written.
    """
    new = part.new
    if part.arn is not None and not new:
        return part.arn
    if _read(secretsmanager, part.name) != (part.arn, part.text):
        raise CommandError(f"secret {part.name} has changed in the meantime", remedy="Run the command again.")
    text = _joined(part.text, new)
    try:
        if part.arn is None:
            return str(secretsmanager.create_secret(Name=part.name, SecretString=text)["ARN"])
        return str(secretsmanager.put_secret_value(SecretId=part.arn, SecretString=text)["ARN"])
    except ClientError as error:
        raise _refused(error, part.name, "written") from error
    except BotoCoreError as error:
        raise CommandError(f"secret {part.name} cannot be written: {error}") from error


def _planned(secretsmanager: Any, name: str, tokens: Mapping[str, str]) -> Part:
    """Return the tokens that a secret already has or has room for."""
    arn, text = _read(secretsmanager, name)
    content = _content(name, text)
    others = sorted(each for each, token in tokens.items() if content.get(each, token) != token)
    if others:
        raise CommandError(
            f"secret {name} already has other values in these fields: {', '.join(others)}", remedy=_ANOTHER
        )
    size = len((text or "{}").encode())
    fields = {}
    for each, token in tokens.items():
        more = 0 if each in content else len(_member(each, token)) + len(", ")
        if size + more <= MOST_BYTES:
            size += more
            fields[each] = token
    return Part(name=name, arn=arn, text=text, fields=fields)


def _read(secretsmanager: Any, name: str) -> tuple[str | None, str | None]:
    """Return the ARN and the text of a secret; None for both if it does not exist."""
    try:
        answer = secretsmanager.get_secret_value(SecretId=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise _refused(error, name, "read") from error
        return _without_value(secretsmanager, name), None
    return str(answer["ARN"]), str(answer.get("SecretString", ""))


def _without_value(secretsmanager: Any, name: str) -> str | None:
    """Return the ARN of a secret that was created without a value, or None if it does not exist."""
    try:
        return str(secretsmanager.describe_secret(SecretId=name)["ARN"])
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ResourceNotFoundException", "AccessDeniedException"):
            return None  # if describing is denied, CreateSecret reports that the secret exists
        raise _refused(error, name, "read") from error


def _content(name: str, text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        content = json.loads(text)
    except ValueError:
        content = None  # the parser's error would quote the secret
    if not isinstance(content, dict):
        raise CommandError(f"secret {name} exists but is not a JSON object", remedy=_ANOTHER)
    return content


def _member(name: str, token: str) -> str:
    return f"{json.dumps(name)}: {json.dumps(token)}"


def _joined(text: str | None, fields: Mapping[str, str]) -> str:
    """Add fields to a JSON object; the existing text stays unchanged, character by character."""
    before = (text or "{}").rstrip().removesuffix("}").rstrip()
    comma = "" if before.endswith("{") else ", "
    return f"{before}{comma}{', '.join(_member(*each) for each in fields.items())}}}"


def _refused(error: ClientError, name: str, done: str) -> CommandError:
    """Translate an error of Secrets Manager; its text is shown only if it cannot contain a value."""
    code = error.response["Error"]["Code"]
    said = str(error.response["Error"].get("Message", ""))
    problem = f"secret {name} cannot be {done}"
    if code == "InvalidRequestException" and "delet" in said:
        return CommandError(
            f"{problem}: it is scheduled for deletion",
            remedy=f"Restore it (aws secretsmanager restore-secret --secret-id {name}), or name another secret.",
        )
    if code in ("DecryptionFailure", "EncryptionFailure") or "KMS" in said:
        return CommandError(
            f"{problem}: its KMS key cannot be used ({code})",
            remedy="Its key policy or your role must allow kms:Decrypt and kms:GenerateDataKey on the key.",
        )
    if code.startswith("AccessDenied"):
        return CommandError(
            f"{problem}: {said}",
            remedy="--store-tokens needs secretsmanager:GetSecretValue, DescribeSecret, CreateSecret and"
            " PutSecretValue.",
        )
    return CommandError(f"{problem} ({code})", remedy=_ANOTHER)
