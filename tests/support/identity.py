"""boto3 clients of the emulated service, their requests, and the refusals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

APPLICATION = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/0123456789abcdef0123456789abcdef"


def make_client(
    service: str = "chime-sdk-identity", *, region: str = "us-east-1", url: str | None = None, **config: Any
) -> Any:
    """A client that tries once and does not validate parameters."""
    settings = {"retries": {"total_max_attempts": 1}, "max_pool_connections": 20, **config}
    return boto3.Session().client(
        service,
        region_name=region,
        endpoint_url=url,
        aws_access_key_id="made-up",
        aws_secret_access_key="made-up",
        config=Config(**settings),
    )


def refusal(call: Callable[..., Any], **parameters: Any) -> tuple[str, int, str]:
    """The code, status and message with which the service refuses a call."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response
    return error["Error"]["Code"], error["ResponseMetadata"]["HTTPStatusCode"], error["Error"]["Message"]


def registration(user: str, **changes: Any) -> dict[str, Any]:
    """The parameters of Register for an endpoint of this user."""
    device_token = changes.pop("device_token", "token")
    return {
        "AppInstanceUserArn": user,
        "Type": "APNS",
        "ResourceArn": APPLICATION,
        "EndpointAttributes": {"DeviceToken": device_token},
        **changes,
    }
