"""Device tokens read from where they are declared to be: AWS Secrets Manager or AWS Systems Manager."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from . import places
from .calls import Call
from .clients import Clients
from .codes import Code
from .declaration import ParameterSource, PlainToken, SecretSource, TokenSource
from .errors import HandlerError, InvalidRequestError, ServiceError, SourceError
from .rules import plain_token_violations, region_of, token_violations

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_AS_PARAMETER = "Store the device token alone, in a parameter of type SecureString or String."


@dataclass(frozen=True)
class Found:
    """What stands where a device token is declared to be."""

    token: str = field(repr=False)
    refusal: HandlerError | None = None
    """Why an endpoint must not be registered with it."""


def read(member: str, source: TokenSource, *, clients: Clients, call: Call) -> str:
    """The device token, checked.

    Raises:
        SourceError, InvalidRequestError: it is not there, may not be read, or is no device token.
        ServiceError: the service kept failing until the deadline.
    """
    found = find(member, source, clients=clients, call=call)
    if found.refusal is not None:
        raise found.refusal
    return found.token


def find(member: str, source: TokenSource, *, clients: Clients, call: Call) -> Found:
    """What stands in the token's place, which an earlier release may have registered though it is no device token.

    Args:
        member: `DeviceToken` or `VoipDeviceToken`, for messages.
        source: where the token is declared to be.
        clients: the process's clients.
        call: makes the call.

    Raises:
        SourceError: it is not there, or may not be read.
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
            "Store the device token alone, as text; if it is a field of the secret's JSON object, declare Field"
            " (`field` in endpoints.yaml and in Python)."
        )
    return "Store the device token alone, as text."


class _UnusableError(HandlerError):
    """What was read is not what is declared; the text says what of the place."""


def _place(source: SecretSource | ParameterSource) -> str:
    """Where the token is to be found, for messages; what could be a token in the place of a name is left out."""
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
        propagates=True,
        subject=subject,
    )
    text = answer.get("SecretString")
    if not isinstance(text, str):
        raise _UnusableError(Code.NO_TOKEN, "is binary. Store the device token as text.")
    return text if source.field is None else _field(text, source.field)


def _get_secret(client: Any, secret: str, version: dict[str, str]) -> dict[str, Any]:
    """The secret, also where its name ends as complete ARNs do and its ARN is partial: then AWS finds it by its name.

    Source: AWS Secrets Manager API Reference, GetSecretValue, SecretId.
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
            raise  # the ARN is another account's, and this account has a secret of the same name
    return answer


def _is_not_found(error: ClientError) -> bool:
    """Whether there is no such secret, as far as the role may know: IAM denies what no policy names."""
    return error.response.get("Error", {}).get("Code") in ("ResourceNotFoundException", "AccessDeniedException")


def _field(text: str, name: str) -> str:
    import json  # here, so that only a secret with fields pays for it

    try:
        fields = json.loads(text.removeprefix("\ufeff"))  # files of some editors begin so
    except (ValueError, RecursionError):
        fields = None  # the parser's error would quote the secret
    said = f"Field {name}" if _NAME.fullmatch(name) else "declared Field"
    if not isinstance(fields, dict):
        raise _UnusableError(
            Code.FIELD_MISSING,
            f"is not a JSON object, so that it has no {said}. Store a JSON object, or declare no Field.",
        )
    if name not in fields:
        raise _UnusableError(Code.FIELD_MISSING, f"has no {said}. Check its spelling (letter case counts).")
    value = fields[name]
    if not isinstance(value, str):
        raise _UnusableError(Code.FIELD_MISSING, f"has no string in its {said}. Put the device token in quotes.")
    return value


def _read_parameter(source: ParameterSource, clients: Clients, call: Call, *, subject: str) -> tuple[str, str]:
    """The parameter's value and type."""
    name = source.parameter_name if source.version is None else f"{source.parameter_name}:{source.version}"
    answer = call(
        "GetParameter",
        lambda: clients.parameters(_region_of(source.parameter_name)).get_parameter(Name=name, WithDecryption=True),
        propagates=True,
        subject=subject,
    )
    parameter = answer.get("Parameter") or {}
    value = parameter.get("Value")
    if not isinstance(value, str):
        raise _UnusableError(Code.NO_TOKEN, "has no value. Store the device token in it, as text.")
    return value, str(parameter.get("Type"))


def _region_of(name: str) -> str | None:
    """The region that an ARN names; without one, it is the function's own."""
    return region_of(name) if places.is_arn(name) else None
