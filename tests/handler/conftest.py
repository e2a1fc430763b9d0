"""Fixtures that the handler's tests share."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest
import trustme

from chime_endpoints_handler.cloudformation import connections
from support.raw_server import Tls


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Tls:
    """A certificate for localhost, and the authority that issued it, which no client trusts yet."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return Tls(context, path)


@pytest.fixture(autouse=True)
def new_process() -> Iterator[None]:
    """Make each test a process of its own: it reads the certificates anew and starts without connections."""
    connections.read_certificates.cache_clear()
    yield
    while connections.idle:
        connections.idle.pop()[-1].close()
