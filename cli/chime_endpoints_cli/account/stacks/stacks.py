"""Stacks, and their resources of this project's types, read from CloudFormation."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_handler.model.declaration import ENDPOINT_TYPE, TAGS_TYPE
from chime_endpoints_handler.model.physical_id import suffix

OUR_TYPES = (ENDPOINT_TYPE, TAGS_TYPE)
FLEET_TYPE = "Custom::ChimeEndpointFleet"
NESTED = "AWS::CloudFormation::Stack"


@dataclass(frozen=True, kw_only=True)
class Stack:
    """An existing stack."""

    name: str
    id: str
    status: str
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def region(self) -> str:
        """The region of the stack."""
        return self.id.split(":", 4)[3]

    @property
    def is_changing(self) -> bool:
        """Whether an operation is in progress, so that its resources can change at any moment."""
        return self.status.endswith("_IN_PROGRESS")


@dataclass(frozen=True, kw_only=True)
class StackResource:
    """A resource of one of this project's types in a stack."""

    stack: Stack
    logical_id: str
    type: str
    physical_id: str
    status: str

    @property
    def own_name(self) -> str:
        """The name of its endpoint if the declaration has none."""
        return f"{self.stack.name}-{self.logical_id}-{suffix(self.stack.id, self.logical_id)}"


def all_stacks(cloudformation: Any) -> list[Stack]:
    """Return all stacks, including nested stacks."""
    pages = cloudformation.get_paginator("describe_stacks").paginate()
    return [_stack(found) for page in pages for found in page["Stacks"]]


def named_stacks(cloudformation: Any, names: tuple[str, ...]) -> list[Stack]:
    """Return stacks by name or id, each followed by its nested stacks.

    Raises:
        CommandError: a stack does not exist.
    """
    found: dict[str, Stack] = {}
    for name in names:
        for stack in _with_nested(cloudformation, name):
            found.setdefault(stack.id, stack)
    return list(found.values())


def deleted_stack_ids(cloudformation: Any) -> list[str]:
    """Return the ids of deleted stacks; CloudFormation lists them for 90 days."""
    pages = cloudformation.get_paginator("list_stacks").paginate(StackStatusFilter=["DELETE_COMPLETE"])
    return [found["StackId"] for page in pages for found in page["StackSummaries"]]


def resources_of(cloudformation: Any, stack: Stack, types: Collection[str] = OUR_TYPES) -> list[StackResource]:
    """Return the stack's resources of some types."""
    return [
        StackResource(
            stack=stack,
            logical_id=found["LogicalResourceId"],
            type=found["ResourceType"],
            physical_id=found.get("PhysicalResourceId") or "",
            status=found["ResourceStatus"],
        )
        for found in _resources(cloudformation, stack.id)
        if found["ResourceType"] in types and found["ResourceStatus"] != "DELETE_COMPLETE"
    ]


def was_left_in_place(cloudformation: Any, stack_id: str, physical_id: str) -> bool:
    """Whether the stack removed a resource without deleting it, because of its removal policy."""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_id)
    return any(
        (event.get("PhysicalResourceId"), event["ResourceStatus"]) == (physical_id, "DELETE_SKIPPED")
        for page in pages
        for event in page["StackEvents"]
    )


def physical_ids(cloudformation: Any, stack: Stack) -> dict[str, tuple[str, str]]:
    """Return the type and physical id of every resource of a stack, by logical id."""
    return {
        found["LogicalResourceId"]: (found["ResourceType"], found.get("PhysicalResourceId") or "")
        for found in _resources(cloudformation, stack.id)
    }


def exports(cloudformation: Any) -> dict[str, str]:
    """Return the values that stacks export, by name."""
    pages = cloudformation.get_paginator("list_exports").paginate()
    return {export["Name"]: export["Value"] for page in pages for export in page["Exports"]}


def outputs(cloudformation: Any, stack: str) -> dict[str, str]:
    """Return the outputs of a stack; empty if it does not exist or cannot be read."""
    try:
        (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError:
        return {}
    return {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs") or []}


def _with_nested(cloudformation: Any, name: str) -> Iterator[Stack]:
    try:
        found = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        raise CommandError(
            f"stack {name} does not exist", remedy="Check the name, AWS_PROFILE, and the region (--region)."
        ) from error
    for stack in map(_stack, found):
        yield stack
        for resource in _resources(cloudformation, stack.id):
            if resource["ResourceType"] == NESTED and resource.get("PhysicalResourceId"):
                yield from _with_nested(cloudformation, resource["PhysicalResourceId"])


def _stack(found: Mapping[str, Any]) -> Stack:
    return Stack(
        name=found["StackName"],
        id=found["StackId"],
        status=found["StackStatus"],
        parameters={
            each["ParameterKey"]: each.get("ResolvedValue", each.get("ParameterValue", ""))
            for each in found.get("Parameters") or []
        },
    )


def _resources(cloudformation: Any, stack: str) -> Iterator[dict[str, Any]]:
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
        yield from page["StackResourceSummaries"]
