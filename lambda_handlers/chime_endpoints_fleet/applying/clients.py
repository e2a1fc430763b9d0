"""The clients of one change: those of the process, with secrets remembered, and the ledger as CloudFormation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from chime_endpoints_handler.aws.clients import Clients

from .stack import LedgerStack


@dataclass
class Remembered:
    """Remembers what secrets and parameters contain, for one batch: many lines may name the same secret."""

    _answers: dict[tuple[str, ...], Any] = field(default_factory=dict, repr=False)
    _locks: defaultdict[tuple[str, ...], Lock] = field(default_factory=lambda: defaultdict(Lock), repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def get(self, key: tuple[str, ...], read: Callable[[], Any]) -> Any:
        """Return what was read under a key, or read it; a failure is not remembered."""
        with self._lock:
            lock = self._locks[key]
        with lock:
            if key not in self._answers:
                self._answers[key] = read()
            return self._answers[key]


@dataclass(frozen=True)
class _Reader:
    """A client of Secrets Manager or Systems Manager that asks for each value once."""

    client: Callable[[], Any]
    place: tuple[str, ...]
    remembered: Remembered

    def get_secret_value(self, **named: Any) -> Any:
        """Return the value of a secret."""
        return self._once(named, lambda: self.client().get_secret_value(**named))

    def get_parameter(self, **named: Any) -> Any:
        """Return the value of a parameter."""
        return self._once(named, lambda: self.client().get_parameter(**named))

    def _once(self, named: dict[str, Any], read: Callable[[], Any]) -> Any:
        key = (*self.place, *(f"{name}={named[name]}" for name in sorted(named)))
        return self.remembered.get(key, read)


@dataclass(frozen=True)
class FleetClients:
    """The clients of one change."""

    shared: Clients
    stack: LedgerStack
    remembered: Remembered

    def chime(self, region: str) -> Any:
        """A client of `chime-sdk-identity`."""
        return self.shared.chime(region)

    def secrets(self, region: str | None) -> Any:
        """A client of `secretsmanager`."""
        return _Reader(lambda: self.shared.secrets(region), ("secret", str(region)), self.remembered)

    def parameters(self, region: str | None) -> Any:
        """A client of `ssm`."""
        return _Reader(lambda: self.shared.parameters(region), ("parameter", str(region)), self.remembered)

    def stacks(self) -> Any:
        """The ledger."""
        return self.stack
