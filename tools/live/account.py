"""The account that the suite runs in: clients that keep a pace, and a record of the operations that were called."""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

from chime_endpoints_cli.account.calls.clients import CHIME, PUSH, make_client, make_session
from chime_endpoints_cli.account.calls.credentials_check import require_credentials
from chime_endpoints_cli.account.calls.rate_limit import RateLimit
from chime_endpoints_cli.output.errors import CommandError

REGIONS = ("us-east-1", "eu-central-1")
"""The regions of Amazon Chime SDK messaging."""
CALLS_PER_SECOND = 20.0
"""Less than half of what the account may do, so that its other callers notice nothing."""

_TRIES = 6
_CONFIG = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 5})
_UNPACED = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 1}, max_pool_connections=50)
_without_proxies = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Account:
    """Clients of one account and region, as the environment defines them."""

    def __init__(self, region: str | None = None) -> None:
        """Use the region of the environment, or us-east-1 if there is none."""
        self.session = make_session(None)
        self.region = region or os.environ.get("AWS_REGION") or self.session.region_name or REGIONS[0]
        self.operations: set[tuple[str, str]] = set()
        """The operations that were called: service and name, as boto3 has them."""
        self._pace = RateLimit(CALLS_PER_SECOND)
        self._clients: dict[str, Any] = {}

    def has_credentials(self) -> bool:
        """Whether there are credentials at all.

        Raises:
            CommandError: there are, but they cannot be used.
        """
        if self.session.get_credentials() is None:
            return False
        require_credentials(self.session)
        return True

    def require_region(self) -> None:
        """Raise CommandError if the service does not exist in the region."""
        if self.region not in REGIONS:
            raise CommandError(
                f"Amazon Chime SDK messaging does not exist in {self.region}",
                remedy=f"Set AWS_REGION to {' or '.join(REGIONS)}.",
            )

    @property
    def identity(self) -> Any:
        """The client of the identity service, paced unless it is an emulator on this machine."""
        return self.client(CHIME)

    @property
    def push(self) -> Any:
        """The client of the push applications."""
        return self.client(PUSH)

    def client(self, service: str) -> Any:
        """Return the client of a service."""
        if service not in self._clients:
            client = make_client(service, session=self.session, region=self.region, local=None, config=_CONFIG)
            client.meta.events.register("before-call", self._record)
            if service == CHIME and not _is_on_this_machine(client):
                client.meta.events.register("before-send", self._pace.wait)
            self._clients[service] = client
        return self._clients[service]

    def unpaced_identity(self) -> Any:
        """Return a client of the identity service for the probe of its rate limit."""
        return make_client(CHIME, session=self.session, region=self.region, local=None, config=_UNPACED)

    def account_id(self) -> str:
        """Return the account's id."""
        return str(self.client("sts").get_caller_identity()["Account"])

    def control(self, path: str, value: Mapping[str, Any] | None = None, *, account: str = "") -> Any:
        """Call the emulator's control API if the identity service is an emulator on this machine; otherwise None.

        Args:
            path: the path in the control API.
            value: what to put there; None only reads.
            account: the account that it is about; by default, the emulator's own.
        """
        if not _is_on_this_machine(self.identity):
            return None
        address = self.identity.meta.endpoint_url
        query = {"region": self.region} | ({"account": account} if account else {})
        request = urllib.request.Request(  # noqa: S310 - http, on this machine
            f"{address}/_emulator/{path}?{urllib.parse.urlencode(query)}",
            data=None if value is None else json.dumps(value).encode(),
            method="GET" if value is None else "PUT",
        )
        try:
            with _without_proxies.open(request, timeout=10) as answer:
                return json.load(answer)
        except (OSError, urllib.error.URLError):
            return None

    @property
    def is_emulated(self) -> bool:
        """Whether the identity service is an emulator on this machine."""
        return self.control("health") is not None

    def _record(self, *, model: Any, **_: Any) -> None:
        self.operations.add((model.service_model.service_name, model.name))


def _is_on_this_machine(client: Any) -> bool:
    return urllib.parse.urlsplit(str(client.meta.endpoint_url)).hostname in ("127.0.0.1", "localhost")


def patiently(call: Callable[[], Any]) -> Any:
    """Make a call to the identity service, and repeat it while the service throttles it, which botocore does not."""
    for attempt in range(_TRIES):
        try:
            return call()
        except ClientError as error:
            if error.response["Error"]["Code"] != "ThrottledClientException" or attempt == _TRIES - 1:
                raise
            time.sleep(0.1 * 2**attempt)
    raise AssertionError  # the last attempt returns or raises


def code_of(call: Callable[[], Any]) -> str:
    """Return the error code with which a call fails, or an empty string if it succeeds."""
    try:
        patiently(call)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""
