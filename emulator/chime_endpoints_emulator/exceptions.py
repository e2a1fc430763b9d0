"""The errors that the service answers, with the statuses that its model gives them."""

# ruff: noqa: N818 - the names are the service's
from __future__ import annotations

from moto.core.exceptions import ServiceException
from moto.core.utils import get_service_model

SERVICE = "chime-sdk-identity"


class IdentityError(ServiceException):
    """An error answer: the code of the header, a message, an HTTP status.

    ServiceException
        IdentityError                         any code, also one that the model does not have
            BadRequestException
            ConflictException
            ForbiddenException
            NotFoundException                 in the model, but on no endpoint operation
            ResourceLimitExceededException
            ThrottledClientException
    """

    def __init__(self, code: str, message: str, status: int | None = None) -> None:
        super().__init__(code, message)
        self.status = modelled_status(code) if status is None else status

    @property
    def short_code(self) -> str:
        """The value of the body's member Code, which has an enumeration of its own."""
        return _SHORT_CODES.get(self.code) or self.code.removesuffix("Exception")


class BadRequestException(IdentityError):
    """The request does not have the form or the values that the service takes."""

    def __init__(self, message: str) -> None:
        super().__init__("BadRequestException", message)


class ConflictException(IdentityError):
    """The request contradicts what is there."""

    def __init__(self, message: str) -> None:
        super().__init__("ConflictException", message)


class ForbiddenException(IdentityError):
    """No permission, or nothing there: the service does not tell which."""

    def __init__(self, message: str = "Forbidden") -> None:
        super().__init__("ForbiddenException", message)


class NotFoundException(IdentityError):
    """The resource does not exist."""

    def __init__(self, message: str = "Not found") -> None:
        super().__init__("NotFoundException", message)


class ResourceLimitExceededException(IdentityError):
    """A quota is used up."""

    def __init__(self, message: str) -> None:
        super().__init__("ResourceLimitExceededException", message)


class ThrottledClientException(IdentityError):
    """More calls of the account than the service takes in a second."""

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
    "UnknownOperationException": 404,
}


def modelled_status(code: str) -> int:
    """The HTTP status of an error code: the model's, that of AWS's common errors, else 400."""
    for shape in get_service_model(SERVICE).error_shapes:
        if shape.name == code:
            return int(shape.metadata["error"]["httpStatusCode"])
    return _UNMODELLED_STATUSES.get(code, 400)
