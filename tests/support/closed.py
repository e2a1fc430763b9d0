"""CloudFormation in a region that refuses all calls, for each possible reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from chime_endpoints_cli.output.codes import CommandCode
from chime_endpoints_cli.output.errors import CommandError


class Closed:
    """A client that refuses every call."""

    def __init__(self, code: str, message: str = "no") -> None:
        answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 403}}
        self.failure: Exception = ClientError(answer, "DescribeStacks")

    def get_paginator(self, _operation: str) -> Any:
        """Refuse the call."""
        raise self.failure


class Unreachable(Closed):
    """A client whose service does not exist."""

    def __init__(self) -> None:
        self.failure = CommandError("there is no connection", code=CommandCode.UNREACHABLE)


CLOSED: Mapping[str, Closed] = {
    "not enabled": Closed("InvalidClientTokenId"),
    "not enabled for this session": Closed("UnrecognizedClientException"),
    "to be opted in to": Closed("OptInRequired"),
    "denied by the organization": Closed(
        "AccessDenied", "not authorized with an explicit deny in a service control policy"
    ),
    "denied": Closed("AccessDenied", "no identity-based policy allows the action"),
    "not reachable": Unreachable(),
}
