"""The emulator's services, as the resource types call them."""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError
from ministack.core.responses import get_region

CHIME, PUSH = "chime-sdk-identity", "pinpoint"

_GONE = ("ForbiddenException", "NotFoundException")
"""The errors for a resource that does not exist; the caller is allowed everything."""


def client(service: str) -> Any:
    """Return a client for the region of the stack."""
    return _client(service, get_region())


@contextlib.contextmanager
def already_deleted_is_success() -> Iterator[None]:
    """Ignore that a resource no longer exists."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in _GONE:
            raise


def present(**members: Any) -> dict[str, Any]:
    """Return the members that are not None."""
    return {name: value for name, value in members.items() if value is not None}


def tag_changes(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return the tags to set and the keys to remove."""
    return {key: value for key, value in new.items() if old.get(key) != value}, [key for key in old if key not in new]


@functools.cache
def _client(service: str, region: str) -> Any:
    url = os.environ[f"AWS_ENDPOINT_URL_{service.upper().replace('-', '_')}"]
    return boto3.Session().client(service, region_name=region, endpoint_url=url)
