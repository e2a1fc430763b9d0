"""The handler's exceptions, and the translation of botocore's errors into them.

HandlerError                    safe to show in a Reason and a log: contains no property value and no secret
├── InvalidRequestError         the properties break the rules
├── SourceError                 a device token could not be read from its source
├── AlreadyRegisteredError      an endpoint that this resource does not own has the device token
├── StaleEventError             CloudFormation is no longer waiting for this event
├── OutOfTimeError              too little time is left for another call
└── ServiceError                a call failed; `kind` says how
"""

from __future__ import annotations

from collections.abc import Sequence

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from ...model.codes import Code
from ...model.rules.values import Violation
from .remedies import UNKNOWN_CALLERS, UNREADABLE, Kind, explain

UNEXPECTED = "This is a bug in the function, not in your declaration. Deploy again, and report it if it fails again."


class HandlerError(Exception):
    """A failure that is reported to the person who deploys: a code and a short text."""

    def __init__(self, code: Code, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


class InvalidRequestError(HandlerError):
    """The properties break the rules; the text lists every violation with its code."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        first, *others = violations
        super().__init__(first.code, " ".join((first.text, *map(str, others))))


class SourceError(HandlerError):
    """A device token could not be read from its source."""


class AlreadyRegisteredError(HandlerError):
    """An endpoint that this resource does not own has the device token."""


class StaleEventError(HandlerError):
    """CloudFormation is no longer waiting for this event."""


class OutOfTimeError(HandlerError):
    """Too little time is left for another call."""


class ServiceError(HandlerError):
    """A call failed; the text names the operation, its target and the service's error code.

    It leaves out the service's message, because those messages quote the values of the request.
    """

    def __init__(
        self, *, operation: str, kind: Kind, said: str, subject: str = "", explained: tuple[Code, str] | None = None
    ) -> None:
        """Describe the failed call.

        Args:
            operation: the API's name of the operation.
            kind: how it failed.
            said: the service's error code, or a description of what came instead.
            subject: the target of the call, such as `of endpoint …`.
            explained: the code and the remedy, to use instead of those from `advice`.
        """
        code, advice = explained or explain(operation, kind, said)
        super().__init__(code, f"{operation} {subject}".rstrip() + f" failed: {said}. {advice}")
        self.operation = operation
        self.kind = kind
        self.said = said


_THROTTLES = frozenset(
    {"ThrottledClientException", "Throttling", "ThrottlingException", "TooManyRequestsException"}
    | {"RequestLimitExceeded", "SlowDown"}
)
_DENIALS = UNKNOWN_CALLERS | {"UnauthorizedClientException"}
# IAM's wording for a missing permission and for an explicit deny, in every kind of policy (IAM User Guide,
# "Troubleshoot access denied error messages"). Services return it under their own error codes.
_IAMS_WORDS = ("not authorized to perform", "with an explicit deny", "policy allows the")
_EXPIRIES = frozenset(
    {"ExpiredTokenException", "ExpiredToken", "RequestExpired", "RequestTimeTooSkewed"}
    | {"InvalidSignatureException", "SignatureDoesNotMatch"}
)


def translate(operation: str, error: Exception, *, subject: str = "") -> ServiceError:
    """Convert a botocore error to a `ServiceError` that keeps only its code, not its text."""
    if isinstance(error, boto.ClientError):
        answered = error.response.get("Error", {})
        said = _safe_code(answered.get("Code"))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        kind = _answered(said, status, str(answered.get("Message")))
        return ServiceError(operation=operation, kind=kind, said=said, subject=subject)
    said, kind = type(error).__name__, _unanswered(error)
    is_known = kind is not Kind.INVALID or isinstance(error, boto.ParamValidationError)
    explained = None if is_known else (Code.UNEXPECTED, UNEXPECTED)
    return ServiceError(operation=operation, kind=kind, said=said, subject=subject, explained=explained)


def _safe_code(code: object) -> str:
    """Return the code if it is a single word; anything else could be a page that quotes the request."""
    is_word = isinstance(code, str) and code.isascii() and code.isalnum() and len(code) <= 80
    return str(code) if is_word else UNREADABLE


def _answered(code: str, status: int, message: str) -> Kind:
    if status == 429 or code in _THROTTLES:
        return Kind.THROTTLED
    if code == "ResourceLimitExceededException":
        return Kind.QUOTA
    if code in _EXPIRIES:
        return Kind.UNAUTHENTICATED
    if code in _DENIALS or "AccessDenied" in code:
        return Kind.DENIED
    if not 400 <= status < 500:
        return Kind.UNCLEAR
    if code == UNREADABLE or code.isdigit():
        return Kind.INTERCEPTED  # botocore uses the HTTP status as the code if a response, such as a web page, has none
    if _is_iams(message):
        return Kind.DENIED
    by_status = {401: Kind.DENIED, 403: Kind.FORBIDDEN, 404: Kind.NOT_FOUND, 409: Kind.CONFLICT}
    return by_status.get(status, Kind.INVALID)


def _is_iams(message: str) -> bool:
    """Whether the refusal comes from IAM: the service may use the same error code if the target does not exist."""
    words = " ".join(message.lower().split())
    return any(each in words for each in _IAMS_WORDS)


# Read timeouts, closed connections, unreadable responses, and TLS errors (most of them during the handshake) are
# unclear: the service may have acted on the request.
_UNANSWERED: Sequence[tuple[Kind, tuple[type[Exception], ...]]] = (
    (
        Kind.UNAUTHENTICATED,
        (boto.NoCredentialsError, boto.CredentialRetrievalError, boto.PartialCredentialsError, boto.NoRegionError),
    ),
    (Kind.UNREACHABLE, (boto.EndpointConnectionError, boto.ConnectTimeoutError, boto.ProxyConnectionError)),
    (Kind.UNCLEAR, (boto.SSLError, boto.HTTPClientError, ResponseParserError, boto.IncompleteReadError)),
)


def _unanswered(error: Exception) -> Kind:
    return next((kind for kind, errors in _UNANSWERED if isinstance(error, errors)), Kind.INVALID)
