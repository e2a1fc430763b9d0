"""S3 in memory, as far as a fleet uses it: several hundred times as fast as moto."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from typing import Any

from botocore.exceptions import ClientError

_RANGE = re.compile(r"bytes=(\d+)-(\d+)")


@dataclass(frozen=True)
class Stored:
    """One version of an object."""

    body: bytes
    etag: str
    version_id: str | None


@dataclass
class Bucket:
    """A bucket."""

    is_versioned: bool = False
    objects: dict[str, Stored] = field(default_factory=dict)
    versions: dict[tuple[str, str], Stored] = field(default_factory=dict)


@dataclass
class MemoryS3:
    """The used part of a client of S3."""

    buckets: dict[str, Bucket] = field(default_factory=dict)
    reads: int = 0
    writes: int = 0
    largest_page: int = 1000
    _lock: Any = field(default_factory=Lock, repr=False)

    def create_bucket(self, *, Bucket: str) -> None:  # noqa: N803 - the API's names
        """Add a bucket."""
        self.buckets[Bucket] = _bucket()

    def put_bucket_versioning(self, *, Bucket: str, VersioningConfiguration: Mapping[str, str]) -> None:  # noqa: N803
        """Let a bucket keep versions."""
        self.buckets[Bucket].is_versioned = VersioningConfiguration["Status"] == "Enabled"

    def put_object(
        self,
        *,
        Bucket: str,  # noqa: N803
        Key: str,  # noqa: N803
        Body: bytes | str,  # noqa: N803
        IfMatch: str | None = None,  # noqa: N803
        IfNoneMatch: str | None = None,  # noqa: N803
        Tagging: str = "",  # noqa: N803
    ) -> dict[str, Any]:
        """Write an object, if its condition holds."""
        del Tagging
        body = Body.encode() if isinstance(Body, str) else bytes(Body)
        with self._lock:
            bucket = self.buckets[Bucket]
            there = bucket.objects.get(Key)
            if IfMatch is not None and there is None:
                raise _error("NoSuchKey", 404, "PutObject")
            if (IfNoneMatch == "*" and there is not None) or (IfMatch is not None and there and there.etag != IfMatch):
                raise _error("PreconditionFailed", 412, "PutObject")
            self.writes += 1
            version = f"v{self.writes}" if bucket.is_versioned else None
            # A real ETag does not depend on the time either; a fence must not count on that.
            stored = Stored(body, f'"{sha256(body).hexdigest()[:32]}"', version)
            bucket.objects[Key] = stored
            bucket.versions[Key, version or "null"] = stored
        return {"ETag": stored.etag} | ({"VersionId": version} if version else {})

    def get_object(self, *, Bucket: str, Key: str, Range: str = "", **which: str) -> dict[str, Any]:  # noqa: N803
        """Return an object, or a range of it."""
        stored = self._stored("GetObject", Bucket, Key, **which)
        self.reads += 1
        answer: dict[str, Any] = {"ETag": stored.etag}
        body = stored.body
        if span := _RANGE.fullmatch(Range):
            first, last = int(span[1]), int(span[2])
            if first >= len(body):
                raise _error("InvalidRange", 416, "GetObject")
            body = body[first : last + 1]
            answer["ContentRange"] = f"bytes {first}-{first + len(body) - 1}/{len(stored.body)}"
        return answer | {"Body": io.BytesIO(body)}

    def head_object(self, *, Bucket: str, Key: str, **which: str) -> dict[str, Any]:  # noqa: N803
        """Return the size and version of an object."""
        stored = self._stored("HeadObject", Bucket, Key, **which)
        answer: dict[str, Any] = {"ETag": stored.etag, "ContentLength": len(stored.body)}
        return answer | ({"VersionId": stored.version_id} if stored.version_id else {})

    def delete_object(self, *, Bucket: str, Key: str, IfMatch: str | None = None) -> dict[str, Any]:  # noqa: N803
        """Delete an object, if its condition holds."""
        with self._lock:
            there = self.buckets[Bucket].objects.get(Key)
            if IfMatch is not None and (there is None or there.etag != IfMatch):
                raise _error("PreconditionFailed", 412, "DeleteObject")
            self.buckets[Bucket].objects.pop(Key, None)
        return {}

    def delete_objects(self, *, Bucket: str, Delete: Mapping[str, Any]) -> dict[str, Any]:  # noqa: N803
        """Delete several objects."""
        for each in Delete["Objects"]:
            self.delete_object(Bucket=Bucket, Key=each["Key"])
        return {}

    def list_objects_v2(self, *, Bucket: str, Prefix: str, ContinuationToken: str = "0") -> dict[str, Any]:  # noqa: N803
        """Return a page of the objects that begin with a prefix."""
        with self._lock:
            keys = sorted(key for key in self.buckets[Bucket].objects if key.startswith(Prefix))
        begin = int(ContinuationToken)
        end = begin + self.largest_page
        more = {"IsTruncated": True, "NextContinuationToken": str(end)} if end < len(keys) else {"IsTruncated": False}
        return {"Contents": [{"Key": key} for key in keys[begin:end]], **more}

    def _stored(self, operation: str, bucket: str, key: str, VersionId: str = "", IfMatch: str = "") -> Stored:  # noqa: N803
        with self._lock:
            if (there := self.buckets.get(bucket)) is None:
                raise _error("NoSuchBucket", 404, operation)
            stored = there.versions.get((key, VersionId)) if VersionId else there.objects.get(key)
        if stored is None:
            raise _error("NoSuchVersion" if VersionId else "NoSuchKey", 404, operation)
        if IfMatch and IfMatch != stored.etag:
            raise _error("PreconditionFailed", 412, operation)
        return stored


_bucket = Bucket


def _error(code: str, status: int, operation: str) -> ClientError:
    answer = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, operation)
