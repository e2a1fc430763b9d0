"""The emulator as an HTTP server on loopback, for programs outside the test's process."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest
from moto.core.request import normalize_request

from . import control
from .authorization import Authorizer
from .push.responses import PushResponse
from .responses import ChimeSDKIdentityResponse

MAX_BODY_BYTES = 1_000_000

_PUSH_PREFIX = "/v1/"
"""The beginning of every path of the push service, and of none of the identity service."""


class _IdentityOverHttp(ChimeSDKIdentityResponse):
    """A request to the identity service that arrived over a real socket."""

    is_over_http = True


class _PushOverHttp(PushResponse):
    """A request to the push service that arrived over a real socket."""

    is_over_http = True


class _Handler(BaseHTTPRequestHandler):
    """One connection, kept open between requests as the service does.

    moto's own server closes every connection after one response, which hides how a client behaves on a connection
    that is reused.
    """

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet
    disable_nagle_algorithm = True
    server: EmulatorServer

    def _serve(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._send(413, {}, "The body must have a known length of at most 1 MB\n")
            return
        body = self.rfile.read(int(length))
        path = urlsplit(self.path).path
        if path.startswith(control.PREFIX):
            self._send(*control.answer(method=self.command, target=self.path, body=body))
            return
        url = f"{self.server.url}{self.path}"
        service = self.server.push if path.startswith(_PUSH_PREFIX) else self.server.identity
        request = normalize_request(AWSPreparedRequest(self.command, url, self.headers, body, stream_output=False))
        try:
            self._send(*service.dispatch(request, url, request.headers))
        except ConnectionResetError:
            self._reset()

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _serve  # noqa: N815 - http.server's names

    def _send(self, status: int, headers: dict[str, Any], body: str | bytes) -> None:
        content = body.encode() if isinstance(body, str) else body
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.send_header("Date", self.date_time_string())
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(content)

    def _reset(self) -> None:
        """End the connection with RST instead of FIN, through a linger time of 0."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def finish(self) -> None:
        """Close the connection here. The server would first shut it down, which sends a FIN."""
        super().finish()
        self.connection.close()

    def handle(self) -> None:
        """Serve requests until the client disconnects, which can happen at any time."""
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Log nothing. Paths contain user ids, and the backend records the calls in `calls`."""


class EmulatorServer(ThreadingHTTPServer):
    """An HTTP server for all accounts and regions. As a context manager, it serves in background threads.

    Without an authorizer, every caller is allowed everything.

    Raises:
        OSError: the address is in use or does not belong to this machine.
    """

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, authorizer: Authorizer | None = None) -> None:
        super().__init__((host, port), _Handler)
        decides = {"authorizer": staticmethod(authorizer) if authorizer else None}
        self.identity: type[ChimeSDKIdentityResponse] = type("_Identity", (_IdentityOverHttp,), decides)
        self.push: type[PushResponse] = type("_Push", (_PushOverHttp,), decides)
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    def server_bind(self) -> None:
        """Bind without the name lookup of http.server, which can take seconds and is not needed."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    @property
    def url(self) -> str:
        """The server's URL, for `endpoint_url`, AWS_ENDPOINT_URL_CHIME_SDK_IDENTITY or AWS_ENDPOINT_URL_PINPOINT."""
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> None:
        """Start serving in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and release the port without waiting for calls in progress."""
        self.shutdown()
        self._thread.join()
        self.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
