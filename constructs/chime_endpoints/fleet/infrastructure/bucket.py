"""The bucket with a fleet's ledger and the objects of its runs."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from chime_endpoints._iam.statements import Statement, allow

RUN_TAG = ("chime-endpoints", "run")
"""The tag of the objects of a run. No prefix is common to all of them."""
_KEPT = Duration.days(30)


def state_bucket(
    scope: Construct, bucket_id: str, *, encryption_key: kms.IKey | None, removal_policy: RemovalPolicy
) -> s3.Bucket:
    """Create the bucket. The deletion of a fleet empties it, so that CloudFormation can delete it.

    Args:
        scope: the construct to create the bucket in.
        bucket_id: the bucket's construct id in the scope.
        encryption_key: the KMS key that encrypts the objects; None for the key `aws/s3`.
        removal_policy: what happens to the bucket when its declaration is removed.
    """
    return s3.Bucket(
        scope,
        bucket_id,
        encryption=s3.BucketEncryption.KMS_MANAGED if encryption_key is None else s3.BucketEncryption.KMS,
        encryption_key=encryption_key,
        bucket_key_enabled=True,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        enforce_ssl=True,
        removal_policy=removal_policy,
        lifecycle_rules=[s3.LifecycleRule(id="Runs", tag_filters=dict([RUN_TAG]), expiration=_KEPT)],
    )


def bucket_statements(bucket: s3.IBucket) -> list[Statement]:
    """Return what a function needs to read and write a fleet's objects. Nothing else is in the bucket."""
    actions = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject", "s3:PutObjectTagging"]
    statements = [allow(actions, [bucket.arn_for_objects("*")]), allow(["s3:ListBucket"], [bucket.bucket_arn])]
    if bucket.encryption_key is not None:
        statements.append(allow(["kms:Decrypt", "kms:GenerateDataKey"], [bucket.encryption_key.key_arn]))
    return statements
