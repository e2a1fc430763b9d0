"""CloudFormation as the function would find it during the deployment: resources in progress, and no rollback."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError


@dataclass
class SimulatedStack:
    """A stack in the middle of its deployment."""

    stack_id: str
    now: float
    physical_ids: dict[str, str] = field(default_factory=dict)
    """The current physical ids, by logical id."""
    in_progress: str = ""
    """The logical id of the resource that is being handled."""
    status: str = "UPDATE_IN_PROGRESS"

    def describe_stack_resource(self, *, StackName: str, LogicalResourceId: str) -> dict[str, Any]:  # noqa: N803 - the API's names
        """The operation of this name."""
        held = self.physical_ids.get(LogicalResourceId, "")
        is_ours = LogicalResourceId == self.in_progress
        if not held and not is_ours:
            message = f"Resource {LogicalResourceId} does not exist for stack {StackName}"
            raise ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "DescribeStackResource")
        status = ("UPDATE_IN_PROGRESS" if held else "CREATE_IN_PROGRESS") if is_ours else "UPDATE_COMPLETE"
        return {
            "StackResourceDetail": {
                "ResourceStatus": status,
                "PhysicalResourceId": held,
                "LastUpdatedTimestamp": self.now,
            }
        }

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: ARG002, N803
        """The operation of this name."""
        return {"Stacks": [{"StackId": self.stack_id, "StackStatus": self.status}]}

    def describe_stack_events(self, *, StackName: str) -> dict[str, Any]:  # noqa: ARG002, N803
        """The operation of this name: what each resource holds, as far as the events show it."""
        events = [
            {"LogicalResourceId": name, "PhysicalResourceId": held, "ResourceStatus": "UPDATE_COMPLETE"}
            for name, held in self.physical_ids.items()
        ]
        return {"StackEvents": events}
