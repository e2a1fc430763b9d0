"""Deliver a response to the pre-signed URL: limited in time, and retried until the URL accepts it."""

from __future__ import annotations

import json
import random
import re
import socket
import time
from bisect import bisect_right
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import Enum, auto
from http.client import HTTPConnection
from threading import Event, Thread
from typing import Any
from urllib.parse import SplitResult, urlsplit

from . import connections

MOST_BYTES = 4096
"""The maximum size of a response (AWS CloudFormation User Guide, custom resource response objects)."""

_ATTEMPT_SECONDS = 5.0
_KEPT_ATTEMPT_SECONDS = 1.0  # the peer may have closed the connection silently
_ENOUGH_FOR_KEPT_SECONDS = 3.0  # enough for that attempt and another one
_QUICK_SECONDS = 0.5  # slower connections are not kept: the limit above would interrupt them
_LEAST_SECONDS = 0.05  # with less time, an attempt would be interrupted
_LONGEST_WAIT = 5.0
_SPARE = 0.2  # seconds before the deadline; no attempt starts after that
_EXPIRED_ATTEMPTS = 3  # a rejected signature stays rejected
_SURROGATES = re.compile("[\ud800-\udfff]")


class Delivery(Enum):
    """The result of a delivery."""

    ACCEPTED = auto()
    EXPIRED = auto()
    """The URL rejects the signature and will not accept another request."""
    FAILED = auto()


def deliver(url: str, body: bytes, *, left: Callable[[], float], sleep: Callable[[float], None]) -> Delivery:
    """Send the response until the URL returns a 2xx status or no time is left."""
    parts = urlsplit(url)
    kept = connections.take(parts) if left() > _ENOUGH_FOR_KEPT_SECONDS else None
    refusals = 0
    bound = 0.2
    while (time_left := left() - _SPARE) > _LEAST_SECONDS:
        is_kept = kept is not None
        status = _put(parts, body, min(_KEPT_ATTEMPT_SECONDS if is_kept else _ATTEMPT_SECONDS, time_left), kept)
        kept = None
        if _is_accepted(status):
            return Delivery.ACCEPTED
        refusals += status == 403
        if refusals >= _EXPIRED_ATTEMPTS:
            return Delivery.EXPIRED
        if is_kept and status is None:
            continue  # the kept connection was stale; the URL may be fine
        bound = min(bound * 2, _LONGEST_WAIT)
        sleep(max(0.0, min(random.uniform(0, bound), left() - _SPARE)))  # noqa: S311 - jitter, no secret
    return Delivery.FAILED


def _is_accepted(status: int | None) -> bool:
    return status is not None and 200 <= status < 300


def _put(parts: SplitResult, body: bytes, seconds: float, kept: HTTPConnection | None) -> int | None:
    """Make one attempt and return the HTTP status; None if none arrived in time.

    The attempt runs in its own thread, because no socket option limits a DNS lookup or a very slow response.
    """
    began = time.monotonic()
    connection = kept or connections.new(parts, seconds)
    is_over = Event()
    statuses: list[int] = []
    is_idle: list[bool] = []

    def attempt() -> None:
        with suppress(Exception):  # an interrupted connection raises all kinds of exceptions
            if kept is None:
                connection.connect()
            connection.sock.settimeout(seconds)
            if is_over.is_set():
                connection.close()  # it did not exist yet when the attempt was interrupted
            target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
            # CloudFormation signs the URL for an empty content type.
            connection.request("PUT", target, body=body, headers={"content-type": ""})
            response = connection.getresponse()
            statuses.append(response.status)
            if _is_accepted(response.status) and response.length == 0 and not response.will_close:
                response.read()
                is_idle.append(True)

    thread = Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(seconds)
    if is_idle and time.monotonic() - began < _QUICK_SECONDS:
        connections.keep(parts, connection)
        return statuses[0]
    is_over.set()
    with suppress(OSError, AttributeError):  # it may already be closed, or not connected yet
        connection.sock.shutdown(socket.SHUT_RDWR)
    connection.close()
    return statuses[0] if statuses else None


def encode(answer: Mapping[str, Any]) -> bytes:
    """Encode a response in at most 4,096 bytes: shorten the Reason, then drop Data; never change the ids."""
    body = _encode(answer)
    if len(body) > MOST_BYTES and "Reason" in answer:
        body = _encode({**answer, "Reason": _cut(answer, MOST_BYTES)})
    if len(body) > MOST_BYTES:
        body = _encode({**answer, "Data": {}, **({"Reason": "…"} if "Reason" in answer else {})})
    return body


def _encode(answer: Mapping[str, Any]) -> bytes:
    text = json.dumps(answer, ensure_ascii=False, default=lambda _: "…")
    # Half of a surrogate pair has no UTF-8 encoding; its JSON escape decodes to the same half.
    return _SURROGATES.sub(lambda half: f"\\u{ord(half[0]):04x}", text).encode()


def _cut(answer: Mapping[str, Any], most: int) -> str:
    """Return the longest prefix of the Reason that fits."""
    reason: str = answer["Reason"]

    def size(length: int) -> int:
        return len(_encode({**answer, "Reason": reason[:length] + "…"}))

    return reason[: max(0, bisect_right(range(len(reason)), most, key=size) - 1)] + "…"
