"""What CloudWatch Logs needs of the key that encrypts a provider's log group."""

from __future__ import annotations

import json

from aws_cdk import Annotations, ArnFormat
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from .needed import written
from .tree import stack_of

WARNING = "chime-endpoints:key"
_ACTIONS = ("kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*")


def let_logs_use(key: kms.IKey, *, scope: Construct) -> None:
    """Lets CloudWatch Logs encrypt this region's and account's log groups with a key, or warns of what that takes.

    Source: CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS".
    """
    stack = stack_of(scope)
    groups = stack.format_arn(
        service="logs", resource="log-group", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
    statement = iam.PolicyStatement(
        actions=list(_ACTIONS),
        principals=[iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")],
        resources=["*"],
        conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
    )
    if not key.add_to_resource_policy(statement, True).statement_added:  # noqa: FBT003 - CDK's signature
        policy = json.dumps(written(stack.resolve(statement.to_json()), stack))
        Annotations.of(scope).add_warning_v2(
            WARNING,
            "This app cannot change the key's policy, and CloudWatch Logs cannot encrypt the log group without it. Add"
            f" this statement to it:\n{policy}",
        )
