"""How a call failed, and what that means for the person who deploys: a code, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from .codes import Code
from .rules import REGIONS


class Kind(Enum):
    """How a call failed, as far as it matters for what to do next."""

    THROTTLED = "throttled"
    UNCLEAR = "unclear"  # may have taken effect
    UNREACHABLE = "unreachable"
    UNAUTHENTICATED = "unauthenticated"  # no region, no credentials or expired ones: says nothing of the thing
    DENIED = "denied"  # by IAM: the role, its policies
    FORBIDDEN = "forbidden"  # by the service: no such thing, or not allowed
    NOT_FOUND = "not found"
    CONFLICT = "conflict"
    QUOTA = "quota"
    INVALID = "invalid"
    INTERCEPTED = "intercepted"  # by something between that refuses in its own name: says nothing of the thing

    @property
    def is_transient(self) -> bool:
        """Whether the same call may succeed a little later."""
        return self in (Kind.THROTTLED, Kind.UNCLEAR, Kind.UNREACHABLE)


SOURCES: Mapping[str, str] = {"GetSecretValue": "secretsmanager", "GetParameter": "ssm"}
"""The operations that read a device token, with the prefix of their IAM actions."""
PAGE = "a web page for an answer"
UNREADABLE = "an unreadable answer"
INCOMPLETE = "an incomplete answer"
"""What there may be instead of a service's error code."""

_WHERE = f"Amazon Chime SDK messaging exists in {' and '.join(REGIONS)} only"
_REGISTER = "RegisterAppInstanceUserEndpoint"
_TAGGING = frozenset({"TagResource", "UntagResource", "ListTagsForResource"})
_INTERCEPTIONS = frozenset({"SSLError", "ProxyConnectionError", PAGE, UNREADABLE})
_MISSING_SOURCES = frozenset({"ResourceNotFoundException", "ParameterNotFound", "ParameterVersionNotFound"})
UNKNOWN_CALLERS = frozenset(
    {"UnrecognizedClientException", "InvalidClientTokenId", "IncompleteSignatureException"}
    | {"MissingAuthenticationTokenException"}
)
"""The error codes by which AWS says that it does not know who calls."""


def explain(operation: str, kind: Kind, said: str) -> tuple[Code, str]:
    """The code of a failed call, and a sentence that says what to do.

    Args:
        operation: the API's name of the operation.
        kind: how it failed.
        said: the service's error code, or what else there was instead of an answer.
    """
    if kind is Kind.UNAUTHENTICATED or said in UNKNOWN_CALLERS:
        return Code.CREDENTIALS, _credentials(said)
    if kind is Kind.INTERCEPTED or said in _INTERCEPTIONS:
        return Code.INTERCEPTED, (
            "Something between the function and the service is in the way, such as a proxy or a firewall: give the"
            f" function a way to it{'' if operation in SOURCES else f'; {_WHERE}'}."
        )
    if kind is Kind.UNCLEAR:
        return Code.UNCLEAR, "It kept failing for as long as the function could wait: deploy again."
    if operation in SOURCES:
        return _of_source(operation, kind, said)
    if operation == _REGISTER:
        return _of_register(kind)
    return _of_other(operation, kind)


def _credentials(said: str) -> str:
    if said in ("NoCredentialsError", "CredentialRetrievalError", "PartialCredentialsError"):
        return "The function has no credentials: does its role exist?"
    if said == "NoRegionError":
        return "The function has no region: is AWS_REGION set?"
    if said in UNKNOWN_CALLERS:
        return "AWS does not know the function's credentials: does its role still exist?"
    return "The function's credentials have expired, or its clock is wrong: deploy again."


def _of_source(operation: str, kind: Kind, said: str) -> tuple[Code, str]:
    if kind is Kind.THROTTLED:
        return Code.THROTTLED, "It was throttled for as long as the function could wait: deploy again."
    if kind is Kind.UNREACHABLE:
        return Code.UNREACHABLE, "The service could not be reached: a function in a VPC needs a way to it."
    if said in _MISSING_SOURCES:
        return Code.SOURCE_MISSING, (
            "It, or the declared version of it, does not exist there: create it, or correct its name, region"
            " and account in the declaration."
        )
    if said == "InvalidRequestException":
        return Code.SOURCE_DELETED, "Perhaps the secret is scheduled for deletion: restore it, or declare another."
    if kind in (Kind.DENIED, Kind.FORBIDDEN) or said in ("DecryptionFailure", "InvalidKeyId"):
        may_be_missing = operation == "GetSecretValue" and kind in (Kind.DENIED, Kind.FORBIDDEN)
        return Code.SOURCE_DENIED, (
            f"The function's role needs {SOURCES[operation]}:{operation} on it, and kms:Decrypt on its key where it"
            f" has one of its own{'; AWS also denies a secret that does not exist' if may_be_missing else ''}."
        )
    return Code.SOURCE_REFUSED, "Read it with the AWS CLI to see what is wrong with it, then deploy again."


def _of_register(kind: Kind) -> tuple[Code, str]:
    """Quota: AWS General Reference, Amazon Chime SDK messaging quotas."""
    needs = f"chime:{_REGISTER} on the user and mobiletargeting:GetApp on the application"
    match kind:
        case Kind.DENIED:
            return Code.DENIED, f"The function's role needs {needs}: check its policies."
        case Kind.FORBIDDEN:
            return (
                Code.FORBIDDEN,
                f"Check that the AppInstanceUser exists and that the function's role may call {needs}.",
            )
        case Kind.INVALID:
            return Code.VALUE_REFUSED, (
                "The service refused a value: check that the application exists, has the channel of the declared"
                " Type enabled, and that the device token belongs to it."
            )
        case Kind.QUOTA:
            return Code.ENDPOINT_QUOTA, (
                "The user has as many endpoints as the quota allows (10 by default, adjustable: Service Quotas,"
                " quota L-39BCA56C of Amazon Chime SDK): remove one, or ask for more."
            )
        case Kind.CONFLICT:
            return Code.TAKEN, "The device token was registered by somebody else in between: deploy again."
    return _of_other(_REGISTER, kind)


def _of_other(operation: str, kind: Kind) -> tuple[Code, str]:
    is_tagging = operation in _TAGGING
    identity = "app instance, AppInstanceUser or AppInstanceBot of ResourceARN" if is_tagging else "AppInstanceUser"
    if kind is Kind.THROTTLED:
        return Code.THROTTLED, (
            "The account's 50 requests a second were exhausted for as long as the function could wait: deploy again."
        )
    if kind is Kind.UNREACHABLE:
        return Code.UNREACHABLE, (
            f"The service could not be reached: {_WHERE}, and a function in a VPC needs a way to it."
        )
    if kind is Kind.DENIED:
        return Code.DENIED, f"The function's role needs chime:{operation} on the {identity}."
    if kind is Kind.INVALID and operation == "UpdateAppInstanceUserEndpoint":
        return Code.VALUE_REFUSED, "The service refused a value: check Name and AllowMessages."
    if kind is Kind.FORBIDDEN:
        return (
            Code.FORBIDDEN,
            f"Check that the {identity} exists, and that the function's role may call chime:{operation} on it.",
        )
    if kind is Kind.QUOTA:
        return Code.TAG_QUOTA, "It has as many tags as are allowed (50): remove some, then deploy again."
    if kind is Kind.NOT_FOUND or (kind is Kind.INVALID and is_tagging):  # tagging says "Invalid resource" for it
        return Code.NO_IDENTITY, f"Check that the {identity} exists."
    return Code.REFUSED, "Deploy again; if this repeats, look the service's code up in its API reference."
