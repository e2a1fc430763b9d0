"""The emulated service and the response URL without HTTP, for suites with very many calls and events."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import SplitResult

from botocore.exceptions import ClientError
from moto.core.utils import camelcase_to_underscores

from chime_endpoints_emulator import ChimeSDKIdentityBackend
from chime_endpoints_emulator.faults import Spoiled
from chime_endpoints_emulator.responses import OPERATIONS, ChimeSDKIdentityResponse
from chime_endpoints_handler.cloudformation import connections
from support.sink import Sink

_OPERATIONS = {camelcase_to_underscores(operation): operation for operation in OPERATIONS}

_UNREADABLE = (Spoiled.TRUNCATED, Spoiled.HTML)


@dataclass
class DirectClient:
    """A replacement for boto3's client of the service."""

    backend: ChimeSDKIdentityBackend
    boto3: Callable[[], Any] | None = None
    """Returns boto3's client. If given, it is used for answers that cannot be read, and for all but operations."""

    def __getattr__(self, member: str) -> Any:
        if self.boto3 and (
            member not in _OPERATIONS or any(fault.answer in _UNREADABLE for fault in self.backend.faults)
        ):
            return getattr(self.boto3(), member)
        operation = _OPERATIONS[member]
        return lambda **parameters: _Request(self.backend, parameters).answered(operation)


class _Request(ChimeSDKIdentityResponse):
    """One request that was never serialized."""

    uri = "https://identity-chime.us-east-1.amazonaws.com/"

    def __init__(self, backend: ChimeSDKIdentityBackend, parameters: dict[str, Any]) -> None:
        self._backend = backend
        self._given = parameters

    @property
    def backend(self) -> ChimeSDKIdentityBackend:
        return self._backend

    def answered(self, operation: str) -> dict[str, Any]:
        answer = self._pass(self._backend, operation, None)
        members: dict[str, Any] = json.loads(answer.body or "{}")
        metadata = {"HTTPStatusCode": answer.status, "HTTPHeaders": {"content-type": answer.content_type}}
        if answer.status >= 300:
            error = {"Code": answer.error_code, "Message": members["Message"]}
            raise ClientError({"Error": error, "ResponseMetadata": metadata}, operation)
        return members | {"ResponseMetadata": metadata}


class DirectConnection:
    """A replacement for the handler's connection to a sink, for one response; it is the socket and the answer, too."""

    length = 0
    will_close = True

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.sock = self

    def connect(self) -> None:
        """There is nothing to open."""

    def settimeout(self, seconds: float) -> None:
        """Nothing takes time."""

    def shutdown(self, how: int) -> None:
        """There is nothing to interrupt."""

    def close(self) -> None:
        """There is nothing to close."""

    def request(self, method: str, target: str, *, body: bytes, headers: dict[str, str]) -> None:
        """Put the response."""
        assert method == "PUT"
        self.status = self._sink.take(target, body, headers["content-type"])

    def getresponse(self) -> DirectConnection:
        """What the sink said."""
        return self


_connect = connections.new


def reach(sink: Sink, *, directly: bool) -> None:
    """From now on, let the handler reach this sink without HTTP, or all sinks with it."""
    connections.new = partial(_new, sink) if directly else _connect


def _new(sink: Sink, parts: SplitResult, seconds: float) -> Any:
    return DirectConnection(sink) if parts.port == sink.port else _connect(parts, seconds)
