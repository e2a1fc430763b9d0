"""The response on the wire: JSON of at most 4,096 bytes, sent to exactly the URL that CloudFormation signed."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from chime_endpoints_handler.cloudformation import sender as delivery
from chime_endpoints_handler.cloudformation.sender import Delivery, deliver, encode
from support.raw_server import raw_server


def test_the_limit_is_cloudformations() -> None:
    """CloudFormation accepts a response of at most 4,096 bytes."""
    assert delivery.MOST_BYTES == 4096


@pytest.mark.parametrize("reason", ["x" * 9000, "é" * 9000, "📱" * 9000, '"\\' * 4000])
def test_a_long_reason_is_cut_and_the_ids_stay(reason: str) -> None:
    """F53: the response is valid JSON of at most 4,096 bytes."""
    answer = {"Status": "FAILED", "Reason": reason, "PhysicalResourceId": "é" * 400, "StackId": "s", "Data": {}}
    body = encode(answer)
    read = json.loads(body)
    assert 4000 < len(body) <= 4096
    assert read["PhysicalResourceId"] == answer["PhysicalResourceId"]
    assert reason.startswith(read["Reason"].removesuffix("…"))


def test_what_cannot_be_written_as_json_does_not_keep_an_answer_back() -> None:
    """F54: the function responds even if Data contains a type that JSON does not support."""
    answer = json.loads(encode({"Status": "SUCCESS", "Data": {"when": object()}}))
    assert answer == {"Status": "SUCCESS", "Data": {"when": "…"}}


@pytest.mark.parametrize("reason", [{}, {"Reason": "no room for this"}], ids=["SUCCESS", "FAILED"])
def test_an_id_of_any_length_goes_back_verbatim(reason: dict[str, str]) -> None:
    """F54: an ID of over 1 KB still fits, because Data is emptied and the Reason is cut to one character."""
    answer = {"PhysicalResourceId": "i" * 3000, "Data": {"EndpointId": "e" * 2000}} | reason
    body = encode(answer)
    assert json.loads(body) == answer | {"Data": {}} | dict.fromkeys(reason, "…")
    assert len(body) <= 4096


def test_a_reason_is_cut_no_shorter_than_it_must_be() -> None:
    """F53: a Reason that fits stays whole, and a longer one fills the available space."""
    for length in range(4000, 4100):
        answer: dict[str, Any] = {"Status": "FAILED", "Reason": "x" * length}
        whole = json.dumps(answer).encode()
        body = encode(answer)
        assert body == whole if len(whole) <= 4096 else len(body) == 4096


def test_letters_of_other_scripts_cost_their_utf_8() -> None:
    """F53: a Reason is written as UTF-8, because six-byte escapes would cut one that fits."""
    answer = {"Status": "FAILED", "Reason": "é" * 2000}
    assert json.loads(encode(answer)) == answer


def test_half_a_surrogate_pair_goes_back_verbatim() -> None:
    """F22: a lone surrogate has no UTF-8, so the response has its JSON escape."""
    assert json.loads(encode({"PhysicalResourceId": "a\ud800b📱"}))["PhysicalResourceId"] == "a\ud800b📱"


@pytest.mark.parametrize(
    ("rest", "target"),
    [
        ("/answer?X-Amz-Signature=a%2Fb&c=d", "/answer?X-Amz-Signature=a%2Fb&c=d"),
        ("/a%20b/c", "/a%20b/c"),
        ("?signature", "/?signature"),
        ("", "/"),
    ],
)
def test_the_url_is_put_to_as_it_was_signed(rest: str, target: str) -> None:
    """The request has the URL's path and query verbatim and the empty content type that was signed."""
    heads: list[bytes] = []

    def accept(connection: socket.socket) -> None:
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(4096)
        heads.append(received)
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")

    with raw_server(accept) as url:
        url = url.removesuffix("/answer") + rest
        assert deliver(url, b"{}", left=lambda: 5.0, sleep=lambda _: None) is Delivery.ACCEPTED
    (head,) = heads
    request, *headers = head.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    assert request == f"PUT {target} HTTP/1.1"
    assert "content-type: " in headers


def test_the_waits_between_attempts_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    """F50: the waits have full jitter, and their bound doubles with each attempt up to five seconds."""
    statuses = [500] * 7
    waits: list[float] = []
    monkeypatch.setattr(delivery, "_put", lambda *_: statuses.pop() if statuses else 200)
    monkeypatch.setattr("random.uniform", lambda least, most: least + most)
    assert deliver("http://127.0.0.1/", b"{}", left=lambda: 60.0, sleep=waits.append) is Delivery.ACCEPTED
    assert waits == [0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]
