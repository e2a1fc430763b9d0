"""Connections to the host of a response URL: the last one is kept for the next event of the process.

The events of a deployment come one close behind the other, and to connect over TLS takes longer than the answer.
"""

from __future__ import annotations

import select
import ssl
import time
from contextlib import suppress
from functools import cache
from http.client import HTTPConnection, HTTPSConnection
from threading import Lock, Thread
from urllib.parse import SplitResult

_IDLE_SECONDS = 3.0  # the other side closes an idle connection some time, and a frozen function does not hear of it

_Origin = tuple[str, str | None, int | None]
idle: list[tuple[_Origin, float, HTTPConnection]] = []
"""At most one, and since when."""


def new(parts: SplitResult, seconds: float) -> HTTPConnection:
    """A connection that is yet to be made, once, and waits no longer than this for anything."""
    host = parts.hostname or ""
    connection = (
        HTTPSConnection(host, parts.port or 443, timeout=seconds, context=tls())
        if parts.scheme == "https"
        else HTTPConnection(host, parts.port or 80, timeout=seconds)
    )
    connection.auto_open = 0
    return connection


def keep(parts: SplitResult, connection: HTTPConnection) -> None:
    """Keeps a connection on which nothing is under way, in place of another."""
    with suppress(IndexError):
        idle.pop()[-1].close()
    idle.append((_origin(parts), time.monotonic(), connection))


def take(parts: SplitResult) -> HTTPConnection | None:
    """The connection that is kept for this host, if there is one; it may have gone stale all the same."""
    with suppress(IndexError):
        origin, since, connection = idle.pop()  # in one step: a timer may answer at the same time
        if origin == _origin(parts) and time.monotonic() - since <= _IDLE_SECONDS and not _has_news(connection):
            return connection
        connection.close()
    return None


def _has_news(connection: HTTPConnection) -> bool:
    """Whether something came unasked: its end, or what would be taken for the next answer."""
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))


def _origin(parts: SplitResult) -> _Origin:
    return parts.scheme, parts.hostname, parts.port


read_certificates = cache(ssl.create_default_context)
_reading = Lock()


def tls() -> ssl.SSLContext:
    """Whom to trust, for all events of a process: to read the certificates takes longer than everything else here."""
    with _reading:
        return read_certificates()


def _read_early() -> None:
    with suppress(Exception):  # it is raised again where they are needed
        tls()


# Beside the imports that follow, not after them: OpenSSL reads without holding the interpreter.
Thread(target=_read_early).start()
