"""How long a command keeps trying: what no repetition mends ends it at once, whichever service it is."""

from __future__ import annotations

from typing import Any

import botocore.session
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from .failing.surroundings import is_decisive, of_network, page_instead

MOST_CONNECTIONS = 3
"""Attempts to connect: a name server or a network that wakes up gets a second or two."""
MOST_TIME_OUTS = 2
MOST_FAILURES = 8
"""Answers of Amazon Chime in the 500s, with short waits between them: a few seconds."""
_MOST_SERVER_ERRORS = 4
"""The same of other services, between which botocore waits longer."""


def give_up_where_it_is_hopeless(session: botocore.session.Session) -> None:
    """Has every client of the session, those that fetch credentials included, raise CommandError for it."""
    session.register("needs-retry", _before_a_repetition, unique_id="chime-endpoints-repetitions")
    session.register("before-parse", _before_parsing, unique_id="chime-endpoints-pages")


def is_hopeless(error: Exception, attempts: int) -> bool:
    """Whether a call that failed so often in this way is not tried again."""
    if is_decisive(error):
        return True
    if isinstance(error, (ConnectTimeoutError, ReadTimeoutError)):
        return attempts >= MOST_TIME_OUTS
    return isinstance(error, (ConnectionClosedError, EndpointConnectionError)) and attempts >= MOST_CONNECTIONS


def _before_a_repetition(
    *, attempts: int, operation: Any, response: Any = None, caught_exception: Exception | None = None, **_: Any
) -> None:
    """An event of botocore; what its handlers raise ends the call."""
    if response is not None and response[0].status_code >= 500 and attempts >= _MOST_SERVER_ERRORS:
        raise ClientError(response[1], operation.name)
    if caught_exception is not None and is_hopeless(caught_exception, attempts):
        told = of_network(caught_exception)
        if told is not None:
            raise told from caught_exception


def _before_parsing(*, response_dict: dict[str, Any], **_: Any) -> None:
    """A page with a status in the 500s is a busy service's load balancer, and may pass."""
    kind = str(response_dict["headers"].get("content-type", "")).lower()
    if "html" in kind and response_dict["status_code"] < 500:
        raise page_instead("something between you and AWS")
