"""Creates, updates and deletes stacks, and waits for them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from live.account import Account

_LONGEST = 900.0  # seconds for one operation of a stack
_FIRST_POLL, _LONGEST_POLL = 0.2, 5.0


def deploy(
    account: Account,
    operation: str,
    name: str,
    template: str | Mapping[str, Any],
    *,
    parameters: Mapping[str, str] | None = None,
    tags: Mapping[str, str],
) -> dict[str, Any]:
    """Create or update a stack, wait until CloudFormation is done, whatever the result, and describe the stack."""
    answer = getattr(account.client("cloudformation"), f"{operation}_stack")(
        StackName=name,
        TemplateBody=template if isinstance(template, str) else json.dumps(template),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in (parameters or {}).items()],
        Capabilities=["CAPABILITY_IAM"],
        Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
    )
    return settled(account, answer["StackId"])


def settled(account: Account, stack_id: str) -> dict[str, Any]:
    """Wait until nothing is in progress in the stack, and describe it.

    Raises:
        TimeoutError: it takes too long.
    """
    deadline, pause = time.monotonic() + _LONGEST, _FIRST_POLL
    while True:
        stack: dict[str, Any] = account.client("cloudformation").describe_stacks(StackName=stack_id)["Stacks"][0]
        if not str(stack["StackStatus"]).endswith("_IN_PROGRESS"):
            return stack
        if time.monotonic() > deadline:
            raise TimeoutError(f"still {stack['StackStatus']} after {_LONGEST / 60:.0f} minutes")
        time.sleep(pause)
        pause = min(pause * 1.3, _LONGEST_POLL)


def delete_stack(account: Account, stack_id: str) -> None:
    """Delete a stack; what CloudFormation cannot delete is left to the deletion of the app instance.

    Raises:
        TimeoutError: it takes too long.
    """
    cloudformation = account.client("cloudformation")
    if settled(account, stack_id)["StackStatus"] == "DELETE_COMPLETE":
        return
    cloudformation.delete_stack(StackName=stack_id)
    try:
        if settled(account, stack_id)["StackStatus"] == "DELETE_FAILED":
            found = cloudformation.describe_stack_resources(StackName=stack_id)["StackResources"]
            failed = [each["LogicalResourceId"] for each in found if each["ResourceStatus"] == "DELETE_FAILED"]
            cloudformation.delete_stack(StackName=stack_id, RetainResources=failed)
            settled(account, stack_id)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":  # a deleted stack does not exist
            raise


def outputs(stack: Mapping[str, Any]) -> dict[str, str]:
    """Return the outputs of a stack by name."""
    return {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])}


def events(account: Account, stack_id: str) -> list[dict[str, Any]]:
    """Return the events of a stack, the oldest first."""
    pages = account.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=stack_id)
    return [event for page in pages for event in page["StackEvents"]][::-1]
