"""Physical resource ids: the handler writes them into responses and reads them from later events.

Ids from every released version stay readable.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias

from .arns import IDENTITY_ARN, USER_ARN

# An HTTP client resolves the segments "." and "..", so a request would go to another path.
_ENDPOINT = re.compile(rf"(?P<user>{USER_ARN.pattern})/endpoint/(?P<endpoint>(?!\.\.?\Z).{{1,64}})", re.DOTALL)
_TAGS = re.compile(rf"(?P<identity>{IDENTITY_ARN.pattern})/tags")
_NOT_APPLIED = "not-applied/"
_UNCONFIRMED = re.compile(r"unconfirmed/(?P<suffix>[0-9a-f]{16})/(?P<since>0|[1-9][0-9]{0,11})")


@dataclass(frozen=True)
class Endpoint:
    """The id of a registered endpoint: `{AppInstanceUserArn}/endpoint/{EndpointId}`."""

    user_arn: str
    endpoint_id: str

    def __str__(self) -> str:
        return f"{self.user_arn}/endpoint/{self.endpoint_id}"


@dataclass(frozen=True)
class Tags:
    """The id of the tags that a resource manages on an identity: `{ResourceARN}/tags`."""

    resource_arn: str

    def __str__(self) -> str:
        return f"{self.resource_arn}/tags"


@dataclass(frozen=True)
class NotApplied:
    """The id of a failed Create that left nothing behind."""

    suffix: str

    def __str__(self) -> str:
        return f"{_NOT_APPLIED}{self.suffix}"


@dataclass(frozen=True)
class Unconfirmed:
    """The id of a failed Create that may have left something behind."""

    suffix: str
    since: int
    """Seconds since the epoch; the Create cannot have registered anything before this time."""

    def __str__(self) -> str:
        return f"unconfirmed/{self.suffix}/{self.since}"


@dataclass(frozen=True)
class Foreign:
    """An id that this handler did not write, such as one that CloudFormation generated."""

    text: str

    def __str__(self) -> str:
        return self.text


PhysicalId: TypeAlias = Endpoint | Tags | NotApplied | Unconfirmed | Foreign


def read(text: str) -> PhysicalId:
    """Parse a physical resource id; an unknown one is `Foreign`."""
    if endpoint := _ENDPOINT.fullmatch(text):
        return Endpoint(endpoint["user"], endpoint["endpoint"])
    if tags := _TAGS.fullmatch(text):
        return Tags(tags["identity"])
    if text.startswith(_NOT_APPLIED):
        return NotApplied(text.removeprefix(_NOT_APPLIED))
    if unconfirmed := _UNCONFIRMED.fullmatch(text):
        return Unconfirmed(unconfirmed["suffix"], int(unconfirmed["since"]))
    return Foreign(text)


def suffix(stack_id: str, logical_id: str) -> str:
    """Return the suffix that identifies names from this resource: constant for its lifetime, and unique to it."""
    return sha256(f"{stack_id}\n{logical_id}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
