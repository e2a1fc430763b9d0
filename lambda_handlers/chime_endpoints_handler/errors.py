"""What can go wrong, and the one place where foreign errors become ours.

HandlerError                    its text is fit for a Reason and a log: no value of a property, no secret
├── InvalidRequestError         the properties break the rules
├── SourceError                 a device token could not be read from its source
├── AlreadyRegisteredError      somebody else's endpoint holds the device token
├── StaleEventError             CloudFormation no longer waits for this event
├── OutOfTimeError              the deadline is too near for another call
└── ServiceError                a call failed; `kind` says how
"""

from __future__ import annotations

from enum import Enum
from typing import Any

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from .rules import REGIONS


class HandlerError(Exception):
    """A failure that is told to the deployer."""


class InvalidRequestError(HandlerError):
    """The properties break the rules; the text names every violation."""


class SourceError(HandlerError):
    """A device token could not be read from its source."""


class AlreadyRegisteredError(HandlerError):
    """Somebody else's endpoint holds the device token."""


class StaleEventError(HandlerError):
    """CloudFormation no longer waits for this event."""


class OutOfTimeError(HandlerError):
    """The deadline is too near for another call."""


class Kind(Enum):
    """How a call failed, as far as it matters for what to do next."""

    THROTTLED = "throttled"
    UNCLEAR = "unclear"  # may have taken effect
    UNREACHABLE = "unreachable"
    UNAUTHENTICATED = (
        "unauthenticated"  # without region or credentials, or with expired ones: says nothing of the thing
    )
    DENIED = "denied"  # by IAM: the role, its policies
    FORBIDDEN = "forbidden"  # by the service: no such thing, or not allowed
    NOT_FOUND = "not found"
    CONFLICT = "conflict"
    QUOTA = "quota"
    INVALID = "invalid"

    @property
    def is_transient(self) -> bool:
        """Whether the same call may succeed a little later."""
        return self in (Kind.THROTTLED, Kind.UNCLEAR, Kind.UNREACHABLE)


class ServiceError(HandlerError):
    """A call failed: names the operation and the service's error code.

    The service's message is left out, since such messages quote the values of a request.
    """

    def __init__(self, *, operation: str, kind: Kind, code: str, advice: str = "", subject: str = "") -> None:
        if kind is Kind.UNCLEAR:
            advice = advice or "It kept failing. Deploy again."
        what = f"{operation} of {subject}" if subject else operation
        super().__init__(f"{what} failed: {code}. {advice}".rstrip())
        self.operation = operation
        self.kind = kind
        self.code = code


_THROTTLES = frozenset(
    {"ThrottledClientException", "Throttling", "ThrottlingException", "TooManyRequestsException"}
    | {"RequestLimitExceeded", "SlowDown"}
)
_DENIALS = frozenset(
    {"AccessDeniedException", "AccessDenied", "UnauthorizedClientException", "UnrecognizedClientException"}
    | {"InvalidClientTokenId", "IncompleteSignatureException", "MissingAuthenticationTokenException"}
)
_EXPIRIES = frozenset(
    {"ExpiredTokenException", "ExpiredToken", "RequestExpired", "RequestTimeTooSkewed"}
    | {"InvalidSignatureException", "SignatureDoesNotMatch"}
)


def translate(operation: str, error: Exception, *, subject: str = "") -> ServiceError:
    """A botocore error as ours. Nothing of the error's own text is taken over except its code."""
    if isinstance(error, boto.ClientError):
        return _answered(operation, error.response, subject)
    if isinstance(error, (boto.NoCredentialsError, boto.CredentialRetrievalError, boto.PartialCredentialsError)):
        return ServiceError(
            operation=operation,
            kind=Kind.UNAUTHENTICATED,
            code=type(error).__name__,
            advice="The function has no credentials: does its role exist?",
        )
    if isinstance(error, boto.NoRegionError):
        advice = "The function has no region: is AWS_REGION set?"
        return ServiceError(operation=operation, kind=Kind.UNAUTHENTICATED, code="NoRegionError", advice=advice)
    if isinstance(error, (boto.EndpointConnectionError, boto.ConnectTimeoutError, boto.ProxyConnectionError)):
        return ServiceError(
            operation=operation, kind=Kind.UNREACHABLE, code=type(error).__name__, advice=_unreachable(operation)
        )
    if isinstance(error, boto.SSLError):  # in most cases of the handshake, but an answer may break off with it, too
        return ServiceError(operation=operation, kind=Kind.UNCLEAR, code="SSLError", advice=_unreachable(operation))
    if isinstance(error, (boto.HTTPClientError, ResponseParserError, boto.IncompleteReadError)):
        # Read time-outs, closed connections, answers that cannot be read: the service may have acted.
        return ServiceError(operation=operation, kind=Kind.UNCLEAR, code=type(error).__name__)
    return ServiceError(operation=operation, kind=Kind.INVALID, code=type(error).__name__)


