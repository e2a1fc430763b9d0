"""AWS clients for the commands, with rate limiting and retries."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from threading import RLock
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from chime_endpoints_cli.output.errors import CommandError
from chime_endpoints_cli.output.failures.network_and_settings import no_region
from chime_endpoints_cli.output.failures.translation import known_error_for
from chime_endpoints_handler.aws.calls import Attempts, Caller
from chime_endpoints_handler.aws.deadline import Deadline
from chime_endpoints_handler.aws.failures.errors import ServiceError
from chime_endpoints_handler.aws.failures.remedies import Kind

from .clients import CHIME, PUSH, make_client, make_session
from .credentials_check import require_credentials
from .local_addresses import REGION, Addresses
from .rate_limit import RateLimit
from .retries import MOST_FAILURES, is_hopeless

AT_ONCE = 20
"""Concurrent calls: enough to reach the account's rate if a call takes a few tenths of a second."""

_PATIENCE = 90.0  # seconds for one call with all its retries
_CHIME = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 1}, max_pool_connections=AT_ONCE)
_OTHERS = Config(
    connect_timeout=5,
    read_timeout=20,
    retries={"mode": "standard", "total_max_attempts": 8},
    max_pool_connections=AT_ONCE,
)


@dataclass
class PatientCaller(Caller):
    """The handler's caller for commands: it does not wait for permissions, and gives up on hopeless calls early."""

    failures: int = 0
    """Failures of the current call."""

    def __call__(
        self,
        operation: str,
        request: Callable[[], dict[str, Any]],
        *,
        attempts: Attempts | None = None,
        is_complete: Callable[[dict[str, Any]], bool] = lambda _: True,
        propagates: bool = False,  # noqa: ARG002 - a refusal is a result here
        waits_for_permission: bool = False,  # noqa: ARG002 - and so is a denial
        patience: float = inf,
        subject: str = "",
    ) -> dict[str, Any]:
        """Make a call and return the service's response; see `Caller`."""
        self.failures = 0
        return super().__call__(
            operation,
            request,
            attempts=attempts,
            is_complete=is_complete,
            waits_for_permission=False,
            patience=patience,
            subject=subject,
        )

    def translated(self, operation: str, error: Exception, subject: str) -> ServiceError:
        """Translate the error of a call, and decide whether to retry it.

        Raises:
            CommandError: the user's credentials, settings or network are the cause, and a retry cannot help.
            ServiceError: the service has failed too many times.
        """
        self.failures += 1
        failed = super().translated(operation, error, subject)
        told = known_error_for(error)
        is_over = is_hopeless(error, self.failures) or self.failures >= MOST_FAILURES
        if told is not None and (is_over or not failed.kind.is_transient):
            raise told from error
        if is_over and failed.kind is Kind.UNCLEAR:
            raise failed from error
        return failed


class Services:
    """Thread-safe cache of clients by region."""

    def __init__(self, *, local: Addresses | None = None, rate_limit: RateLimit | None = None) -> None:
        """Use the local cloud if given, otherwise AWS with the user's environment and profile."""
        self._local = local
        self._session = make_session(local)
        self._rate_limit = rate_limit or RateLimit()
        self._made: dict[tuple[str, str | None], Any] = {}
        self._lock = RLock()

    @property
    def is_local(self) -> bool:
        """Whether these are the services of the local cloud."""
        return self._local is not None

    @property
    def region(self) -> str | None:
        """The region in the user's settings, including AWS_REGION, which boto3 does not read."""
        if self.is_local:
            return REGION
        return os.environ.get("AWS_REGION") or self._session.region_name

    def every_region(self) -> list[str]:
        """Return the account's enabled regions or, if they cannot be listed, all regions of the partition."""
        if self.is_local:
            return [REGION]
        return self._enabled_regions() or self._all_regions()

    def _enabled_regions(self) -> list[str]:
        try:
            pages = self._client("account", self.region or REGION, _OTHERS).get_paginator("list_regions").paginate()
            return sorted(
                found["RegionName"]
                for page in pages
                for found in page.get("Regions", [])
                if found["RegionOptStatus"] != "DISABLED"
            )
        except (ClientError, BotoCoreError, ResponseParserError, CommandError):
            return []

    def _all_regions(self) -> list[str]:
        partition = self._session.get_partition_for_region(self.region) if self.region else "aws"
        return sorted(self._session.get_available_regions("cloudformation", partition_name=partition))

    def call(self) -> Caller:
        """Return a caller that makes one call and retries it while the service is busy."""
        began = time.monotonic()
        return PatientCaller(deadline=Deadline(lambda: _PATIENCE - (time.monotonic() - began)))

    def chime(self, region: str) -> Any:
        """Return a client of `chime-sdk-identity`; make its calls with `call`, which retries them."""
        return self._client(CHIME, region, _CHIME)

    def secrets(self, region: str | None) -> Any:
        """Return a client of `secretsmanager`."""
        return self._client("secretsmanager", region, _OTHERS)

    def parameters(self, region: str | None) -> Any:
        """Return a client of `ssm`."""
        return self._client("ssm", region, _OTHERS)

    def applications(self, region: str | None) -> Any:
        """Return a client of `pinpoint`, whose applications deliver pushes."""
        return self._client(PUSH, region, _OTHERS)

    def roles(self) -> Any:
        """Return a client of `iam`, which is the same in every region."""
        return self._client("iam", self.region or REGION, _OTHERS)

    def rules(self, region: str | None) -> Any:
        """Return a client of `events`."""
        return self._client("events", region, _OTHERS)

    def metrics(self, region: str | None) -> Any:
        """Return a client of `cloudwatch`."""
        return self._client("cloudwatch", region, _OTHERS)

    def logs(self, region: str | None) -> Any:
        """Return a client of `logs`."""
        return self._client("logs", region, _OTHERS)

    def stacks(self, region: str | None = None) -> Any:
        """Return a client of `cloudformation`."""
        return self._client("cloudformation", region, _OTHERS)

    def functions(self, region: str) -> Any:
        """Return a client of `lambda`."""
        return self._client("lambda", region, _OTHERS)

    def objects(self, region: str) -> Any:
        """Return a client of `s3`."""
        return self._client("s3", region, _OTHERS)

    def quotas(self, region: str) -> Any:
        """Return a client of `service-quotas`."""
        return self._client("service-quotas", region, _OTHERS)

    def account(self) -> str:
        """Return the account's id; every caller may ask for it."""
        client = self._client("sts", self.region, _OTHERS)
        return str(client.get_caller_identity()["Account"])

    def _client(self, service: str, region: str | None, config: Config) -> Any:
        region = region or self.region
        if region is None:
            raise no_region()
        with self._lock:
            if self._local is None and not self._made:
                require_credentials(self._session)
            if (service, region) not in self._made:
                made = make_client(service, session=self._session, region=region, local=self._local, config=config)
                if service == CHIME:
                    made.meta.events.register(f"before-send.{CHIME}", self._rate_limit.wait)
                self._made[service, region] = made
            return self._made[service, region]
