"""The AWS clients of a process, created on first use with only the data that they need.

They act in the function's own role, or in a role of another account, with temporary credentials from AWS STS.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Lock
from typing import Any, Protocol

from botocore import __version__ as botocore_version
from botocore.config import Config
from botocore.exceptions import DataNotFoundError
from botocore.loaders import Loader
from botocore.session import Session

from ..model.declaration import AssumedRole
from .calls import Call
from .failures.remedies import ASSUME_ROLE

_KEPT = 2700.0  # seconds; credentials of a role are valid for an hour by default, and an event takes 15 minutes at most
_SERVICES = ["chime-sdk-identity", "secretsmanager", "ssm", "cloudformation", "sts"]
# Identifies the calls in CloudTrail; botocore rebuilds its own text for every call.
_NAME = f"cdk-chime-endpoints Botocore/{botocore_version}"
# One attempt: `calls` knows the deadline and retries this service's 429, which botocore does not.
_CHIME = Config(user_agent=_NAME, connect_timeout=3, read_timeout=6, retries={"total_max_attempts": 1})
_STACK = Config(user_agent=_NAME, connect_timeout=2, read_timeout=3, retries={"total_max_attempts": 1})


class Clients(Protocol):
    """Creates the clients; tests replace it."""

    def chime(self, region: str) -> Any:
        """A client of `chime-sdk-identity`."""

    def secrets(self, region: str | None) -> Any:
        """A client of `secretsmanager`."""

    def parameters(self, region: str | None) -> Any:
        """A client of `ssm`."""

    def stacks(self) -> Any:
        """A client of `cloudformation`, in the function's own region."""


class AwsClients:
    """Clients for AWS, one for each service and region."""

    def __init__(self, credentials: Mapping[str, str] | None = None) -> None:
        """Create the clients of the function's own role, or those with other credentials."""
        self._credentials = credentials or {}
        self._session: Session | None = None
        self._made: dict[tuple[str, str | None], Any] = {}
        self._lock = Lock()

    def chime(self, region: str) -> Any:
        """A client of `chime-sdk-identity`."""
        return self._client("chime-sdk-identity", region, _CHIME)

    def secrets(self, region: str | None) -> Any:
        """A client of `secretsmanager`."""
        return self._client("secretsmanager", region, _CHIME)

    def parameters(self, region: str | None) -> Any:
        """A client of `ssm`."""
        return self._client("ssm", region, _CHIME)

    def stacks(self) -> Any:
        """A client of `cloudformation`, in the function's own region."""
        return self._client("cloudformation", None, _STACK)

    def tokens(self) -> Any:
        """A client of `sts`, in the function's own region."""
        return self._client("sts", None, _STACK)

    def _client(self, service: str, region: str | None, config: Config) -> Any:
        with self._lock:
            if (service, region) not in self._made:
                self._made[service, region] = self._make(service, region, config)
            return self._made[service, region]

    def _make(self, service: str, region: str | None, config: Config) -> Any:
        if self._session is None:
            self._session = Session()
            self._session.register_component("data_loader", DirectLoader())
            # The API model specifies seconds, the documentation milliseconds, for which botocore's parser fails.
            self._session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_as_it_came)
        return self._session.create_client(service, region_name=region, config=config, **self._credentials)


class AssumedRoles:
    """The clients of each assumed role."""

    def __init__(self, own: AwsClients | None = None, now: Callable[[], float] = time.time) -> None:
        """Assume roles with the function's own credentials, or with those of other clients."""
        self._own = own or AwsClients()
        self._now = now
        self._kept: dict[AssumedRole, tuple[float, Clients]] = {}

    def clients(self, role: AssumedRole, call: Call) -> Clients:
        """Return clients with the role's credentials, which are kept for 45 minutes.

        Raises:
            ServiceError, OutOfTimeError: the role could not be assumed.
        """
        since, clients = self._kept.get(role, (0.0, self._own))
        if self._now() - since > _KEPT:
            since, clients = self._now(), AwsClients(self._credentials(role, call))
            self._kept[role] = since, clients
        return clients

    def _credentials(self, role: AssumedRole, call: Call) -> dict[str, str]:
        external_id = {} if role.external_id is None else {"ExternalId": role.external_id}
        answer = call(
            ASSUME_ROLE,
            lambda: self._own.tokens().assume_role(
                RoleArn=role.arn, RoleSessionName="cdk-chime-endpoints", **external_id
            ),
            is_complete=lambda answer: "Credentials" in answer,
            subject=f"of role {role.arn}",
        )
        keys = answer["Credentials"]
        return {
            "aws_access_key_id": keys["AccessKeyId"],
            "aws_secret_access_key": keys["SecretAccessKey"],
            "aws_session_token": keys["SessionToken"],
        }


def _as_it_came(timestamp: object) -> object:
    return timestamp


class DirectLoader(Loader):  # type: ignore[misc] # botocore has no type annotations
    """Creates the same clients in a third of the time."""

    def list_available_services(self, *_: object, **__: object) -> list[str]:
        """Return the services in use; botocore would search the directories of all four hundred."""
        return _SERVICES

    def load_data_with_path(self, name: str) -> tuple[Any, str]:
        """Build the legacy list of service endpoints (1.2 MB) from the list of partitions (7 KB).

        Each service's own rules define its endpoints; botocore needs only the partition from the legacy list. The
        Lambda runtime has its own botocore. If its list of partitions has another format, the legacy list is loaded.
        """
        if name == "endpoints":
            with suppress(DataNotFoundError, KeyError, TypeError):
                data, path = super().load_data_with_path("partitions")
                return {"partitions": [_without_services(partition) for partition in data["partitions"]]}, str(path)
        data, path = super().load_data_with_path(name)
        return data, str(path)


def _without_services(partition: Mapping[str, Any]) -> dict[str, Any]:
    """Convert a partition to the legacy format, with the default host names of its services."""
    outputs = partition["outputs"]
    plain, fips = "{service}.{region}.{dnsSuffix}", "{service}-fips.{region}.{dnsSuffix}"
    return {
        "partition": partition["id"],
        "dnsSuffix": outputs["dnsSuffix"],
        "regionRegex": partition["regionRegex"],
        "regions": partition["regions"],
        "services": {},
        "defaults": {
            "hostname": plain,
            "protocols": ["https"],
            "signatureVersions": ["v4"],
            "variants": [
                {"tags": ["fips"], "hostname": fips, "dnsSuffix": outputs["dnsSuffix"]},
                {"tags": ["dualstack"], "hostname": plain, "dnsSuffix": outputs["dualStackDnsSuffix"]},
                {"tags": ["dualstack", "fips"], "hostname": fips, "dnsSuffix": outputs["dualStackDnsSuffix"]},
            ],
        },
    }
