"""Connections to the host of a response URL: the last one is kept for the next event of the process.

The events of a deployment come one close behind the other, and to connect over TLS takes longer than the answer.
"""

from __future__ import annotations

import ssl
import time
from functools import cache
from http.client import HTTPConnection, HTTPSConnection
from threading import Lock, Thread
from urllib.parse import SplitResult

_KEPT_SECONDS = 3.0  # an idle connection is closed by the other side at some time, and no function is told while frozen

_Origin = tuple[str, str | None, int | None]
kept: dict[_Origin, tuple[float, HTTPConnection]] = {}
"""The idle ones, and since when."""


def connect(parts: SplitResult, seconds: float) -> HTTPConnection:
    """A new connection, which waits no longer than this for anything."""
    host = parts.hostname or ""
    if parts.scheme == "https":
        return HTTPSConnection(host, parts.port, timeout=seconds, context=tls())
    return HTTPConnection(host, parts.port, timeout=seconds)


def keep(parts: SplitResult, connection: HTTPConnection) -> None:
    """Keeps a connection on which nothing is under way."""
    kept[_origin(parts)] = (time.monotonic(), connection)


def take(parts: SplitResult) -> HTTPConnection | None:
    """The connection that is kept for this host, if there is one; it may have gone stale all the same."""
    since, connection = kept.pop(_origin(parts), (0.0, None))  # in one step: a timer may answer at the same time
    if connection is not None and time.monotonic() - since > _KEPT_SECONDS:
        connection.close()
        return None
    return connection


def _origin(parts: SplitResult) -> _Origin:
    return parts.scheme, parts.hostname, parts.port


read_certificates = cache(ssl.create_default_context)
_reading = Lock()


def tls() -> ssl.SSLContext:
    """Whom to trust, for all events of a process: to read the certificates takes longer than everything else here."""
    with _reading:
        return read_certificates()


# Beside the imports that follow, not after them: OpenSSL reads without holding the interpreter.
Thread(target=tls, daemon=True).start()
