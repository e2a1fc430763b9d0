"""The role's permissions that AWS Lambda uses and the handler does not."""

_LOG = "Lambda writes what the function logs."
_VPC = "Lambda connects the function to its VPC."
_TRACES = "Lambda sends the traces."

LAMBDAS_OWN = {
    "logs:CreateLogStream": _LOG,
    "logs:PutLogEvents": _LOG,
    "ec2:AssignPrivateIpAddresses": _VPC,
    "ec2:CreateNetworkInterface": _VPC,
    "ec2:DeleteNetworkInterface": _VPC,
    "ec2:DescribeNetworkInterfaces": _VPC,
    "ec2:DescribeSubnets": _VPC,
    "ec2:UnassignPrivateIpAddresses": _VPC,
    "xray:PutTelemetryRecords": _TRACES,
    "xray:PutTraceSegments": _TRACES,
}
"""The reason of each action."""
