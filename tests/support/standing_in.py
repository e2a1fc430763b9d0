"""A server in place of every AWS service, with one answer to every request."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


@dataclass
class Answer:
    """The answer of a server in place of every AWS service."""

    status: int
    code: str = ""
    message: str = ""
    page: str = ""


@contextmanager
def answering(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """The address of the server."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            is_xml = "form-urlencoded" in self.headers.get("content-type", "")
            body, kind = answer.page, "text/html"
            if not body and is_xml:
                error = f"<Error><Code>{answer.code}</Code><Message>{answer.message}</Message></Error>"
                body, kind = f"<ErrorResponse>{error}</ErrorResponse>", "text/xml"
            elif not body:
                body, kind = json.dumps({"Code": answer.code, "Message": answer.message}), "application/json"
            self.send_response(answer.status)
            self.send_header("content-type", kind)
            self.send_header("x-amzn-errortype", answer.code)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = do_PUT = _answer  # noqa: N815 - the names of http.server

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True).start()  # to end at once
    try:
        yield f"{'https' if context else 'http'}://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
