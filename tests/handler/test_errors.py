"""How the function classifies a refusal by its code and status, and which parts of it a message may show."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chime_endpoints_handler.aws.failures.errors import InvalidRequestError, translate
from chime_endpoints_handler.aws.failures.remedies import Kind
from chime_endpoints_handler.model.codes import Code
from chime_endpoints_handler.model.rules.values import Violation


def refusal(code: object, status: int) -> ClientError:
    """Return the exception that botocore raises."""
    response: Any = {"Error": {"Code": code, "Message": "canary"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "DescribeAppInstanceUserEndpoint")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, Kind.UNCLEAR),
        (399, Kind.UNCLEAR),
        (400, Kind.INVALID),
        (401, Kind.DENIED),
        (402, Kind.INVALID),
        (403, Kind.FORBIDDEN),
        (404, Kind.NOT_FOUND),
        (405, Kind.INVALID),
        (409, Kind.CONFLICT),
        (429, Kind.THROTTLED),
        (430, Kind.INVALID),
        (499, Kind.INVALID),
        (500, Kind.UNCLEAR),
        (503, Kind.UNCLEAR),
    ],
)
def test_an_unknown_code_is_classified_by_its_status(status: int, kind: Kind) -> None:
    """F25, F32: an exception that the API model does not contain yet is classified by its status."""
    assert translate("DescribeAppInstanceUserEndpoint", refusal("BrandNewException", status)).kind is kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Kind.INTERCEPTED),
        (401, Kind.INTERCEPTED),
        (403, Kind.INTERCEPTED),
        (404, Kind.INTERCEPTED),
        (409, Kind.INTERCEPTED),
        (429, Kind.THROTTLED),
        (499, Kind.INTERCEPTED),
        (500, Kind.UNCLEAR),
    ],
)
def test_a_refusal_without_a_code_is_not_the_services(status: int, kind: Kind) -> None:
    """F26: a proxy's page has no code, and botocore reports its status as one."""
    for code in (str(status), "a page", ""):
        assert translate("DescribeAppInstanceUserEndpoint", refusal(code, status)).kind is kind


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        (Kind.THROTTLED, "ThrottledClientException Throttling ThrottlingException TooManyRequestsException"),
        (Kind.THROTTLED, "RequestLimitExceeded SlowDown"),
        (Kind.QUOTA, "ResourceLimitExceededException"),
        (Kind.UNAUTHENTICATED, "ExpiredTokenException ExpiredToken RequestExpired RequestTimeTooSkewed"),
        (Kind.UNAUTHENTICATED, "InvalidSignatureException SignatureDoesNotMatch"),
        (Kind.DENIED, "AccessDeniedException AccessDenied UnauthorizedClientException UnrecognizedClientException"),
        (Kind.DENIED, "InvalidClientTokenId IncompleteSignatureException MissingAuthenticationTokenException"),
    ],
)
def test_a_code_that_is_known_counts_more_than_its_status(kind: Kind, codes: str) -> None:
    """F30: services return these codes with 400, 403 or other statuses, so the code decides."""
    for code in codes.split():
        for status in (400, 403, 503):
            error = translate("DescribeAppInstanceUserEndpoint", refusal(code, status))
            assert (error.kind, error.said) == (kind, code)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("E" * 80, "E" * 80),
        ("E" * 81, "an unreadable response"),
        ("Ünbekannt", "an unreadable response"),
        ("canary code", "an unreadable response"),
        ("<html>", "an unreadable response"),
        ("", "an unreadable response"),
        (None, "an unreadable response"),
        (404, "an unreadable response"),
    ],
)
def test_a_code_that_is_no_word_is_not_shown(code: object, said: str) -> None:
    """F74: a code that is not a word may be a page that quotes the request, so no message shows it."""
    error = translate("DescribeAppInstanceUserEndpoint", refusal(code, 400))
    assert str(error).split(": ", 1)[1].startswith(f"DescribeAppInstanceUserEndpoint failed: {said}. ")


def test_a_refusal_that_says_nothing_of_itself_is_unclear() -> None:
    """F26: any host between the function and the service may send such a response."""
    error = translate("DescribeAppInstanceUserEndpoint", ClientError({}, "x"))
    assert error.kind is Kind.UNCLEAR
    assert "DescribeAppInstanceUserEndpoint failed: an unreadable response. " in str(error)


def test_all_violations_are_reported_at_once() -> None:
    """The error lists each violation with its code and takes the first code as its own."""
    error = InvalidRequestError([Violation(Code.MISSING, "Type is missing."), Violation(Code.UNKNOWN, "Typ is new.")])
    assert str(error) == f"{Code.MISSING}: Type is missing. {Code.UNKNOWN}: Typ is new."


@pytest.mark.parametrize(
    ("operation", "says_regions"), [("GetSecretValue", False), ("ListAppInstanceUserEndpoints", True)]
)
def test_only_the_messaging_service_has_two_regions(operation: str, *, says_regions: bool) -> None:
    """F26: only Chime's errors name the supported regions, because a secret can be in any region."""
    said = str(translate(operation, EndpointConnectionError(endpoint_url="https://e/")))
    assert "f the function runs in a VPC, give it a route" in said
    assert ("us-east-1 and eu-central-1 only" in said) is says_regions


def test_a_deleted_role_is_reported() -> None:
    """F47: the error says that AWS does not know the credentials, not that they have expired."""
    error = translate("ListAppInstanceUserEndpoints", refusal("UnrecognizedClientException", 403))
    assert "Check that its role still exists." in str(error)
