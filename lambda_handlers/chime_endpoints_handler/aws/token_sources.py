"""Read device tokens from AWS Secrets Manager or AWS Systems Manager."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from ..model.arns import region_of
from ..model.codes import Code
from ..model.declaration import ParameterSource, PlainToken, SecretSource, TokenSource
from ..model.rules import token_places as places
from ..model.rules.violations import plain_token_violations, token_violations
from .calls import Call
from .clients import Clients
from .failures.errors import HandlerError, InvalidRequestError, ServiceError, SourceError

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_AS_PARAMETER = "Store only the device token, in a parameter of type SecureString or String."


@dataclass(frozen=True)
class Found:
    """The value that a token source contains."""

    token: str = field(repr=False)
    refusal: HandlerError | None = None
    """Why the value must not be registered as a device token; None if it is valid."""


def read(member: str, source: TokenSource, *, clients: Clients, call: Call) -> str:
    """Read a device token and check it.

    Raises:
        SourceError, InvalidRequestError: the token does not exist, cannot be read, or is not a device token.
        ServiceError: the service kept failing until the deadline.
    """
    found = find(member, source, clients=clients, call=call)
    if found.refusal is not None:
        raise found.refusal
    return found.token


def find(member: str, source: TokenSource, *, clients: Clients, call: Call) -> Found:
    """Read the value of a token source; an earlier release may have registered it even if it is not a device token.

    Args:
        member: `DeviceToken` or `VoipDeviceToken`, for messages.
        source: the declared location of the token.
        clients: the AWS clients of this process.
        call: makes the call.

    Raises:
        SourceError: the value does not exist or cannot be read.
        ServiceError: the service kept failing until the deadline.
    """
    if isinstance(source, PlainToken):
        plain = plain_token_violations(source.value, member)
        return Found(source.value, InvalidRequestError(plain) if plain else None)
    place = _place(source)
    try:
        if isinstance(source, SecretSource):
            token, kind = _read_secret(source, clients, call, subject=f"of {place} for {member}Source"), ""
        else:
            token, kind = _read_parameter(source, clients, call, subject=f"of {place} for {member}Source")
    except ServiceError as error:
        if error.kind.is_transient:
            raise
        raise SourceError(error.code, error.text) from error
    except _UnusableError as error:
        raise SourceError(error.code, f"{member}Source: {place} {error.text}") from error
    if kind == "StringList":
        return Found(token, SourceError(Code.NO_TOKEN, f"{member}Source: {place} is a StringList. {_AS_PARAMETER}"))
    wrong = token_violations(token, f"{member}Source: the value read from {place}")
    return Found(token, SourceError(Code.NO_TOKEN, f"{wrong[0].text} {_remedy(source)}") if wrong else None)


def _remedy(source: SecretSource | ParameterSource) -> str:
    if isinstance(source, SecretSource) and source.field is None:
        return (
            "Store only the device token, as text. If it is a field of the secret's JSON object, declare Field"
            " (`field` in endpoints.yaml and in Python)."
        )
    return "Store only the device token, as text."


class _UnusableError(HandlerError):
    """The stored value is not a device token; the text completes a sentence that starts with its location."""


def _place(source: SecretSource | ParameterSource) -> str:
    """Describe the token's location for messages; omit a name that could be a misplaced token."""
    kind, name = (
        ("secret", source.secret_arn) if isinstance(source, SecretSource) else ("parameter", source.parameter_name)
    )
    return f"{kind} {name}" if "/" in name or places.is_arn(name) or _NAME.fullmatch(name) else f"the {kind}"


def _read_secret(source: SecretSource, clients: Clients, call: Call, *, subject: str) -> str:
    version = {"VersionId": source.version_id, "VersionStage": source.version_stage}
    named = {name: value for name, value in version.items() if value}
    answer = call(
        "GetSecretValue",
        lambda: _get_secret(clients.secrets(_region_of(source.secret_arn)), source.secret_arn, named),
        is_complete=lambda answer: "SecretString" in answer or "SecretBinary" in answer,
        propagates=True,
        subject=subject,
    )
    text = answer.get("SecretString")
    if not isinstance(text, str):
        raise _UnusableError(Code.NO_TOKEN, "is binary. Store the device token as text.")
    return text if source.field is None else _field(text, source.field)


def _get_secret(client: Any, secret: str, version: dict[str, str]) -> dict[str, Any]:
    """Read a secret, also by a partial ARN that looks complete because the name ends in a hyphen and six characters.

    AWS finds such a secret only by its name (AWS Secrets Manager API Reference, GetSecretValue, SecretId).
    """
    try:
        answer: dict[str, Any] = client.get_secret_value(SecretId=secret, **version)
    except ClientError as error:
        if not places.is_arn(secret) or not places.may_be_complete(secret) or not _is_not_found(error):
            raise
        try:
            answer = client.get_secret_value(SecretId=places.name_in(secret), **version)
        except ClientError as by_name:
            raise (error if _is_not_found(by_name) else by_name) from None
        if not str(answer.get("ARN")).startswith(f"{secret}-"):
            raise  # the ARN belongs to another account, and this account has a secret with the same name
    return answer


def _is_not_found(error: ClientError) -> bool:
    """Whether the secret may not exist: IAM also denies access to secrets that no policy names."""
    return error.response.get("Error", {}).get("Code") in ("ResourceNotFoundException", "AccessDeniedException")


def _field(text: str, name: str) -> str:
    import json  # imported here because only secrets with fields need it

    try:
        fields = json.loads(text.removeprefix("\ufeff"))  # some editors start files with a byte order mark
    except (ValueError, RecursionError):
        fields = None  # the parser's error quotes the secret
    said = f'field "{name}"' if _NAME.fullmatch(name) else "field of the declared name"
    if not isinstance(fields, dict):
        raise _UnusableError(
            Code.FIELD_MISSING,
            f"is not a JSON object, so it has no {said}. Store a JSON object, or remove Field from the declaration.",
        )
    if name not in fields:
        raise _UnusableError(
            Code.FIELD_MISSING, f"has no {said}. Add the field, or correct Field (it is case-sensitive)."
        )
    value = fields[name]
    if not isinstance(value, str):
        raise _UnusableError(Code.FIELD_MISSING, f"has a {said} that is not a string. Put the device token in quotes.")
    return value


def _read_parameter(source: ParameterSource, clients: Clients, call: Call, *, subject: str) -> tuple[str, str]:
    """Return the parameter's value and type."""
    name = source.parameter_name if source.version is None else f"{source.parameter_name}:{source.version}"
    answer = call(
        "GetParameter",
        lambda: clients.parameters(_region_of(source.parameter_name)).get_parameter(Name=name, WithDecryption=True),
        is_complete=lambda answer: "Parameter" in answer,
        propagates=True,
        subject=subject,
    )
    parameter = answer["Parameter"]
    value = parameter.get("Value")
    if not isinstance(value, str):
        raise _UnusableError(Code.NO_TOKEN, "has no value. Store the device token in it as text.")
    return value, str(parameter.get("Type"))


def _region_of(name: str) -> str | None:
    """Return the region in an ARN, or None (the function's own region) for a name."""
    return region_of(name) if places.is_arn(name) else None