def _unreachable(operation: str) -> str:
    if operation in _SOURCES:
        return "The service could not be reached; a function in a VPC needs a way to it."
    return (
        "The service could not be reached. Amazon Chime SDK messaging exists in "
        f"{' and '.join(REGIONS)} only; a function in a VPC needs a way to it."
    )


def _answered(operation: str, response: dict[str, Any], subject: str) -> ServiceError:
    code = _safe_code(response.get("Error", {}).get("Code"))
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    kind = _kind(code, status)
    return ServiceError(operation=operation, kind=kind, code=code, advice=_advice(operation, kind), subject=subject)


def _safe_code(code: object) -> str:
    """An error code is a word; anything else could be a page that quotes the request."""
    text = str(code)
    return text if text.isascii() and text.isalnum() and len(text) <= 80 else "an unreadable answer"


def _kind(code: str, status: int) -> Kind:
    if status == 429 or code in _THROTTLES:
        return Kind.THROTTLED
    if code == "ResourceLimitExceededException":
        return Kind.QUOTA
    if code in _EXPIRIES:
        return Kind.UNAUTHENTICATED
    if code in _DENIALS or status == 401:
        return Kind.DENIED
    by_status = {400: Kind.INVALID, 403: Kind.FORBIDDEN, 404: Kind.NOT_FOUND, 409: Kind.CONFLICT}
    if status in by_status:
        return by_status[status]
    return Kind.INVALID if 400 <= status < 500 else Kind.UNCLEAR


_SOURCES = frozenset({"GetSecretValue", "GetParameter"})
_TAGGING = frozenset({"TagResource", "UntagResource", "ListTagsForResource"})


def _advice(operation: str, kind: Kind) -> str:
    """What a person does about it. Quota: AWS General Reference, Amazon Chime SDK messaging quotas."""
    if kind is Kind.UNAUTHENTICATED:
        return "The function's credentials have expired, or its clock is wrong. Deploy again."
    if kind is Kind.QUOTA and operation == "RegisterAppInstanceUserEndpoint":
        return (
            "The user has as many endpoints as the quota allows (10 by default, adjustable: Service Quotas,"
            " quota L-39BCA56C of Amazon Chime SDK). Remove one or ask for more."
        )
    if kind is Kind.QUOTA:
        return "The identity has as many tags as are allowed (50). Remove some."
    if kind in (Kind.DENIED, Kind.FORBIDDEN) and operation == "RegisterAppInstanceUserEndpoint":
        return (
            "Check that the AppInstanceUser exists and that the function's role may call"
            " chime:RegisterAppInstanceUserEndpoint on the user and mobiletargeting:GetApp on the application."
        )
    if kind in (Kind.DENIED, Kind.FORBIDDEN):
        identity = "identity" if operation in _TAGGING else "AppInstanceUser"
        return f"Check that the {identity} exists and that the function's role may call chime:{operation} on it."
    if kind is Kind.INVALID and operation == "RegisterAppInstanceUserEndpoint":
        return (
            "The service refused a value: check that the application exists, has the channel of the declared"
            " Type enabled, and that the device token belongs to it."
        )
    if kind in (Kind.INVALID, Kind.NOT_FOUND) and operation in _TAGGING:
        # The service answers "Invalid resource" for an identity that does not exist.
        return "Check that the app instance, AppInstanceUser or AppInstanceBot of ResourceARN exists."
    if kind is Kind.NOT_FOUND and operation not in _SOURCES:
        return "Check that the identity exists."
    if kind is Kind.THROTTLED and operation in _SOURCES:
        return "It was throttled until the deadline. Deploy again."
    if kind is Kind.THROTTLED:
        return "The account's 50 requests a second were exhausted until the deadline. Deploy again."
    return ""
