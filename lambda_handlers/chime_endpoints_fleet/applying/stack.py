"""The ledger in the place of CloudFormation, which the handler asks about the resource of an event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from chime_endpoints_handler.cloudformation.request import Request


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
