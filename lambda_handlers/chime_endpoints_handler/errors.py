"""What can go wrong, and the one place where foreign errors become ours.

HandlerError                    its text is fit for a Reason and a log: no value of a property, no secret
├── InvalidRequestError         the properties break the rules
├── SourceError                 a device token could not be read from its source
├── AlreadyRegisteredError      somebody else's endpoint holds the device token
├── StaleEventError             CloudFormation no longer waits for this event
├── VanishedError               somebody else deregistered the endpoint meanwhile
├── OutOfTimeError              the deadline is too near for another call
└── ServiceError                a call failed; `kind` says how
"""

from __future__ import annotations

from collections.abc import Sequence

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from .advice import UNKNOWN_CALLERS, UNREADABLE, Kind, explain
from .codes import Code
from .rules import Violation

UNEXPECTED = "This is a mistake in the function, not in what is declared: deploy again, and report it if it repeats."


class HandlerError(Exception):
    """A failure that is told to the deployer: a code, and a sentence or two."""

    def __init__(self, code: Code, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


class InvalidRequestError(HandlerError):
    """The properties break the rules; the text names every violation, each with its code."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        first, *others = violations
        super().__init__(first.code, " ".join((first.text, *map(str, others))))


class SourceError(HandlerError):
    """A device token could not be read from its source."""


class AlreadyRegisteredError(HandlerError):
    """Somebody else's endpoint holds the device token."""


class StaleEventError(HandlerError):
    """CloudFormation no longer waits for this event."""


class VanishedError(HandlerError):
    """Somebody else deregistered the endpoint while it was being changed."""


class OutOfTimeError(HandlerError):
    """The deadline is too near for another call."""


class ServiceError(HandlerError):
    """A call failed: names the operation, what it was about, and the service's error code.

    The service's message is left out, since such messages quote the values of a request.
    """

    def __init__(
        self,
        *,
        operation: str,
        kind: Kind,
        said: str,
        subject: str = "",
        explained: tuple[Code, str] | None = None,
    ) -> None:
        """Takes what failed and how.

        Args:
            operation: the API's name of the operation.
            kind: how it failed.
            said: the service's error code, or what there was instead.
            subject: what the call was about, as `of endpoint …`.
            explained: the code and what to do, where `advice` does not know better.
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
# IAM's words for a missing permission and for an explicit deny, of every kind of policy (IAM User Guide, "Troubleshoot
# access denied error messages"). Services put them under error codes of their own.
_IAMS_WORDS = ("not authorized to perform", "with an explicit deny", "policy allows the")
_EXPIRIES = frozenset(
    {"ExpiredTokenException", "ExpiredToken", "RequestExpired", "RequestTimeTooSkewed"}
    | {"InvalidSignatureException", "SignatureDoesNotMatch"}
)


def translate(operation: str, error: Exception, *, subject: str = "") -> ServiceError:
    """A botocore error as ours. Nothing of the error's own text is taken over except its code."""
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
    """An error code is a word; anything else could be a page that quotes the request."""
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
        return Kind.INTERCEPTED  # botocore gives the status of an answer, such as a web page, that has no code
    if _is_iams(message):
        return Kind.DENIED
    by_status = {401: Kind.DENIED, 403: Kind.FORBIDDEN, 404: Kind.NOT_FOUND, 409: Kind.CONFLICT}
    return by_status.get(status, Kind.INVALID)


def _is_iams(message: str) -> bool:
    """Whether IAM speaks: the service itself may use the same error code for what does not exist."""
    words = " ".join(message.lower().split())
    return any(each in words for each in _IAMS_WORDS)


def _unanswered(error: Exception) -> Kind:
    if isinstance(
        error,
        (boto.NoCredentialsError, boto.CredentialRetrievalError, boto.PartialCredentialsError, boto.NoRegionError),
    ):
        return Kind.UNAUTHENTICATED
    if isinstance(error, (boto.EndpointConnectionError, boto.ConnectTimeoutError, boto.ProxyConnectionError)):
        return Kind.UNREACHABLE
    # Read time-outs, closed connections, answers that cannot be read, a TLS fault that is in most cases one of the
    # handshake: the service may have acted.
    unclear = (boto.SSLError, boto.HTTPClientError, ResponseParserError, boto.IncompleteReadError)
    return Kind.UNCLEAR if isinstance(error, unclear) else Kind.INVALID
