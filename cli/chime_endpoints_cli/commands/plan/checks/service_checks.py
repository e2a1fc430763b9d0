"""Applications, their channels, and the quota of endpoints."""

from __future__ import annotations

from typing import TypeVar

from botocore.exceptions import ClientError

from chime_endpoints_cli.account.applications.applications import application_exists, channel_of
from chime_endpoints_cli.account.calls.services import Services
from chime_endpoints_cli.commands.plan.dry_run.services.observations import not_known
from chime_endpoints_cli.commands.plan.dry_run.services.unknown import NotKnownError
from chime_endpoints_handler.model.arns import region_of

DEFAULT_QUOTA = 10
_QUOTA = {"ServiceCode": "chime", "QuotaCode": "L-39BCA56C"}
_NO_OWN_QUOTA = "NoSuchResourceException"

_Found = TypeVar("_Found")


class ServiceChecks:
    """What decides whether a registration is accepted, apart from the registered endpoints."""

    def __init__(self, services: Services) -> None:
        """Ask these services, each question once."""
        self._services = services
        self._obstacles: dict[tuple[str, str], str | NotKnownError] = {}
        self._quotas: dict[str, int | NotKnownError] = {}

    def obstacle(self, application: str, endpoint_type: str) -> str:
        """Return why an application cannot deliver to a type of endpoint, as a sentence; empty if it can."""
        place = application, endpoint_type
        if place not in self._obstacles:
            self._obstacles[place] = self._look_for_obstacle(application, endpoint_type)
        return _told(self._obstacles[place])

    def quota(self, user_arn: str, *, needed: int) -> int:
        """Return how many endpoints a user may have; never fewer than by default."""
        if needed <= DEFAULT_QUOTA or self._services.is_local:
            return DEFAULT_QUOTA  # the local cloud has no Service Quotas
        region = region_of(user_arn)
        if region not in self._quotas:
            self._quotas[region] = self._look_up_quota(region)
        return _told(self._quotas[region])

    def _look_for_obstacle(self, application: str, endpoint_type: str) -> str | NotKnownError:
        name = f"Application {application.rpartition('/')[2]}"
        try:
            channel = channel_of(self._services, application, endpoint_type)
            if channel is None and not application_exists(self._services, application):
                return f"{name} does not exist."
        except ClientError as error:
            return NotKnownError(not_known(error.operation_name, error))
        if channel is None:
            return f"{name} has no {endpoint_type} channel."
        return "" if channel.is_enabled else f"The {endpoint_type} channel of {name} is disabled."

    def _look_up_quota(self, region: str) -> int | NotKnownError:
        try:
            answer = self._services.quotas(region).get_service_quota(**_QUOTA)
        except ClientError as error:
            if error.response["Error"]["Code"] == _NO_OWN_QUOTA:
                return DEFAULT_QUOTA
            return NotKnownError(not_known("GetServiceQuota", error))
        return int(answer["Quota"]["Value"])


def _told(found: _Found | NotKnownError) -> _Found:
    if isinstance(found, NotKnownError):
        raise found
    return found
