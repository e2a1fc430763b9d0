"""The location of a fleet's manifest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aws_cdk import aws_s3 as s3

from chime_endpoints._cdk.unresolved import is_unresolved
from chime_endpoints._iam.statements import Statement, allow
from chime_endpoints._validation.option_type_names import OPTION_TYPES
from chime_endpoints._validation.option_types import check_options

_LONGEST_KEY = 1024
OPTION_TYPES[s3.IBucket] = ("a bucket", "Use aws_s3.Bucket.from_bucket_name.")


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """The location of a fleet's manifest: a file in JSON Lines format with one endpoint on each line.

    Use `in_bucket`. The manifest contains device tokens, so keep it in a bucket that only those can read who may.
    """

    bucket: s3.IBucket
    """The bucket with the manifest, in the region of the stack."""
    key: str
    """The manifest's key in the bucket."""
    version_id: str | None = None
    """The manifest's version; None for the newest version when a run starts."""

    @staticmethod
    def in_bucket(bucket: s3.IBucket, key: str, *, version_id: str | None = None) -> Manifest:
        """Use a manifest in an S3 bucket.

        The function's role can read this object, and nothing else in the bucket. If `bucket.encryption_key` is set,
        the role can also decrypt with that key.

        Args:
            bucket: the bucket, in the region of the stack.
            key: the manifest's key in the bucket, 1 to 1,024 characters.
            version_id: the manifest's version, so that a new version changes the template, and a rollback reads the
                version that was deployed before. The bucket must have versioning. Default: the newest version when a
                run starts.

        Raises:
            TypeError: an argument has the wrong type.
            ValueError: `key` or `version_id` is empty, or `key` is too long.
        """
        if problems := check_options(Manifest.in_bucket, locals()).problems:
            raise TypeError(f"{Manifest.in_bucket.__qualname__}: {' '.join(problems)}")
        if not is_unresolved(key) and not 1 <= len(key.encode()) <= _LONGEST_KEY:
            raise ValueError(f"key has {len(key.encode())} bytes; 1 to {_LONGEST_KEY:,} are allowed.")
        if version_id == "":
            raise ValueError("version_id is empty; set a version or remove the option.")
        return Manifest(bucket=bucket, key=key, version_id=version_id)

    def to_properties(self) -> dict[str, str]:
        """Return the property `Manifest` of the resource."""
        version = {} if self.version_id is None else {"VersionId": self.version_id}
        return {"Bucket": self.bucket.bucket_name, "Key": self.key, **version}

    def statements(self) -> Iterator[Statement]:
        """Yield what a role needs to read the manifest."""
        newest = ["s3:GetObject"] if self.version_id is None else []
        yield allow([*newest, "s3:GetObjectVersion"], [self.bucket.arn_for_objects(self.key)])
        if self.bucket.encryption_key is not None:
            yield allow(["kms:Decrypt"], [self.bucket.encryption_key.key_arn])


OPTION_TYPES[Manifest] = ("a Manifest", "Use Manifest.in_bucket.")
