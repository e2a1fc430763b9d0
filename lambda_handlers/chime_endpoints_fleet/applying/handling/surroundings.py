"""The clocks and clients of a worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chime_endpoints_handler.aws.clients import Clients


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """The environment of a worker; tests replace it."""

    clients: Clients
    now: Callable[[], float]
    """Seconds since the epoch."""
    monotonic: Callable[[], float]
    sleep: Callable[[float], None]
    jitter: Callable[[float, float], float]
    warn: Callable[[str], None]
