"""Connections to the host of a response URL; the last one is kept for the process's next event.

The events of a deployment arrive in quick succession, and a TLS handshake takes longer than the response.
"""

from __future__ import annotations

import select
import ssl
import time
from contextlib import suppress
from functools import cache
from http.client import HTTPConnection, HTTPSConnection
from threading import Lock, Thread
from typing import TypeAlias
from urllib.parse import SplitResult

_IDLE_SECONDS = 3.0  # the peer eventually closes an idle connection, which a frozen function does not notice

_Origin: TypeAlias = tuple[str, str | None, int | None]
idle: list[tuple[_Origin, float, HTTPConnection]] = []
"""At most one connection, with its origin and the time since it is idle."""


def new(parts: SplitResult, seconds: float) -> HTTPConnection:
    """Create a connection that connects only once, with this timeout for every operation."""
    host = parts.hostname or ""
    connection = (
        HTTPSConnection(host, parts.port or 443, timeout=seconds, context=tls())
        if parts.scheme == "https"
        else HTTPConnection(host, parts.port or 80, timeout=seconds)
    )
    connection.auto_open = 0
    return connection


def keep(parts: SplitResult, connection: HTTPConnection) -> None:
    """Keep an idle connection and close the previous one."""
    with suppress(IndexError):
        idle.pop()[-1].close()
    idle.append((_origin(parts), time.monotonic(), connection))


def take(parts: SplitResult) -> HTTPConnection | None:
    """Return the connection that is kept for this host, or None; it may be stale."""
    with suppress(IndexError):
        origin, since, connection = idle.pop()  # in one step, because a timer may respond at the same time
        if origin == _origin(parts) and time.monotonic() - since <= _IDLE_SECONDS and not _has_news(connection):
            return connection
        connection.close()
    return None


def _has_news(connection: HTTPConnection) -> bool:
    """Whether the peer closed the connection or sent unexpected data, which would be taken for the next response."""
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))


def _origin(parts: SplitResult) -> _Origin:
    return parts.scheme, parts.hostname, parts.port


read_certificates = cache(ssl.create_default_context)
_reading = Lock()


def tls() -> ssl.SSLContext:
    """Return the process's TLS context; reading the certificates takes longer than everything else here."""
    with _reading:
        return read_certificates()


def _read_early() -> None:
    with suppress(Exception):  # the error occurs again when the certificates are needed
        tls()


# In parallel with the following imports: OpenSSL releases the interpreter lock while it reads.
Thread(target=_read_early).start()
