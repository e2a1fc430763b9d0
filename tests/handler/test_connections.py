"""The connection to the response URL's host, which later events of a process reuse."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from http.client import NotConnected
from typing import Any
from urllib.parse import urlsplit

import pytest

from chime_endpoints_handler.cloudformation import connections
from chime_endpoints_handler.cloudformation.sender import Delivery, deliver
from support.raw_server import Tls, raw_server

pytestmark = pytest.mark.slow

KEPT = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


class Server:
    """Behave as configured for the second request on a connection, and accept all other requests."""

    def __init__(
        self,
        *,
        answer: bytes = KEPT,
        second: Callable[[socket.socket], object] | None = None,
        unasked: bytes = b"",
        seconds: float = 0.0,
    ) -> None:
        self.requests: list[list[bytes]] = []
        self._answer, self._second, self._unasked, self._seconds = answer, second, unasked, seconds

    def __call__(self, connection: socket.socket) -> None:
        """Serve one connection."""
        requests: list[bytes] = []
        self.requests.append(requests)
        while body := _body(connection):
            requests.append(body)
            if len(requests) == 2 and self._second is not None:
                self._second(connection)
                return
            time.sleep(self._seconds)
            connection.sendall(self._answer)
            if self._unasked:
                time.sleep(0.1)
                connection.sendall(self._unasked)


def _body(connection: socket.socket) -> bytes:
    received = b""
    while not received.endswith(b"}"):
        more = connection.recv(4096)
        if not more:
            return b""
        received += more
    return received.partition(b"\r\n\r\n")[2]


def put(url: str, body: bytes, *, seconds: float = 10.0) -> Delivery:
    """Respond to one event, and fail on a wait between attempts, because no test here needs one."""
    return deliver(url, body, left=_until(seconds), sleep=_never)


def _until(seconds: float) -> Callable[[], float]:
    end = time.monotonic() + seconds
    return lambda: end - time.monotonic()


def _never(seconds: float) -> None:
    raise AssertionError(f"waited {seconds} s")


@pytest.mark.parametrize("over", ["http", "https"])
def test_the_next_event_uses_the_connection_again(over: str, tls: Tls, monkeypatch: pytest.MonkeyPatch) -> None:
    """Events of a process that follow each other closely share one connection."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tls.authority))
    server = Server()
    with raw_server(server, tls.context if over == "https" else None) as url:
        for number in range(4):
            assert put(url, b'{"%d"}' % number) is Delivery.ACCEPTED
    assert server.requests == [[b'{"0"}', b'{"1"}', b'{"2"}', b'{"3"}']]


def test_another_host_gets_a_connection_of_its_own() -> None:
    """A different name, port or scheme is a different host, even on the same machine."""
    server, other = Server(), Server()
    with raw_server(server) as url, raw_server(other) as other_url:
        assert put(url, b'{"0"}') is Delivery.ACCEPTED
        assert put(url.replace("127.0.0.1", "localhost"), b'{"1"}') is Delivery.ACCEPTED
        assert put(other_url, b'{"2"}') is Delivery.ACCEPTED
        assert put(url, b'{"3"}') is Delivery.ACCEPTED
        left = _until(0.5)
        assert deliver(url.replace("http:", "https:"), b"{}", left=left, sleep=time.sleep) is Delivery.FAILED
    assert [each for each in server.requests if each] == [[b'{"0"}'], [b'{"1"}'], [b'{"3"}']]
    assert other.requests == [[b'{"2"}']]


def test_one_connection_is_handed_out_once() -> None:
    """No two threads share a connection: a timer may still respond to one event during the next one."""
    with raw_server(Server()) as url:
        assert put(url, b"{}") is Delivery.ACCEPTED
        taken = connections.take(urlsplit(url))
        assert taken is not None
        assert connections.take(urlsplit(url)) is None
        taken.close()


