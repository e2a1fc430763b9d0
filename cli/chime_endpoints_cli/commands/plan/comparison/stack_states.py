"""What the state of a stack means for its next deployment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chime_endpoints_cli.account.stacks.stacks import Stack

_NOT_CREATED = "REVIEW_IN_PROGRESS"
"""A change set was made for a stack that does not exist yet, and nothing runs."""

_REMEDIES = {
    "UPDATE_ROLLBACK_FAILED": "Continue its rollback first: aws cloudformation continue-update-rollback --stack-name",
    "ROLLBACK_FAILED": "Delete it first: aws cloudformation delete-stack --stack-name",
    "DELETE_FAILED": "Finish its deletion first: aws cloudformation delete-stack --stack-name",
}


def in_progress(stacks: Iterable[Stack]) -> Iterator[str]:
    """Yield why the plan is not final: what it compares with still changes."""
    for stack in stacks:
        if stack.is_changing and stack.status != _NOT_CREATED:
            yield (
                f"{stack.name} is being deployed or deleted ({stack.status}). Run the command again when that has"
                " finished."
            )


def refusals(stacks: Iterable[Stack]) -> Iterator[str]:
    """Yield why CloudFormation refuses to deploy a stack, whatever is declared, and what to do."""
    for stack in stacks:
        if remedy := _REMEDIES.get(stack.status):
            region = f" --region {stack.region}"
            yield f"{stack.name} is in {stack.status}, so it cannot be deployed. {remedy} {stack.name}{region}"
