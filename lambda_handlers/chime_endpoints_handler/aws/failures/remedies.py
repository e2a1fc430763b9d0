"""Map each way a service call can fail to an error code and a remedy."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

from ...model.arns import REGIONS
from ...model.codes import Code


class Kind(Enum):
    """How a call failed, as far as it affects what to do next."""

    THROTTLED = auto()
    UNCLEAR = auto()  # may have taken effect
    UNREACHABLE = auto()
    UNAUTHENTICATED = auto()  # no region, or missing or expired credentials; the target may be fine
    DENIED = auto()  # by IAM: the role or its policies
    FORBIDDEN = auto()  # by the service: the target does not exist, or access is not allowed
    NOT_FOUND = auto()
    CONFLICT = auto()
    QUOTA = auto()
    INVALID = auto()
    INTERCEPTED = auto()  # by a proxy or similar; the target may be fine

    @property
    def is_transient(self) -> bool:
        """Whether the same call may succeed if it is retried."""
        return self in (Kind.THROTTLED, Kind.UNCLEAR, Kind.UNREACHABLE)


SOURCES: Mapping[str, str] = {"GetSecretValue": "secretsmanager", "GetParameter": "ssm"}
"""The operations that read a device token, with the prefix of their IAM actions."""
ASSUME_ROLE = "AssumeRole"
PAGE = "a web page instead of a response"
UNREADABLE = "an unreadable response"
INCOMPLETE = "an incomplete response"
"""What a message names if the service sent no error code."""

_WHERE = f"Amazon Chime SDK messaging is available in {' and '.join(REGIONS)} only"
_REGISTER = "RegisterAppInstanceUserEndpoint"
_TAGGING = frozenset({"TagResource", "UntagResource", "ListTagsForResource"})
_INTERCEPTIONS = frozenset({"SSLError", "ProxyConnectionError", PAGE, UNREADABLE})
_MISSING_SOURCES = frozenset({"ResourceNotFoundException", "ParameterNotFound", "ParameterVersionNotFound"})
UNKNOWN_CALLERS = frozenset(
    {"UnrecognizedClientException", "InvalidClientTokenId", "IncompleteSignatureException"}
    | {"MissingAuthenticationTokenException"}
)
"""The error codes that AWS returns for an unknown caller."""


def explain(operation: str, kind: Kind, said: str) -> tuple[Code, str]:
    """Return the code and the remedy for a failed call.

    Args:
        operation: the API's name of the operation.
        kind: how it failed.
        said: the service's error code, or a description of what came instead.
    """
    if kind is Kind.UNAUTHENTICATED or said in UNKNOWN_CALLERS:
        return Code.CREDENTIALS, _credentials(said)
    if kind is Kind.INTERCEPTED or said in _INTERCEPTIONS:
        where = "" if operation in (*SOURCES, ASSUME_ROLE) else f"; {_WHERE}"
        return Code.INTERCEPTED, (
            "Something between the function and the service, such as a proxy or a firewall, intercepted the call. Give"
            f" the function direct access to the service{where}."
        )
    if kind is Kind.UNCLEAR:
        return Code.UNCLEAR, "The call kept failing until the function had to stop retrying. Deploy again."
    if operation in (*SOURCES, ASSUME_ROLE) and kind in _ELSEWHERE:
        return _ELSEWHERE[kind]
    if operation in SOURCES:
        return _of_source(operation, kind, said)
    if operation == ASSUME_ROLE:
        return Code.DENIED, _OF_ROLE
    if operation == _REGISTER and kind in _OF_REGISTER:
        return _OF_REGISTER[kind]
    return _of_chime(operation, kind)


def _credentials(said: str) -> str:
    if said in ("NoCredentialsError", "CredentialRetrievalError", "PartialCredentialsError"):
        return "The function has no credentials. Check that its role exists."
    if said == "NoRegionError":
        return "The function has no region. Check that AWS_REGION is set."
    if said in UNKNOWN_CALLERS:
        return "AWS does not recognize the function's credentials. Check that its role still exists."
    return "The function's credentials have expired, or its clock is wrong. Deploy again."


_UNTIL = "until the function had to stop retrying. Deploy again."
_ROUTE = "if the function runs in a VPC, give it a route to the service."
_ELSEWHERE = {
    Kind.THROTTLED: (Code.THROTTLED, f"The service throttled the call {_UNTIL}"),
    Kind.UNREACHABLE: (Code.UNREACHABLE, f"The function could not reach the service. I{_ROUTE[1:]}"),
}
"""The remedies for services other than Amazon Chime SDK."""
_OF_ROLE = (
    "The function's role needs sts:AssumeRole on the role, and the role's trust policy must allow the function's role,"
    " with the declared ExternalId if it requires one."
)


def _of_source(operation: str, kind: Kind, said: str) -> tuple[Code, str]:
    source = "secret" if operation == "GetSecretValue" else "parameter"
    if said in _MISSING_SOURCES:
        return Code.SOURCE_MISSING, (
            f"The {source}, or its declared version, does not exist. Create it, or correct its name, region, account or"
            " version in the declaration."
        )
    if said == "InvalidRequestException":
        return Code.SOURCE_DELETED, "The secret may be scheduled for deletion. Restore it, or declare another one."
    is_refused = kind in (Kind.DENIED, Kind.FORBIDDEN)
    if is_refused or said in ("DecryptionFailure", "InvalidKeyId"):
        may_be_missing = source == "secret" and is_refused
        return Code.SOURCE_DENIED, (
            f"The function's role needs {SOURCES[operation]}:{operation} on the {source}, and kms:Decrypt on its key"
            " if it uses a customer managed key."
            f"{' AWS also denies access to a secret that does not exist.' if may_be_missing else ''}"
        )
    return Code.SOURCE_REFUSED, f"Read the {source} with the AWS CLI to find the cause, then deploy again."


_NEEDS = f"chime:{_REGISTER} on the user and mobiletargeting:GetApp on the application"
_OF_REGISTER = {
    Kind.DENIED: (Code.DENIED, f"The function's role needs {_NEEDS}. Check its policies."),
    Kind.FORBIDDEN: (
        Code.FORBIDDEN,
        f"Check that the AppInstanceUser exists and that the function's role allows {_NEEDS}.",
    ),
    Kind.INVALID: (
        Code.VALUE_REFUSED,
        (
            "The service rejected a value. Check that the application exists, that its channel for the declared Type"
            " is enabled, and that the device token belongs to that channel."
        ),
    ),
    Kind.QUOTA: (
        Code.ENDPOINT_QUOTA,
        (
            "The user has reached its endpoint quota (10 by default; quota L-39BCA56C of Amazon Chime SDK in Service"
            " Quotas). Deregister an endpoint, or request a quota increase."
        ),
    ),
    Kind.CONFLICT: (Code.TAKEN, "Another caller registered the device token at the same time. Deploy again."),
}
"""The remedies for a failed registration (quota: AWS General Reference, Amazon Chime SDK messaging quotas)."""
_OF_CHIME = {
    Kind.THROTTLED: (Code.THROTTLED, f"Calls exceeded the account's 50 requests per second {_UNTIL}"),
    Kind.UNREACHABLE: (Code.UNREACHABLE, f"The function could not reach the service. {_WHERE}; {_ROUTE}"),
    Kind.DENIED: (Code.DENIED, "The function's role needs chime:{operation} on the {identity}."),
    Kind.FORBIDDEN: (
        Code.FORBIDDEN,
        "Check that the {identity} exists, and that the function's role allows chime:{operation} on it.",
    ),
    Kind.QUOTA: (
        Code.TAG_QUOTA,
        "The resource has reached the limit of 50 tags. Remove some of them, then deploy again.",
    ),
    Kind.NOT_FOUND: (Code.NO_IDENTITY, "Check that the {identity} exists."),
}


def _of_chime(operation: str, kind: Kind) -> tuple[Code, str]:
    is_tagging = operation in _TAGGING
    if kind is Kind.INVALID and operation == "UpdateAppInstanceUserEndpoint":
        return Code.VALUE_REFUSED, "The service rejected a value. Check Name and AllowMessages."
    identity = "app instance, AppInstanceUser or AppInstanceBot of ResourceARN" if is_tagging else "AppInstanceUser"
    means = Kind.NOT_FOUND if kind is Kind.INVALID and is_tagging else kind  # tagging reports "Invalid resource"
    code, text = _OF_CHIME.get(means, _UNKNOWN)
    return code, text.format(operation=operation, identity=identity)


_UNKNOWN = Code.REFUSED, "Deploy again. If it fails again, look up the error code in the service's API reference."
