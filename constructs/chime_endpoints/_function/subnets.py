"""A check that a function in a VPC can reach Amazon Chime SDK."""

from __future__ import annotations

from aws_cdk import Annotations
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from chime_endpoints_handler.model.codes import Code

WARNING = "chime-endpoints:isolated-subnets"


def warn_of_isolation(scope: Construct, vpc: ec2.IVpc, selection: ec2.SubnetSelection | None) -> None:
    """Warn if a function's subnets are isolated. Amazon Chime SDK has no VPC endpoint.

    Source: AWS PrivateLink Guide, "AWS services that integrate with AWS PrivateLink".
    """
    given = selection or ec2.SubnetSelection()
    given = ec2.SubnetSelection(**given) if isinstance(given, dict) else given  # CDK also accepts a mapping
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
            f"{', '.join(found)}: the function cannot reach Amazon Chime SDK from an isolated subnet, because the"
            " service has no VPC endpoint. Use subnets with egress, for example"
            " SubnetSelection(subnet_type=SubnetType.PRIVATE_WITH_EGRESS). If your own routing provides egress,"
            f" acknowledge this warning. [{Code.UNREACHABLE}]",
        )
