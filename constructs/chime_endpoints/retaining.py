"""What happens to an endpoint when it is removed or replaced, as the policies of its resource."""

from __future__ import annotations

from collections.abc import Iterator

from aws_cdk import CfnDeletionPolicy, CfnResource, RemovalPolicy

from chime_endpoints_handler.codes import Code


def policy_problems(**policies: RemovalPolicy | None) -> Iterator[str]:
    """What is wrong with policies, by their parameters."""
    for parameter, policy in policies.items():
        if policy is RemovalPolicy.SNAPSHOT:
            sentence = f"{parameter}: an endpoint has no snapshots. Use RemovalPolicy.RETAIN or RemovalPolicy.DESTROY."
            yield f"{sentence} [{Code.NOT_A_CHOICE}]"


def apply_policies(resource: CfnResource, *, removed: RemovalPolicy | None, replaced: RemovalPolicy | None) -> None:
    """Sets DeletionPolicy and UpdateReplacePolicy; CDK sets both to the same."""
    if removed is not None:
        resource.apply_removal_policy(removed)
    if replaced is not None:
        kept = replaced is not RemovalPolicy.DESTROY
        resource.cfn_options.update_replace_policy = CfnDeletionPolicy.RETAIN if kept else CfnDeletionPolicy.DELETE
