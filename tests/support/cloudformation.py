"""CloudFormation as the commands read it, with stacks from the tests, in pages of one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError


@dataclass
class FakeStack:
    """A stack with its template, and the physical IDs and statuses of its resources."""

    name: str
    id: str
    template: Any
    physical_ids: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    status: str = "UPDATE_COMPLETE"
    skipped: list[str] = field(default_factory=list)
    """Physical IDs that the stack has retained."""
    events: list[dict[str, Any]] = field(default_factory=list)

    def happened(self, resource: Mapping[str, Any], status: str, physical_id: str, *, after: float = 0) -> None:
        """Add an event of a resource, now or some seconds later."""
        self.events.append(
            {
                "LogicalResourceId": "Phone",
                "PhysicalResourceId": physical_id,
                "ResourceType": resource["Type"],
                "ResourceStatus": status,
                "ResourceProperties": json.dumps(resource["Properties"]),
                "Timestamp": datetime.now(UTC) + timedelta(seconds=after),
            }
        )


@dataclass
class FakeCloudFormation:
    """The stacks of a region."""

    stacks: list[FakeStack] = field(default_factory=list)
    exported: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    """The types of resources of templates that are text."""

    def add(self, name: str, resources: Mapping[str, Any], **physical_ids: str) -> FakeStack:
        """Add a stack."""
        number = len(self.stacks) + 1
        stack_id = f"arn:aws:cloudformation:us-east-1:123456789012:stack/{name}/00000000-0000-4000-8000-{number:012}"
        self.stacks.append(FakeStack(name, stack_id, {"Resources": dict(resources)}, physical_ids))
        return self.stacks[-1]

    def describe_stacks(self, *, StackName: str | None = None) -> dict[str, Any]:  # noqa: N803 - the API's name
        """The operation of this name."""
        if StackName is not None:
            return {"Stacks": [self._described(self._find(StackName))]}
        return {"Stacks": [self._described(stack) for stack in self._living()]}

    def get_template(self, *, StackName: str, TemplateStage: str) -> dict[str, Any]:  # noqa: N803 - the API's names
        """The operation of this name."""
        assert TemplateStage == "Processed"
        return {"TemplateBody": self._find(StackName).template}

    def get_paginator(self, operation: str) -> _Paginator:
        """The paginator that boto3 has for an operation with pages."""
        return _Paginator(self, operation)

    def pages_of_describe_stacks(self) -> Iterator[dict[str, Any]]:
        """One page for each stack."""
        return ({"Stacks": [self._described(stack)]} for stack in self._living())

    def pages_of_list_stacks(self, *, StackStatusFilter: list[str]) -> Iterator[dict[str, Any]]:  # noqa: N803
        """One page for each stack with these statuses."""
        return ({"StackSummaries": [{"StackId": s.id}]} for s in self.stacks if s.status in StackStatusFilter)

    def pages_of_list_exports(self) -> Iterator[dict[str, Any]]:
        """One page for each export."""
        return ({"Exports": [{"Name": name, "Value": value}]} for name, value in self.exported.items())

    def pages_of_describe_stack_events(self, *, StackName: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        """One page for each event."""
        stack = self._find(StackName)
        skipped = [
            {
                "LogicalResourceId": "Phone",
                "PhysicalResourceId": each,
                "ResourceStatus": "DELETE_SKIPPED",
                "ResourceType": "Custom::ChimeAppInstanceUserEndpoint",
            }
            for each in stack.skipped
        ]
        return ({"StackEvents": [event]} for event in [*skipped, *stack.events])

    def pages_of_list_stack_resources(self, *, StackName: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        """One page for each resource."""
        stack = self._find(StackName)
        resources = {} if isinstance(stack.template, str) else stack.template["Resources"]
        types = self.types | {name: resource["Type"] for name, resource in resources.items()}
        for name in dict.fromkeys([*resources, *stack.physical_ids]):
            summary = {
                "LogicalResourceId": name,
                "ResourceType": types.get(name, "Custom::ChimeAppInstanceUserEndpoint"),
                "ResourceStatus": stack.statuses.get(name, "CREATE_COMPLETE"),
            }
            if name in stack.physical_ids:
                summary["PhysicalResourceId"] = stack.physical_ids[name]
            yield {"StackResourceSummaries": [summary]}

    def _living(self) -> list[FakeStack]:
        return [stack for stack in self.stacks if stack.status != "DELETE_COMPLETE"]

    def _find(self, name: str) -> FakeStack:
        for stack in self.stacks:
            if name == stack.id or (name == stack.name and stack.status != "DELETE_COMPLETE"):
                return stack
        error = {"Code": "ValidationError", "Message": f"Stack with id {name} does not exist"}
        raise ClientError({"Error": error}, "DescribeStacks")

    def _described(self, stack: FakeStack) -> dict[str, Any]:
        parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in stack.parameters.items()]
        return {
            "StackName": stack.name,
            "StackId": stack.id,
            "StackStatus": stack.status,
            "Parameters": parameters,
            "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in stack.outputs.items()],
        }


@dataclass(frozen=True)
class _Paginator:
    service: FakeCloudFormation
    operation: str

    def paginate(self, **parameters: Any) -> Iterator[dict[str, Any]]:
        """The pages."""
        pages: Iterator[dict[str, Any]] = getattr(self.service, f"pages_of_{self.operation}")(**parameters)
        return pages
