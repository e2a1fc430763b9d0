"""A fleet's prefix in the state bucket: small objects, written conditionally where two writers may meet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import Session

_T = TypeVar("_T")
_N = TypeVar("_N")
_THREADS = 16
_GONE = frozenset({"NoSuchKey", "404", "NotFound"})
DENIED = frozenset({"403", "AccessDenied", "AccessDeniedException", "AllAccessDisabled"})
"""The error codes of a missing permission."""
_LOST = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})
_MOST_IN_A_DELETION = 1000

NEW = ""
"""The condition that an object does not exist yet."""
RUN_TAG = "chime-endpoints=run"
"""The tag of what belongs to a run, which the bucket's lifecycle deletes after 30 days. Runs share no prefix."""


class LostRaceError(Exception):
    """Another writer has changed the object since it was read."""


@dataclass(frozen=True)
class Found:
    """An object as it was read."""

    body: bytes = field(repr=False)
    etag: str


def s3_client() -> Any:
    """Return a client of S3 that retries what is transient."""
    config = Config(
        connect_timeout=3,
        read_timeout=20,
        retries={"mode": "standard", "total_max_attempts": 4},
        max_pool_connections=2 * _THREADS,
    )
    return Session().create_client("s3", config=config)


@dataclass(frozen=True)
class Store:
    """The objects of one fleet, named relative to its prefix."""

    client: Any = field(repr=False)
    bucket: str
    fleet: str

    def get(self, name: str) -> Found | None:
        """Return an object; None if it does not exist."""
        return self._get(name, {})

    def beginning(self, name: str, count: int) -> bytes | None:
        """Return the first bytes of an object; None if it does not exist."""
        found = self._get(name, {"Range": f"bytes=0-{count - 1}"})
        return None if found is None else found.body[:count]

    def _get(self, name: str, more: dict[str, str]) -> Found | None:
        try:
            answer = self.client.get_object(Bucket=self.bucket, Key=self._key(name), **more)
        except ClientError as error:
            if code_of(error) in _GONE:
                return None
            raise
        return Found(answer["Body"].read(), str(answer["ETag"]))

    def put(self, name: str, body: bytes, *, replaces: str | None = None) -> str:
        """Write an object and return its ETag.

        Args:
            name: the object.
            body: the content.
            replaces: the ETag that the object must still have, or `NEW`; None to write unconditionally.

        Raises:
            LostRaceError: the condition does not hold.
        """
        condition = {} if replaces is None else {"IfNoneMatch": "*"} if replaces == NEW else {"IfMatch": replaces}
        tag = {"Tagging": RUN_TAG} if name.startswith("runs/") else {}
        try:
            answer = self.client.put_object(Bucket=self.bucket, Key=self._key(name), Body=body, **condition, **tag)
        except ClientError as error:
            if replaces is None or code_of(error) not in _LOST | _GONE:
                raise
            # A retried request meets its own first attempt, whose response was lost.
            there = self.get(name)
            if there is None or there.body != body:
                raise LostRaceError(name) from None
            return there.etag
        return str(answer["ETag"])

    def delete(self, names: Sequence[str]) -> None:
        """Delete objects; missing ones count as deleted.

        Raises:
            OSError: S3 refused to delete some of them.
        """
        for first in range(0, len(names), _MOST_IN_A_DELETION):
            objects = [{"Key": self._key(name)} for name in names[first : first + _MOST_IN_A_DELETION]]
            answer = self.client.delete_objects(Bucket=self.bucket, Delete={"Objects": objects, "Quiet": True})
            if refused := answer.get("Errors"):
                raise OSError(f"S3 did not delete {len(refused)} objects: {refused[0].get('Code')}")

    def names(self, prefix: str) -> list[str]:
        """Return the names that begin with a prefix, in order."""
        names: list[str] = []
        page: dict[str, str] = {}
        while True:
            answer = self.client.list_objects_v2(Bucket=self.bucket, Prefix=self._key(prefix), **page)
            names += [each["Key"].removeprefix(f"{self.fleet}/") for each in answer.get("Contents", ())]
            if not answer.get("IsTruncated"):
                return names
            page = {"ContinuationToken": answer["NextContinuationToken"]}

    def json(self, name: str) -> Any:
        """Return the value in an object; None if it does not exist."""
        found = self.get(name)
        return None if found is None else json.loads(found.body)

    def put_json(self, name: str, value: object) -> None:
        """Write a value unconditionally."""
        self.put(name, compact(value))

    def every(self, read: Callable[[_N], _T], names: Iterable[_N]) -> list[_T]:
        """Read several objects at once."""
        with ThreadPoolExecutor(_THREADS) as pool:
            return list(pool.map(read, names))

    def put_each(self, bodies: Iterable[tuple[str, bytes]]) -> None:
        """Write several objects at once."""
        with ThreadPoolExecutor(_THREADS) as pool:
            for _ in pool.map(lambda each: self.put(*each), bodies):
                pass

    def _key(self, name: str) -> str:
        return f"{self.fleet}/{name}"


def compact(value: object) -> bytes:
    """Return a value as JSON without spaces."""
    return json.dumps(value, separators=(",", ":")).encode()


def code_of(error: ClientError) -> str:
    """Return the service's code of an error."""
    return str(error.response.get("Error", {}).get("Code"))
