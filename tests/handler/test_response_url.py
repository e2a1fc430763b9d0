"""Response URLs of servers that stall, drip, reset, refuse and lie, plain and over TLS."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from chime_endpoints_handler.cloudformation.sender import Delivery, deliver, encode
from support.raw_server import Tls, raw_server
from support.sink import open_sink

pytestmark = pytest.mark.slow


def real_time(seconds: float) -> Callable[[], float]:
    """A deadline on the real clock."""
    end = time.monotonic() + seconds
    return lambda: end - time.monotonic()


def stall(connection: socket.socket) -> None:
    """Accept the request and send no response."""
    while connection.recv(4096):
        pass


def drip(connection: socket.socket) -> None:
    """Respond one byte at a time."""
    for byte in b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n":
        connection.sendall(bytes([byte]))
        time.sleep(0.5)


def reset(connection: socket.socket) -> None:
    """Close the connection without a response."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def lie(connection: socket.socket) -> None:
    """Respond with something that is not HTTP."""
    connection.recv(4096)
    connection.sendall(b"220 ready\r\n")


def interrupt(connection: socket.socket) -> None:
    """Respond with half a line."""
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 2")


@pytest.mark.parametrize("over", ["http", "https"])
@pytest.mark.parametrize("behave", [stall, drip, reset, lie, interrupt])
def test_a_url_that_never_accepts_ends_before_the_deadline(
    behave: Callable[[socket.socket], None], over: str, tls: Tls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F52: if a URL stalls, drips, resets or is not HTTP, the attempt ends before the deadline."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tls.authority))
    with raw_server(behave, tls.context if over == "https" else None) as url:
        left = real_time(0.8)
        assert deliver(url, b"{}", left=left, sleep=time.sleep) is Delivery.FAILED
        assert left() > -0.3


@pytest.mark.parametrize("behave", [stall, reset, lie])
def test_a_tls_handshake_that_never_ends_well_ends_before_the_deadline(
    behave: Callable[[socket.socket], None], tls: Tls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F52: if a TLS handshake stalls, is reset or is not TLS, the attempt ends before the deadline."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tls.authority))
    with raw_server(behave) as url:
        left = real_time(0.8)
        secure = url.replace("http://127.0.0.1", "https://localhost")
        assert deliver(secure, b"{}", left=left, sleep=time.sleep) is Delivery.FAILED
        assert left() > -0.3


def closed_port() -> int:
    """A port of this machine on which no server listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_refused_connection_ends_before_the_deadline(scheme: str) -> None:
    """F52: if the connection is refused, the attempt ends before the deadline."""
    left = real_time(0.8)
    assert deliver(f"{scheme}://127.0.0.1:{closed_port()}/", b"{}", left=left, sleep=time.sleep) is Delivery.FAILED
    assert left() > -0.3


_WITHOUT_A_WAY = """
import sys, time
from chime_endpoints_handler.index import AnswerNotAcceptedError, handler

class Context:
    end = time.monotonic() + 2.0

    def get_remaining_time_in_millis(self):
        return int((self.end - time.monotonic()) * 1000)

event = {
    "RequestType": "Delete", "RequestId": "r", "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/s/u",
    "ResponseURL": sys.argv[1], "ResourceType": "Custom::ChimeAppInstanceUserEndpoint", "LogicalResourceId": "L",
    "PhysicalResourceId": "not-applied/0123456789abcdef", "ResourceProperties": {},
}
try:
    handler(event, Context())
except AnswerNotAcceptedError:
    print(f"not accepted, {Context.end - time.monotonic():.3f} s left")
"""


@pytest.mark.parametrize("url", ["https://127.0.0.1:{}/a?canary", "https://bucket.invalid/a?canary"])
def test_a_process_without_a_way_to_the_url_ends_in_time(url: str) -> None:
    """F52, F75: if the URL cannot be reached, the function raises in time, so that Lambda delivers again."""
    ended = subprocess.run(  # noqa: S603 - this Python, with a text of ours
        [sys.executable, "-c", _WITHOUT_A_WAY, url.format(closed_port())],
        env={"PATH": "", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    said = re.fullmatch(r"not accepted, (-?\d+\.\d+) s left\n", ended.stdout)
    assert said is not None, ended
    assert 0 < float(said[1]) < 1
    assert "could not deliver its response" in ended.stderr
    assert "canary" not in ended.stderr


def test_a_server_that_is_not_trusted_gets_no_answer(tls: Tls) -> None:
    """F52, F75: a server with an untrusted certificate sees neither the response nor the URL."""
    with open_sink(tls.context) as sink:
        left = real_time(0.8)
        url = sink.url.replace("127.0.0.1", "localhost")
        assert deliver(url, b'{"a": 1}', left=left, sleep=time.sleep) is Delivery.FAILED
        assert left() > -0.3
        assert sink.bodies == []


def test_a_certificate_of_another_host_is_not_trusted(tls: Tls, monkeypatch: pytest.MonkeyPatch) -> None:
    """F52: a certificate of another host is not trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tls.authority))
    with open_sink(tls.context) as sink:
        assert deliver(sink.url, b"{}", left=real_time(0.6), sleep=time.sleep) is Delivery.FAILED
        assert sink.bodies == []


@pytest.mark.parametrize(
    ("statuses", "outcome", "attempts"),
    [
        ([], Delivery.ACCEPTED, 1),
        ([204], Delivery.ACCEPTED, 1),
        ([500], Delivery.ACCEPTED, 2),
        ([503, 503], Delivery.ACCEPTED, 3),
        ([429], Delivery.ACCEPTED, 2),
        ([403] * 9, Delivery.EXPIRED, 3),
    ],
    ids=str,
)
def test_an_answer_reaches_a_tls_server_that_is_trusted(
    tls: Tls, monkeypatch: pytest.MonkeyPatch, statuses: list[int], outcome: Delivery, attempts: int
) -> None:
    """F50, F51: a trusted TLS server accepts the response once, with the same bytes in each attempt."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tls.authority))
    with open_sink(tls.context) as sink:
        sink.statuses = [*statuses]
        url = sink.url.replace("127.0.0.1", "localhost")
        assert deliver(url, b'{"a": 1}', left=real_time(10.0), sleep=lambda _: None) is outcome
        assert sink.bodies == [b'{"a": 1}'] * attempts
        assert sink.accepted == ([{"a": 1}] if outcome is Delivery.ACCEPTED else [])


@pytest.mark.parametrize("reason", ["é" * 9000, "📱" * 9000])
def test_a_long_answer_reaches_a_tls_server_whole(tls: Tls, monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
    """F53: a long response over TLS is shortened to a valid one that keeps its IDs."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tls.authority))
    with open_sink(tls.context) as sink:
        url = sink.url.replace("127.0.0.1", "localhost")
        body = encode({"Status": "FAILED", "Reason": reason, "PhysicalResourceId": "é" * 400, "StackId": "s"})
        assert deliver(url, body, left=real_time(10.0), sleep=time.sleep) is Delivery.ACCEPTED
        assert len(sink.bodies[0]) <= 4096
        assert sink.accepted[0]["PhysicalResourceId"] == "é" * 400


def test_a_slow_look_up_of_the_name_does_not_cost_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """F52: a slow DNS lookup ends at the deadline, because the attempt runs in a thread."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(3))
    left = real_time(0.8)
    assert deliver("http://example.invalid/", b"{}", left=left, sleep=time.sleep) is Delivery.FAILED
    assert left() > -0.3
