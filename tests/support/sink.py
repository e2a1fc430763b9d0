"""A response URL on loopback that records every PUT and responds as instructed."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


class Sink:
    """The answers that reached the URL; it responds with `statuses` first, then with 200."""

    def __init__(self, server: ThreadingHTTPServer, *, scheme: str) -> None:
        self.target = "/answer?X-Amz-Signature=canary-signature"
        self.port = server.server_address[1]
        self.url = f"{scheme}://127.0.0.1:{self.port}{self.target}"
        self.forget()

    def forget(self) -> None:
        """Forget all answers and accept everything."""
        self.bodies: list[bytes] = []
        self.content_types: list[str | None] = []
        self.statuses: list[int] = []
        self.refuses = False
        self.on_put: Callable[[], None] | None = None
        self.on_refusal: Callable[[], None] = lambda: None
        self.accepted: list[dict[str, Any]] = []

    def take(self, target: str, body: bytes, content_type: str | None) -> int:
        """Record one attempt and return the status; an unsigned request is refused."""
        if target != self.target:
            return 403
        self.bodies.append(body)
        self.content_types.append(content_type)
        if self.on_put is not None:
            self.on_put()
        status = 500 if self.refuses else self.statuses.pop(0) if self.statuses else 200
        if status < 300:
            self.accepted.append(json.loads(body))
        else:
            self.on_refusal()
        return status


@contextmanager
def open_sink(tls: ssl.SSLContext | None = None) -> Iterator[Sink]:
    """Serve a sink within the context, over TLS if a TLS context is given."""

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            length = int(self.headers["content-length"])
            body = self.rfile.read(length)
            if len(body) < length:
                return  # the client broke off
            self.send_response(sink.take(self.path, body, self.headers["content-type"]))
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sink = Sink(server, scheme="http" if tls is None else "https")
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
