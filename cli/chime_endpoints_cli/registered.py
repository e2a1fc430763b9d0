"""What is registered, as the service tells it, and which stack holds it, as CloudFormation tells it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chime_endpoints_handler.physical_id import Endpoint

RESOURCE_TYPE = "Custom::ChimeAppInstanceUserEndpoint"


@dataclass(frozen=True, kw_only=True)
class Holder:
    """The resource of a stack that an endpoint belongs to."""

    stack: str
    logical_id: str


@dataclass(frozen=True, kw_only=True)
class RegisteredEndpoint:
    """One endpoint as List answers it: without its tokens."""

    user_arn: str
    endpoint_id: str
    type: str
    name: str
    allow_messages: str
    state: str
    state_reason: str | None
    holder: Holder | None

    @property
    def user_id(self) -> str:
        """The user's own part of the ARN; it may hold any of the ARN's separators."""
        return self.user_arn.split("/user/", 1)[1]


def users_of(chime: Any, app_instance_arn: str) -> list[str]:
    """The ARNs of all users of an app instance."""
    pages = _pages(chime.list_app_instance_users, "AppInstanceUsers", AppInstanceArn=app_instance_arn)
    return [user["AppInstanceUserArn"] for user in pages]


def endpoints_of(chime: Any, user_arn: str, holders: Mapping[str, Holder]) -> list[RegisteredEndpoint]:
    """All endpoints of a user."""
    return [
        RegisteredEndpoint(
            user_arn=user_arn,
            endpoint_id=found["EndpointId"],
            type=found["Type"],
            name=found.get("Name", ""),
            allow_messages=found["AllowMessages"],
            state=found["EndpointState"]["Status"],
            state_reason=found["EndpointState"].get("StatusReason"),
            holder=holders.get(str(Endpoint(user_arn=user_arn, endpoint_id=found["EndpointId"]))),
        )
        for found in _pages(
            chime.list_app_instance_user_endpoints, "AppInstanceUserEndpoints", AppInstanceUserArn=user_arn
        )
    ]


def tags_of(chime: Any, user_arn: str) -> dict[str, str]:
    """The tags on a user."""
    return {tag["Key"]: tag["Value"] for tag in chime.list_tags_for_resource(ResourceARN=user_arn)["Tags"]}


def holders_of_endpoints(cloudformation: Any) -> dict[str, Holder]:
    """Which stack holds which endpoint, by the resource's physical id, over all stacks of the region."""
    return {
        resource["PhysicalResourceId"]: Holder(stack=stack, logical_id=resource["LogicalResourceId"])
        for stack in stack_names(cloudformation)
        for resource in _resources(cloudformation, stack)
        if resource["ResourceType"] == RESOURCE_TYPE and resource.get("PhysicalResourceId")
    }


def stack_names(cloudformation: Any) -> list[str]:
    """The names of the stacks that there are."""
    pages = cloudformation.get_paginator("describe_stacks").paginate()
    return [stack["StackName"] for page in pages for stack in page["Stacks"]]


def _resources(cloudformation: Any, stack: str) -> Iterator[dict[str, Any]]:
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
        yield from page["StackResourceSummaries"]


def _pages(operation: Any, items: str, **parameters: str) -> Iterator[dict[str, Any]]:
    """All items of an operation for which boto3 has no paginator."""
    page = operation(**parameters)
    yield from page[items]
    while page.get("NextToken"):
        page = operation(**parameters, NextToken=page["NextToken"])
        yield from page[items]
