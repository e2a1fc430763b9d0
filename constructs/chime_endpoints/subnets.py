"""Whether a function reaches Amazon Chime SDK from its subnets."""

from __future__ import annotations

from aws_cdk import Annotations
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from chime_endpoints_handler.codes import Code

WARNING = "chime-endpoints:isolated-subnets"


def warn_of_isolation(scope: Construct, vpc: ec2.IVpc, selection: ec2.SubnetSelection | None) -> None:
    """Warns if a function's subnets have no way out of their VPC: no VPC endpoint leads to the service.

    Source: AWS PrivateLink Guide, "AWS services that integrate with AWS PrivateLink".
    """
    given = selection or ec2.SubnetSelection()
    given = ec2.SubnetSelection(**given) if isinstance(given, dict) else given  # CDK takes a mapping, too
    selected = vpc.select_subnets(
        availability_zones=given.availability_zones,
        one_per_az=given.one_per_az,
        subnet_filters=given.subnet_filters,
        subnet_group_name=given.subnet_group_name,
        subnets=given.subnets,
        subnet_type=given.subnet_type,
    )
    if selected.is_pending_lookup:
        return
    isolated = {subnet.node.path for subnet in vpc.isolated_subnets}
    found = [subnet.node.path for subnet in selected.subnets if subnet.node.path in isolated]
    if found:
        Annotations.of(scope).add_warning_v2(
            WARNING,
            f"{', '.join(found)}: the function cannot reach Amazon Chime SDK from an isolated subnet, and the service"
            " has no VPC endpoint. Use subnets with egress, such as"
            " SubnetSelection(subnet_type=SubnetType.PRIVATE_WITH_EGRESS), or acknowledge this warning if a route of"
            f" your own leads out. [{Code.UNREACHABLE}]",
        )
