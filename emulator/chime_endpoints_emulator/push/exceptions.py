"""The errors of the push service, with the HTTP statuses from its API model."""

# ruff: noqa: N818 - the service defines these names
from __future__ import annotations

from collections.abc import Mapping
from uuid import uuid4

from chime_endpoints_emulator.exceptions import PUSH_SERVICE, ServiceError


class PushError(ServiceError):
    """An error of the push service."""

    service = PUSH_SERVICE

    @property
    def members(self) -> Mapping[str, str]:
        """The members of the error's JSON body."""
        return {**super().members, "RequestID": str(uuid4())}


class InvalidRequest(PushError):
    """The values of the request are invalid."""

    def __init__(self, message: str) -> None:
        super().__init__("BadRequestException", message)


class NotFound(PushError):
    """The application or channel does not exist."""

    def __init__(self, message: str = "Resource not found") -> None:
        super().__init__("NotFoundException", message)