def reset(connection: socket.socket) -> None:
    """Reset the connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def close(connection: socket.socket) -> None:
    """Close the connection in order."""
    connection.shutdown(socket.SHUT_RDWR)


def say_nothing(connection: socket.socket) -> None:
    """Fall silent, like a host that was restarted behind a firewall."""
    connection.recv(1)


@pytest.mark.parametrize("second", [reset, close, say_nothing])
def test_a_connection_that_has_gone_stale_costs_no_answer(second: Callable[[socket.socket], None]) -> None:
    """F50: after a reset, a close or a silence, the response goes over a new connection within a second."""
    server = Server(second=second)
    with raw_server(server) as url:
        assert put(url, b'{"0"}') is Delivery.ACCEPTED
        began = time.monotonic()
        assert put(url, b'{"1"}') is Delivery.ACCEPTED
        assert time.monotonic() - began < 2
    assert server.requests == [[b'{"0"}', b'{"1"}'], [b'{"1"}']]


@pytest.mark.parametrize("seconds", [0.4, 0.8, 1.2, 2.0])
def test_with_little_time_left_nothing_is_risked(seconds: float) -> None:
    """F42: if there is time for only one attempt, it does not use a kept connection, which may be stale."""
    server = Server(second=say_nothing)
    with raw_server(server) as url:
        assert put(url, b'{"0"}') is Delivery.ACCEPTED
        assert put(url, b'{"1"}', seconds=seconds) is Delivery.ACCEPTED
    assert server.requests == [[b'{"0"}'], [b'{"1"}']]


def test_an_unsolicited_response_does_not_count() -> None:
    """F50: a response counts only after the server has read the request."""
    server = Server(answer=KEPT, unasked=KEPT)
    with raw_server(server) as url:
        assert put(url, b'{"0"}') is Delivery.ACCEPTED
        time.sleep(0.3)
        assert put(url, b'{"1"}') is Delivery.ACCEPTED
    assert server.requests == [[b'{"0"}'], [b'{"1"}']]


def test_a_url_that_is_slow_is_answered_once() -> None:
    """F50: a slow URL gets the response once, because it is not mistaken for a closed connection."""
    server = Server(seconds=1.2)
    with raw_server(server) as url:
        assert put(url, b'{"0"}') is Delivery.ACCEPTED
        assert put(url, b'{"1"}') is Delivery.ACCEPTED
    assert server.requests == [[b'{"0"}'], [b'{"1"}']]


def test_a_kept_connection_waits_as_long_as_a_new_one() -> None:
    """The timeout is the current one, however short it was when the connection was made."""

    def answer_slowly(connection: socket.socket) -> None:
        time.sleep(0.3)
        connection.sendall(KEPT)

    server = Server(second=answer_slowly)
    with raw_server(server) as url:
        assert put(url, b'{"0"}', seconds=0.4) is Delivery.ACCEPTED
        assert put(url, b'{"1"}') is Delivery.ACCEPTED
    assert server.requests == [[b'{"0"}', b'{"1"}']]


def test_a_url_that_has_gone_is_waited_for() -> None:
    """F52: if the kept connection is stale and the host is down, the function waits between attempts."""
    with raw_server(Server(second=reset)) as url:
        assert put(url, b'{"0"}') is Delivery.ACCEPTED
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        time.sleep(seconds)

    assert deliver(url, b'{"1"}', left=_until(3.5), sleep=wait) is Delivery.FAILED
    assert 3 < len(waits) < 100


def test_a_refusal_over_a_kept_connection_is_a_refusal() -> None:
    """F51: a refusal over a kept connection counts, and the function waits for the URL as after any refusal."""
    server = Server(second=lambda connection: connection.sendall(b"HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n"))
    with raw_server(server) as url:
        assert put(url, b'{"0"}') is Delivery.ACCEPTED
        waits: list[float] = []
        assert deliver(url, b'{"1"}', left=_until(10), sleep=waits.append) is Delivery.ACCEPTED
    assert len(waits) == 1
    assert server.requests == [[b'{"0"}', b'{"1"}'], [b'{"1"}']]


def test_an_attempt_that_was_given_up_sends_nothing_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """F52: an attempt sends nothing after the deadline, even if its DNS lookup ends later."""
    look_up = socket.getaddrinfo

    def look_up_slowly(*arguments: Any, **options: Any) -> Any:
        time.sleep(1.0)
        return look_up(*arguments, **options)

    server = Server()
    with raw_server(server) as url:
        monkeypatch.setattr(socket, "getaddrinfo", look_up_slowly)
        assert deliver(url, b"{}", left=_until(0.6), sleep=time.sleep) is Delivery.FAILED
        time.sleep(1.0)
    assert [each for each in server.requests if each] == []


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://[::1]/a", "::1", 443),
        ("http://[2001:db8::8443]/a", "2001:db8::8443", 80),
        ("https://[::1]:8443/a", "::1", 8443),
        ("https://example.com/a", "example.com", 443),
    ],
)
def test_an_address_is_not_taken_for_a_port(url: str, host: str, port: int) -> None:
    """The port of an IPv6 address is found although the address itself has colons."""
    connection = connections.new(urlsplit(url), 1.0)
    assert (connection.host, connection.port) == (host, port)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        b"HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
    ids=["told to close", "HTTP/1.0", "with a body", "in pieces", "of any length"],
)
def test_a_connection_on_which_something_may_be_under_way_is_not_kept(answer: bytes) -> None:
    """A connection is kept only after a complete response that leaves it open."""
    server = Server(answer=answer)
    with raw_server(server) as url:
        assert put(url, b'{"0"}') is Delivery.ACCEPTED
        assert put(url, b'{"1"}') is Delivery.ACCEPTED
    assert server.requests == [[b'{"0"}'], [b'{"1"}']]


def test_a_connection_that_was_idle_for_long_is_not_used_again() -> None:
    """Amazon S3 closes idle connections, and a frozen function does not notice."""
    server = Server()
    with raw_server(server) as url:
        assert put(url, b'{"0"}') is Delivery.ACCEPTED
        time.sleep(1.5)
        assert put(url, b'{"1"}') is Delivery.ACCEPTED
        time.sleep(3.1)
        assert put(url, b'{"2"}') is Delivery.ACCEPTED
    assert server.requests == [[b'{"0"}', b'{"1"}'], [b'{"2"}']]


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("https://bucket.s3.amazonaws.com/key", "bucket.s3.amazonaws.com", 443),
        ("http://localhost/key", "localhost", 80),
        ("https://localhost:8443/key", "localhost", 8443),
    ],
)
def test_a_connection_goes_where_the_url_says_and_waits_no_longer(url: str, host: str, port: int) -> None:
    """F52: a connection attempt ends with its timeout and never reconnects by itself."""
    connection = connections.new(urlsplit(url), 3.5)
    assert (connection.host, connection.port, connection.timeout) == (host, port, 3.5)
    with pytest.raises(NotConnected):
        connection.request("PUT", "/")
