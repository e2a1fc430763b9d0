"""Retry limits for calls to AWS: a call that cannot succeed fails immediately, in every service."""

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

from chime_endpoints_cli.output.failures.network_and_settings import is_decisive, of_network, page_instead

MOST_CONNECTIONS = 3
"""Attempts to connect; they give a name server or a network that wakes up a second or two."""
MOST_TIME_OUTS = 2
MOST_FAILURES = 8
"""Attempts when Amazon Chime returns 5xx errors; with short waits in between, they take a few seconds."""
_MOST_SERVER_ERRORS = 4
"""The same for other services, for which botocore waits longer between attempts."""


def give_up_early(session: botocore.session.Session) -> None:
    """Make every client of the session, including those that fetch credentials, stop retrying hopeless calls."""
    session.register("needs-retry", _before_a_repetition, unique_id="chime-endpoints-repetitions")
    session.register("before-parse", _before_parsing, unique_id="chime-endpoints-pages")


def is_hopeless(error: Exception, attempts: int) -> bool:
    """Whether to give up on a call that failed this way so many times."""
    if is_decisive(error):
        return True
    if isinstance(error, (ConnectTimeoutError, ReadTimeoutError)):
        return attempts >= MOST_TIME_OUTS
    return isinstance(error, (ConnectionClosedError, EndpointConnectionError)) and attempts >= MOST_CONNECTIONS


def _before_a_repetition(
    *, attempts: int, operation: Any, response: Any = None, caught_exception: Exception | None = None, **_: Any
) -> None:
    """Handle botocore's needs-retry event; an exception raised here ends the call."""
    if response is not None and response[0].status_code >= 500 and attempts >= _MOST_SERVER_ERRORS:
        raise ClientError(response[1], operation.name)
    if caught_exception is not None and is_hopeless(caught_exception, attempts):
        told = of_network(caught_exception)
        if told is not None:
            raise told from caught_exception


def _before_parsing(*, response_dict: dict[str, Any], **_: Any) -> None:
    """Reject web pages, except with a 5xx status: those come from a busy service's load balancer and can pass."""
    kind = str(response_dict["headers"].get("content-type", "")).lower()
    if "html" in kind and response_dict["status_code"] < 500:
        raise page_instead("something between you and AWS")
