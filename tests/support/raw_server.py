"""A server on loopback that treats each connection as instructed, optionally over TLS."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread


@dataclass(frozen=True)
class Tls:
    """The certificate of a server on localhost, and the settings that make a client trust it."""

    context: ssl.SSLContext
    authority: Path


@contextmanager
def raw_server(behave: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """A server on loopback that treats each connection as instructed."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    Thread(target=behave_quietly, args=(connection,), daemon=True).start()

        def behave_quietly(connection: socket.socket) -> None:
            with suppress(OSError), connection:
                if tls is None:
                    behave(connection)
                else:
                    with tls.wrap_socket(connection, server_side=True) as secured:
                        behave(secured)

        Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{port}/answer" if tls is None else f"https://localhost:{port}/answer"
        listener.shutdown(socket.SHUT_RDWR)
