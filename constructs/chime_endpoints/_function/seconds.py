"""The function's default timeout, and how long CloudFormation waits for a response, without CDK."""

from __future__ import annotations

DEFAULT_TIMEOUT = 120
"""Long enough for throttling by other callers: the whole account shares 50 requests a second."""
RETRIES = 2
"""How often Lambda retries an event whose invocation failed (Lambda's default, set explicitly)."""

_PAUSES = 60 + 120  # the delays before Lambda's first and second retry of an asynchronous event
_MARGIN = 60


def service_timeout(timeout: float) -> int:
    """Return how long CloudFormation waits: all deliveries of an event and the delays between them."""
    return int((1 + RETRIES) * timeout + _PAUSES + _MARGIN)  # at most 2,940 s
