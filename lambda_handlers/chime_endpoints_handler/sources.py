"""Device tokens read from where they are declared to be: AWS Secrets Manager or AWS Systems Manager."""

from __future__ import annotations

import re

from .calls import Call
from .clients import Clients
from .codes import Code
from .declaration import ParameterSource, PlainToken, SecretSource, TokenSource
from .errors import HandlerError, ServiceError, SourceError
from .rules import region_of, token_violations

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,40}")


def read(member: str, source: TokenSource, *, clients: Clients, call: Call) -> str:
    """The device token, checked.

    Args:
        member: `DeviceToken` or `VoipDeviceToken`, for messages.
        source: where it is declared to be.
        clients: the process's clients.
        call: makes the call.

    Raises:
        SourceError: it is not there, may not be read, or is no device token.
        ServiceError: the service kept failing until the deadline.
    """
    if isinstance(source, PlainToken):
        return source.value
    place = _place(source)
    try:
        if isinstance(source, SecretSource):
            token = _read_secret(source, clients, call, subject=f"of {place} for {member}Source")
        else:
            token = _read_parameter(source, clients, call, subject=f"of {place} for {member}Source")
    except ServiceError as error:
        if error.kind.is_transient:
            raise
        raise SourceError(error.code, error.text) from error
    except _UnusableError as error:
        raise SourceError(error.code, f"{member}Source: {place} {error.text}") from error
    if wrong := token_violations(token, f"{member}Source: the value read from {place}"):
        raise SourceError(Code.NO_TOKEN, f"{wrong[0].text} Store the device token alone, as text.")
    return token


class _UnusableError(HandlerError):
    """What was read is not what is declared; the text says what of the place."""


def _place(source: SecretSource | ParameterSource) -> str:
    """Where the token is to be found, for messages; what could be a token in the place of a name is left out."""
    if isinstance(source, SecretSource):
        return f"secret {source.secret_arn}"
    is_name = "/" in source.parameter_name or _NAME.fullmatch(source.parameter_name)
    return f"parameter {source.parameter_name}" if is_name else "the parameter"


def _read_secret(source: SecretSource, clients: Clients, call: Call, *, subject: str) -> str:
    version = {"VersionId": source.version_id, "VersionStage": source.version_stage}
    answer = call(
        "GetSecretValue",
        lambda: clients.secrets(region_of(source.secret_arn)).get_secret_value(
            SecretId=source.secret_arn, **{name: value for name, value in version.items() if value}
        ),
        propagates=True,
        subject=subject,
    )
    text = answer.get("SecretString")
    if not isinstance(text, str):
        raise _UnusableError(Code.NO_TOKEN, "is binary. Store the device token as text.")
    return text if source.field is None else _field(text, source.field)


def _field(text: str, name: str) -> str:
    import json  # here, so that only a secret with fields pays for it

    try:
        fields = json.loads(text)
    except ValueError:
        fields = None  # the parser's error would quote the secret
    field = f"Field {name}" if _NAME.fullmatch(name) else "declared Field"
    if not isinstance(fields, dict):
        raise _UnusableError(
            Code.FIELD_MISSING,
            f"is not a JSON object, so that it has no {field}. Store a JSON object, or declare no Field.",
        )
    if name not in fields:
        raise _UnusableError(Code.FIELD_MISSING, f"has no {field}. Check its spelling (letter case counts).")
    value = fields[name]
    if not isinstance(value, str):
        raise _UnusableError(Code.FIELD_MISSING, f"has no string in its {field}. Put the device token in quotes.")
    return value


def _read_parameter(source: ParameterSource, clients: Clients, call: Call, *, subject: str) -> str:
    name = source.parameter_name if source.version is None else f"{source.parameter_name}:{source.version}"
    region = region_of(source.parameter_name) if source.parameter_name.startswith("arn:") else None
    answer = call(
        "GetParameter",
        lambda: clients.parameters(region).get_parameter(Name=name, WithDecryption=True),
        propagates=True,
        subject=subject,
    )
    value = (answer.get("Parameter") or {}).get("Value")
    if not isinstance(value, str):
        raise _UnusableError(Code.NO_TOKEN, "has no value. Store the device token in it, as text.")
    return value
