"""A CloudFormation event as a value: the request, the resource and the response URL."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from ..model import physical_id

_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
_LONGEST_URL = 16_384  # pre-signed URLs have at most a few thousand characters


class RequestType(StrEnum):
    """The request types of CloudFormation (AWS CloudFormation User Guide, custom resource request types)."""

    CREATE = "Create"
    UPDATE = "Update"
    DELETE = "Delete"


class UnanswerableEventError(Exception):
    """The event lacks data that a response needs; the text says which, without quoting the event."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One event with its unchecked properties: `rules` validates them, `declaration` reads them."""

    request_type: str
    request_id: str
    stack_id: str
    logical_id: str
    resource_type: str
    physical_id: str
    properties: Any = field(repr=False)
    old_properties: Any = field(repr=False)
    response_url: str = field(repr=False)

    @property
    def suffix(self) -> str:
        """The suffix that identifies an endpoint name as set by this resource."""
        return physical_id.suffix(self.stack_id, self.logical_id)

    @property
    def own_name(self) -> str:
        """The name of an endpoint without a declared name, in CloudFormation's style."""
        return f"{self.stack_name}-{self.logical_id}-{self.suffix}"

    @property
    def stack_name(self) -> str:
        """The stack's name, from its id `arn:…:stack/{name}/{uuid}`."""
        parts = self.stack_id.split("/")
        return parts[1] if len(parts) > 1 else self.stack_id

    def client_request_token(self, purpose: str) -> str:
        """Return the same token for every delivery of this event, and another for other events and purposes."""
        text = "\n".join((self.stack_id, self.logical_id, self.request_id, purpose))
        return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def parse(event: object) -> Request:
    """Parse an event.

    Raises:
        UnanswerableEventError: the event has no usable URL, or lacks the data that identifies it.
    """
    if not isinstance(event, Mapping):
        raise UnanswerableEventError("the event is not a map")
    missing = [name for name in ("StackId", "RequestId", "LogicalResourceId") if not _is_text(event.get(name))]
    if missing:
        raise UnanswerableEventError(f"the event has no {', '.join(missing)}")
    if not _is_usable(event.get("ResponseURL")):
        raise UnanswerableEventError("the event has no usable ResponseURL")
    if not _is_text(event.get("RequestType")):
        raise UnanswerableEventError("the event has no RequestType")
    given_id = event.get("PhysicalResourceId")
    return Request(
        request_type=event["RequestType"],
        request_id=event["RequestId"],
        stack_id=event["StackId"],
        logical_id=event["LogicalResourceId"],
        resource_type=str(event.get("ResourceType", "")),
        physical_id=given_id if isinstance(given_id, str) else "",
        properties=event.get("ResourceProperties"),
        old_properties=event.get("OldResourceProperties"),
        response_url=event["ResponseURL"],
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_usable(url: object) -> bool:
    if not isinstance(url, str) or len(url) > _LONGEST_URL or not url.isascii() or not url.isprintable():
        return False
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and _HOST.fullmatch(host) is not None and port != 0
