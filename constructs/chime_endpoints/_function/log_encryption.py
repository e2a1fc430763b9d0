"""The key policy that CloudWatch Logs needs to encrypt a provider's log group."""

from __future__ import annotations

import json

from aws_cdk import Annotations, ArnFormat
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from chime_endpoints._cdk.tree import stack_of
from chime_endpoints._iam.role_warning import as_iam_accepts

WARNING = "chime-endpoints:key"
_ACTIONS = ("kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*")


def let_logs_use(key: kms.IKey, *, scope: Construct) -> None:
    """Allow CloudWatch Logs to use a key for log groups of this region and account, or warn if that is impossible.

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
        policy = json.dumps(as_iam_accepts(stack.resolve(statement.to_json()), stack))
        Annotations.of(scope).add_warning_v2(
            WARNING,
            "CloudWatch Logs needs permission to encrypt the log group with encryption_key, but this app cannot change"
            f" the policy of an imported key. Add this statement to the key policy:\n{policy}",
        )
