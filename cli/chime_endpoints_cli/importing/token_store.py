"""Device tokens put into Secrets Manager, from which the entries read them; they are written nowhere else.

Everything that can be refused is refused by `plan`, which changes nothing. `store` then does what was planned.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from chime_endpoints_cli.errors import CommandError

MOST_BYTES = 65_536
"""What a secret holds (Secrets Manager's quotas)."""

_NAME = re.compile(r"[A-Za-z0-9/_+=.@-]{1,500}")  # 512 are allowed: a number may follow
_ANOTHER = "Name another secret with --store-tokens."
_SUFFIX = "-XXXXXX"
"""As long as the random end that Secrets Manager gives to an ARN."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One secret, what it contains now, and the fields that are to be in it."""

    name: str
    arn: str | None
    """None if the secret does not exist, or has no value yet."""
    text: str | None = field(repr=False)
    fields: Mapping[str, str] = field(repr=False)

    @property
    def new(self) -> dict[str, str]:
        """The fields that it does not have yet."""
        there = {} if self.text is None else json.loads(self.text)
        return {name: token for name, token in self.fields.items() if name not in there}


def check_name(name: str) -> None:
    """Refuses what cannot be the name of a secret.

    Raises:
        CommandError: it is an ARN, or has characters that a name cannot have.
    """
    if name.startswith("arn:"):
        raise CommandError(
            f"--store-tokens takes the name of a secret, not an ARN: {name}",
            remedy="Give the part after `:secret:`, without the hyphen and six characters at its end.",
        )
    if not _NAME.fullmatch(name):
        raise CommandError(
            f"{name!r} cannot be the name of a secret",
            remedy="A name has letters, digits and /_+=.@- only, for example chime/push-tokens.",
        )


def plan(secretsmanager: Any, name: str, tokens: Mapping[str, str]) -> list[Part]:
    """Decide which secret gets which token; what does not fit into NAME goes into NAME-2, and so on.

    Args:
        secretsmanager: a client of the region in which the secrets are to be.
        name: the secret's name; an existing secret keeps what it contains.
        tokens: the tokens by field.

    Raises:
        CommandError: a secret of that name holds something else, or cannot be read.
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
    """The ARN of the secret of each field, of the same length where only its creation tells it.

    Args:
        parts: what is planned.
        beginning: the ARN up to the secret's name.
    """
    return {name: part.arn or f"{beginning}{part.name}{_SUFFIX}" for part in parts for name in part.fields}


def store(secretsmanager: Any, part: Part) -> str:
    """Write one secret.

    Returns:
        Its complete ARN.

    Raises:
        CommandError: the secret was changed meanwhile, or may not be written.
    """
    new = part.new
    if part.arn is not None and not new:
        return part.arn
    if _read(secretsmanager, part.name) != (part.arn, part.text):
        raise CommandError(f"the secret {part.name} was changed meanwhile", remedy="Run the command again.")
    text = _joined(part.text, new)
    try:
        if part.arn is None:
            return str(secretsmanager.create_secret(Name=part.name, SecretString=text)["ARN"])
        return str(secretsmanager.put_secret_value(SecretId=part.arn, SecretString=text)["ARN"])
    except ClientError as error:
        raise _refused(error, part.name, "written") from error
    except BotoCoreError as error:
        raise CommandError(f"the secret {part.name} could not be written: {error}") from error


def _planned(secretsmanager: Any, name: str, tokens: Mapping[str, str]) -> Part:
    """The part of the tokens that a secret has already or has room for."""
    arn, text = _read(secretsmanager, name)
    content = _content(name, text)
    others = sorted(each for each, token in tokens.items() if content.get(each, token) != token)
    if others:
        raise CommandError(f"the secret {name} has other values in its fields {', '.join(others)}", remedy=_ANOTHER)
    size = len((text or "{}").encode())
    fields = {}
    for each, token in tokens.items():
        more = 0 if each in content else len(_member(each, token)) + len(", ")
        if size + more <= MOST_BYTES:
            size += more
            fields[each] = token
    return Part(name=name, arn=arn, text=text, fields=fields)


def _read(secretsmanager: Any, name: str) -> tuple[str | None, str | None]:
    """The ARN and the text of a secret; None for both if there is none."""
    try:
        answer = secretsmanager.get_secret_value(SecretId=name)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise _refused(error, name, "read") from error
        return _without_value(secretsmanager, name), None
    return str(answer["ARN"]), str(answer.get("SecretString", ""))


def _without_value(secretsmanager: Any, name: str) -> str | None:
    """The ARN of a secret that was created without a value; None if there is no such secret at all."""
    try:
        return str(secretsmanager.describe_secret(SecretId=name)["ARN"])
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ResourceNotFoundException", "AccessDeniedException"):
            return None  # whoever may not describe it learns from CreateSecret that it exists
        raise _refused(error, name, "read") from error


def _content(name: str, text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    try:
        content = json.loads(text)
    except ValueError:
        content = None  # the parser's error would quote the secret
    if not isinstance(content, dict):
        raise CommandError(f"the secret {name} exists and is not a JSON object", remedy=_ANOTHER)
    return content


def _member(name: str, token: str) -> str:
    return f"{json.dumps(name)}: {json.dumps(token)}"


def _joined(text: str | None, fields: Mapping[str, str]) -> str:
    """A JSON object with more fields; what it contains stays as it was written, to the character."""
    before = (text or "{}").rstrip().removesuffix("}").rstrip()
    comma = "" if before.endswith("{") else ", "
    return f"{before}{comma}{', '.join(_member(*each) for each in fields.items())}}}"


def _refused(error: ClientError, name: str, done: str) -> CommandError:
    """What Secrets Manager's refusal means; its own text is passed on only where it cannot quote a value."""
    code = error.response["Error"]["Code"]
    said = str(error.response["Error"].get("Message", ""))
    problem = f"the secret {name} cannot be {done}"
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
