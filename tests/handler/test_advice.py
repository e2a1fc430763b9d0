"""The advice for every way in which a call can fail changes only on purpose."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

from chime_endpoints_handler.aws.failures.remedies import ASSUME_ROLE, PAGE, SOURCES, Kind, explain
from support.recorded import assert_as_recorded

RECORDED = Path(__file__).parent / "recorded_advice.txt"
ENDPOINT = [f"{verb}AppInstanceUserEndpoint" for verb in ("Register", "Update", "Describe", "Deregister")]
OPERATIONS = [*ENDPOINT, "ListAppInstanceUserEndpoints", "TagResource", "ListTagsForResource", *SOURCES, ASSUME_ROLE]
SAID = {
    Kind.UNAUTHENTICATED: [
        *("NoCredentialsError", "CredentialRetrievalError", "PartialCredentialsError"),
        *("NoRegionError", "UnrecognizedClientException", "ExpiredTokenException"),
    ],
    Kind.DENIED: ["AccessDeniedException", "InvalidClientTokenId"],
    Kind.INVALID: [
        *("BadRequestException", "ResourceNotFoundException", "ParameterNotFound", "ParameterVersionNotFound"),
        *("InvalidRequestException", "DecryptionFailure", "InvalidKeyId"),
    ],
    Kind.INTERCEPTED: ["403"],
    Kind.UNCLEAR: ["ServiceFailureException", "500", "SSLError", PAGE],
}
"""What the advice depends on, apart from the kind of failure."""


def advice() -> Iterator[str]:
    """Yield one line for every way in which a call can fail."""
    for operation, kind in product(OPERATIONS, Kind):
        for said in SAID.get(kind, ["-"]):
            code, text = explain(operation, kind, said)
            yield f"{operation} {kind.name.lower().replace('_', ' ')} {said}: {code}: {text}"


def test_the_advice_is_as_recorded() -> None:
    """The advice equals the recorded one; set RECORD=1 to record an intended change."""
    assert_as_recorded(advice(), RECORDED)
