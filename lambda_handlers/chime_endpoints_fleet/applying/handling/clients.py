"""The clients of one change: those of the process, with secrets remembered, and the ledger as CloudFormation."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from botocore.exceptions import ClientError

from chime_endpoints_handler.aws.clients import Clients
from chime_endpoints_handler.cloudformation.request import Request


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
class LedgerStack:
    """The used part of a client of CloudFormation, for one change of an endpoint."""

    request: Request
    since: float
    """When the change began, in seconds since the epoch."""
    physical_ids: Callable[[], Mapping[str, str]]
    """Returns the physical ids of the shard's endpoints by logical id."""
    held_elsewhere: Callable[[str], str]
    """Returns the physical id of an endpoint of another shard by its logical id; empty if there is none."""

    def describe_stack_resource(self, *, StackName: str, LogicalResourceId: str) -> dict[str, Any]:  # noqa: N803 - the API's names
        """Say that the change is in progress, and that every other endpoint in the ledger is complete."""
        if LogicalResourceId == self.request.logical_id:
            status = f"{self.request.request_type.upper()}_IN_PROGRESS"
            return _detail(status, self.request.physical_id, self.since)
        physical_id = self.physical_ids().get(LogicalResourceId) or self.held_elsewhere(LogicalResourceId)
        if not physical_id:
            text = f"Resource {LogicalResourceId} does not exist for stack {StackName}"
            raise ClientError({"Error": {"Code": "ValidationError", "Message": text}}, "DescribeStackResource")
        return _detail("UPDATE_COMPLETE", physical_id, self.since)

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - the API's name
        """Say that nothing is rolled back: a fleet returns to an earlier manifest by another run."""
        return {"Stacks": [{"StackId": StackName, "StackStatus": "UPDATE_IN_PROGRESS"}]}

    def describe_stack_events(self, *, StackName: str, **_: str) -> dict[str, Any]:  # noqa: N803 - the API's name
        """Say which endpoint each entry of the ledger holds; of the past, nothing."""
        held = self.physical_ids().items()
        events = [{"LogicalResourceId": logical, "PhysicalResourceId": physical} for logical, physical in held]
        return {"StackId": StackName, "StackEvents": events}


def _detail(status: str, physical_id: str, since: float) -> dict[str, Any]:
    detail = {"ResourceStatus": status, "PhysicalResourceId": physical_id, "LastUpdatedTimestamp": since}
    return {"StackResourceDetail": detail}


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
