"""The policies that decide what happens to an endpoint when it is removed or replaced."""

from __future__ import annotations

from collections.abc import Iterator

from aws_cdk import CfnDeletionPolicy, CfnResource, RemovalPolicy

from chime_endpoints_handler.model.codes import Code


def policy_problems(**policies: RemovalPolicy | None) -> Iterator[str]:
    """Yield the problems of removal policies, given by parameter name."""
    for parameter, policy in policies.items():
        if policy is RemovalPolicy.SNAPSHOT:
            sentence = (
                f"{parameter} is SNAPSHOT, but endpoints do not support snapshots. Use RemovalPolicy.RETAIN or"
                " RemovalPolicy.DESTROY."
            )
            yield f"{sentence} [{Code.NOT_A_CHOICE}]"


def apply_policies(resource: CfnResource, *, removed: RemovalPolicy | None, replaced: RemovalPolicy | None) -> None:
    """Set DeletionPolicy and UpdateReplacePolicy separately. CDK sets both to the same value."""
    if removed is not None:
        resource.apply_removal_policy(removed)
    if replaced is not None:
        kept = replaced is not RemovalPolicy.DESTROY
        resource.cfn_options.update_replace_policy = CfnDeletionPolicy.RETAIN if kept else CfnDeletionPolicy.DELETE
