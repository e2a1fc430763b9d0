"""The connection to the response URL's host, which the next event of a process uses again."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import pytest

from chime_endpoints_handler.delivery import Delivery, deliver
from support.raw_server import Tls, raw_server

KEPT = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


class Server:
    """Behaves as it is told with the second request on a connection; other requests it accepts."""

    def __init__(self, *, answer: bytes = KEPT, second: Callable[[socket.socket], None] | None = None) -> None:
        self.requests: list[list[bytes]] = []
        self._answer, self._second = answer, second

    def __call__(self, connection: socket.socket) -> None:
        """Serves one connection."""
        requests: list[bytes] = []
        self.requests.append(requests)
        while body := _body(connection):
            requests.append(body)
            if len(requests) == 2 and self._second is not None:
                self._second(connection)
                return
            connection.sendall(self._answer)


def _body(connection: socket.socket) -> bytes:
    received = b""
    while not received.endswith(b"}"):
        more = connection.recv(4096)
        if not more:
            return b""
        received += more
    return received.partition(b"\r\n\r\n")[2]


def put(url: str, body: bytes) -> Delivery:
    """Answers one event; a wait between two attempts fails, since none of these needs one."""
    end = time.monotonic() + 10
    return deliver(url, body, left=lambda: end - time.monotonic(), sleep=_never)


def _never(seconds: float) -> None:
    raise AssertionError(f"waited {seconds} s")


@pytest.mark.parametrize("over", ["http", "https"])
def test_the_next_event_uses_the_connection_again(over: str, tls: Tls, monkeypatch: pytest.MonkeyPatch) -> None:
    """One connection for the events of a process that come one close behind the other."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tls.authority))
    server = Server()
    with raw_server(server, tls.context if over == "https" else None) as url:
        for number in range(4):
            assert put(url, b'{"%d"}' % number) is Delivery.ACCEPTED
    assert server.requests == [[b'{"0"}', b'{"1"}', b'{"2"}', b'{"3"}']]


def test_another_host_gets_a_connection_of_its_own() -> None:
    """The regions' answers go to hosts of their own."""
    one, other = Server(), Server()
    with raw_server(one) as url, raw_server(other) as other_url:
        for number, each in enumerate((url, other_url, url, other_url)):
            assert put(each, b'{"%d"}' % number) is Delivery.ACCEPTED
    assert (one.requests, other.requests) == ([[b'{"0"}', b'{"2"}']], [[b'{"1"}', b'{"3"}']])


def reset(connection: socket.socket) -> None:
    """Breaks off."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


def close(connection: socket.socket) -> None:
    """Closes in order."""
    connection.shutdown(socket.SHUT_RDWR)


def say_nothing(connection: socket.socket) -> None:
    """Has gone without a word, as a host that was restarted behind a firewall."""
    connection.recv(1)


@pytest.mark.parametrize("second", [reset, close, say_nothing])
def test_a_connection_that_has_gone_stale_costs_no_answer(second: Callable[[socket.socket], None]) -> None:
    """F50: reset, closed or mute, the answer goes over a new connection, at once or after a second."""
    server = Server(second=second)
    with raw_server(server) as url:
        assert put(url, b'{"0"}') is Delivery.ACCEPTED
        began = time.monotonic()
        assert put(url, b'{"1"}') is Delivery.ACCEPTED
        assert time.monotonic() - began < 2
    assert server.requests == [[b'{"0"}', b'{"1"}'], [b'{"1"}']]


def test_a_refusal_over_a_kept_connection_is_a_refusal() -> None:
    """F51: three of them, and the URL has expired."""
    server = Server(second=lambda connection: connection.sendall(b"HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n"))
    with raw_server(server) as url:
        assert put(url, b'{"0"}') is Delivery.ACCEPTED
        end = time.monotonic() + 10
        waits: list[float] = []
        assert deliver(url, b'{"1"}', left=lambda: end - time.monotonic(), sleep=waits.append) is Delivery.ACCEPTED
    assert len(waits) == 1
    assert server.requests == [[b'{"0"}', b'{"1"}'], [b'{"1"}']]


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
    """Only after an answer that is whole with its head, on a connection that stays open."""
    server = Server(answer=answer)
    with raw_server(server) as url:
        assert put(url, b'{"0"}') is Delivery.ACCEPTED
        assert put(url, b'{"1"}') is Delivery.ACCEPTED
    assert server.requests == [[b'{"0"}'], [b'{"1"}']]


@pytest.mark.patient
def test_a_connection_that_was_idle_for_long_is_not_used_again() -> None:
    """Amazon S3 closes one after some time, and a function that is frozen does not hear of it."""
    server = Server()
    with raw_server(server) as url:
        assert put(url, b'{"0"}') is Delivery.ACCEPTED
        time.sleep(3.1)
        assert put(url, b'{"1"}') is Delivery.ACCEPTED
    assert server.requests == [[b'{"0"}'], [b'{"1"}']]
