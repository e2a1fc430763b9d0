"""Device tokens read from where they are declared to be: AWS Secrets Manager or AWS Systems Manager."""

from __future__ import annotations

from .calls import Caller
from .clients import Clients
from .declaration import ParameterSource, PlainToken, SecretSource, TokenSource
from .errors import Kind, ServiceError, SourceError
from .rules import token_violations


def read(member: str, source: TokenSource, *, clients: Clients, call: Caller) -> str:
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
    try:
        if isinstance(source, SecretSource):
            token = _read_secret(source, clients, call)
        else:
            token = _read_parameter(source, clients, call)
    except ServiceError as error:
        if error.kind.is_transient:
            raise
        raise SourceError(f"{member}Source could not be read. {_explain(error)}") from error
    except SourceError as error:
        raise SourceError(f"{member}Source: {error}") from error
    if wrong := token_violations(token, f"{member}Source: the value read"):
        raise SourceError(" ".join(wrong))
    return token


def _read_secret(source: SecretSource, clients: Clients, call: Caller) -> str:
    version = {"VersionId": source.version_id, "VersionStage": source.version_stage}
    answer = call(
        "GetSecretValue",
        lambda: clients.secrets(_region(source.secret_arn)).get_secret_value(
            SecretId=source.secret_arn, **{name: value for name, value in version.items() if value}
        ),
        propagates=True,
    )
    text = answer.get("SecretString")
    if not isinstance(text, str):
        raise SourceError("the secret is binary; store the device token as a string.")
    return text if source.field is None else _field(text, source.field)


def _field(text: str, name: str) -> str:
    import json  # here, so that only a secret with fields pays for it

    try:
        fields = json.loads(text)
    except ValueError:
        fields = None  # the parser's error would quote the secret
    if not isinstance(fields, dict):
        raise SourceError("a Field is declared, but the secret is not a JSON object.")
    if name not in fields:
        raise SourceError("the secret has no such Field; check its spelling (letter case counts).")
    value = fields[name]
    if not isinstance(value, str):
        raise SourceError("the Field of the secret is not a string.")
    return value


def _read_parameter(source: ParameterSource, clients: Clients, call: Caller) -> str:
    name = source.parameter_name if source.version is None else f"{source.parameter_name}:{source.version}"
    region = _region(source.parameter_name) if source.parameter_name.startswith("arn:") else None
    answer = call(
        "GetParameter",
        lambda: clients.parameters(region).get_parameter(Name=name, WithDecryption=True),
        propagates=True,
    )
    value = (answer.get("Parameter") or {}).get("Value")
    if not isinstance(value, str):
        raise SourceError("the parameter has no value.")
    return value


def _region(arn: str) -> str:
    return arn.split(":", 4)[3]


def _explain(error: ServiceError) -> str:
    if error.kind is Kind.UNAUTHENTICATED:
        return str(error)
    missing = ("ResourceNotFoundException", "ParameterNotFound", "ParameterVersionNotFound")
    if error.code in missing:
        return f"{error.operation}: {error.code}. It, or the declared version of it, does not exist there."
    if error.code == "InvalidRequestException":
        return f"{error.operation}: {error.code}. Is the secret scheduled for deletion?"
    if error.kind in (Kind.DENIED, Kind.FORBIDDEN) or error.code == "DecryptionFailure":
        action = "secretsmanager" if error.operation == "GetSecretValue" else "ssm"
        return (
            f"{error.operation}: {error.code}. The function's role needs {action}:{error.operation} on it,"
            " and kms:Decrypt on its key where it has one of its own."
        )
    return f"{error.operation}: {error.code}."
