"""The wire between the function and the services: every call passes it, and what goes wrong happens on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError
from moto.core.utils import camelcase_to_underscores

from chime_endpoints_emulator import ChimeSDKIdentityBackend
from chime_endpoints_emulator.exceptions import IdentityError
from chime_endpoints_emulator.responses import OPERATIONS, ChimeSDKIdentityResponse
from support.stage import Clock

RESPONSE = "the response"
LATENCY = 0.02
"""Seconds that a call takes."""
_READ_TIMEOUT = 6.0
_OPERATIONS = {camelcase_to_underscores(operation): handle for operation, handle in OPERATIONS.items()}

Effect = Callable[[], Any]
Mishap = Callable[["Wire", Effect], Any]
"""What happens at one position: it gets the call, and returns or raises what the function sees of it."""


class KilledError(BaseException):
    """The process is gone; it makes no further call."""


@dataclass
class Wire:
    """The calls of one life, numbered from zero; a response is one of them."""

    clock: Clock
    mishaps: Mapping[int, tuple[str, Mishap]] = field(default_factory=dict)
    latency: float = LATENCY
    passed: list[str] = field(default_factory=list)
    """The operation at each position."""
    event: str = ""
    """The RequestId of the event that is being handled."""
    entered: float = 0.0
    """When its last delivery began."""
    met: list[tuple[str, str, str]] = field(default_factory=list)
    """The mishaps so far: the event, the mishap and the operation of each."""
    is_dead: bool = False
    """Whether the process was killed."""
    meanwhile: Callable[[], None] = lambda: None
    """What others do by the time of a call."""
    outage: str = ""
    outage_ends: float = 0.0

    def __call__(self, operation: str, effect: Effect) -> Any:
        """Make a call, subject to the mishap at its position."""
        self.clock.sleep(self.latency)
        if self.is_dead:
            raise KilledError
        self.meanwhile()
        self.passed.append(operation)
        if (mishap := self.mishaps.get(len(self.passed) - 1)) is not None:
            name, happens = mishap
            self.met.append((self.event, name, operation))
            return happens(self, effect)
        if self.clock.now() < self.outage_ends and operation != RESPONSE:
            self.met.append((self.event, self.outage, operation))
            self.time_out()
        return effect()

    def time_out(self) -> None:
        """Let the call time out."""
        self.clock.sleep(_READ_TIMEOUT)
        raise ReadTimeoutError(endpoint_url="https://canary.example")


@dataclass
class Client:
    """A client of any service whose calls pass the wire."""

    wire: Wire
    service: Any

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        call = getattr(self.service, operation)
        return lambda **parameters: self.wire(operation, lambda: call(**parameters))


@dataclass
class Service:
    """The emulated service without HTTP, botocore and validation, because a sweep makes millions of calls."""

    backend: ChimeSDKIdentityBackend

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        handle = _OPERATIONS[operation]

        def call(**parameters: Any) -> dict[str, Any]:
            try:
                return {**(handle(_Request(self.backend, parameters)) or {})}
            except IdentityError as error:
                raise refusal(error.code, error.status) from None

        return call


class _Request(ChimeSDKIdentityResponse):
    """One request that was never serialized."""

    def __init__(self, backend: ChimeSDKIdentityBackend, parameters: dict[str, Any]) -> None:
        self._backend = backend
        self._given = parameters

    @property
    def backend(self) -> ChimeSDKIdentityBackend:
        return self._backend


def refusal(code: str, status: int, message: str = "canary") -> ClientError:
    """Return the error that boto3 raises for an error response."""
    error = {"Code": code, "Message": message}
    return ClientError({"Error": error, "ResponseMetadata": {"HTTPStatusCode": status}}, "canary")
