"""The errors that the services return, with the HTTP statuses from their API models."""

# ruff: noqa: N818 - the service defines these names
from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from moto.core.exceptions import ServiceException
from moto.core.utils import get_service_model

SERVICE = "chime-sdk-identity"
PUSH_SERVICE = "pinpoint"


class ServiceError(ServiceException):
    """An error response with an error code, a message and an HTTP status.

    ServiceException
        ServiceError
            IdentityError                         any code, including codes that are not in the API model
                BadRequestException
                ConflictException
                ForbiddenException
                NotFoundException                 in the API model, but on no endpoint operation
                ResourceLimitExceededException
                ThrottledClientException
            push.exceptions.PushError             the same for the push service
    """

    service: ClassVar[str]
    """The name of the API model that the errors belong to."""

    def __init__(self, code: str, message: str, status: int | None = None) -> None:
        super().__init__(code, message)
        self.status = modelled_status(code, service=self.service) if status is None else status

    @property
    def members(self) -> Mapping[str, str]:
        """The members of the error's JSON body."""
        return {"Message": self.message}


class IdentityError(ServiceError):
    """An error of the identity service."""

    service = SERVICE

    @property
    def members(self) -> Mapping[str, str]:
        """The members of the error's JSON body. `Code` uses other names than the header."""
        short_code = _SHORT_CODES.get(self.code) or self.code.removesuffix("Exception")
        return {"Code": short_code, **super().members}


class BadRequestException(IdentityError):
    """The form or the values of the request are invalid."""

    def __init__(self, message: str) -> None:
        super().__init__("BadRequestException", message)


class ConflictException(IdentityError):
    """The request conflicts with an existing resource."""

    def __init__(self, message: str) -> None:
        super().__init__("ConflictException", message)


class ForbiddenException(IdentityError):
    """The caller has no permission, or the resource does not exist. The service does not distinguish the two."""

    def __init__(self, message: str = "Forbidden") -> None:
        super().__init__("ForbiddenException", message)


class NotFoundException(IdentityError):
    """The resource does not exist."""

    def __init__(self, message: str = "Not found") -> None:
        super().__init__("NotFoundException", message)


class ResourceLimitExceededException(IdentityError):
    """A quota is exceeded."""

    def __init__(self, message: str) -> None:
        super().__init__("ResourceLimitExceededException", message)


class ThrottledClientException(IdentityError):
    """The account has exceeded its request rate."""

    def __init__(self, message: str = "Request rate limit exceeded") -> None:
        super().__init__("ThrottledClientException", message)


_SHORT_CODES = {
    "ThrottledClientException": "Throttled",
    "UnauthorizedClientException": "Unauthorized",
    "ServiceFailureException": "ServiceFailure",
}
_UNMODELLED_STATUSES = {
    "AccessDeniedException": 403,
    "ExpiredTokenException": 403,
    "InvalidSignatureException": 403,
    "MissingAuthenticationTokenException": 403,
    "UnknownOperationException": 404,
    "UnrecognizedClientException": 403,
}


def modelled_status(code: str, *, service: str) -> int:
    """Return the HTTP status of an error code, from the API model or AWS's common errors. The default is 400."""
    for shape in get_service_model(service).error_shapes:
        if shape.name == code:
            return int(shape.metadata["error"]["httpStatusCode"])
    return _UNMODELLED_STATUSES.get(code, 400)
