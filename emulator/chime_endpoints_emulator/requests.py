"""A request to an emulated service that moto dispatches: read, recorded, subjected to faults, validated, answered."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, cast

from botocore.exceptions import EndpointConnectionError
from botocore.model import StructureShape
from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import BaseResponse
from moto.core.utils import get_service_model

from .answers import Answer, error_answer, result_answer
from .authorization import Authorizer, Permission
from .exceptions import ServiceError
from .parameters import read_parameters
from .routing import Route, route
from .service import EmulatedService
from .transport import CallTransport
from .validation import validate

Result = Mapping[str, Any] | None

_ACCESS_KEY = re.compile(r"\bCredential=([^/,\s]+)/")


class ServiceResponse(BaseResponse):
    """One request to a service. Subclasses add the operations."""

    error: ClassVar[type[ServiceError]]
    """The class of the service's errors, which also names the API model."""
    is_over_http = False
    authorizer: ClassVar[Authorizer | None] = None
    """The service that decides whether callers have the permissions they need. None allows everything."""

    def __init__(self) -> None:
        super().__init__(service_name=self.error.service)
        self._given: dict[str, Any] = {}

    @property
    @abstractmethod
    def backend(self) -> EmulatedService:
        """The backend of the caller's account and the request's region; KeyError in a region without the service."""

    @abstractmethod
    def _operation(self, name: str) -> Callable[[], Result] | None:
        """Return the operation with this name, or None if it is not emulated."""

    # The method's parameters, and whether it gets the request's bytes, differ between moto releases.
    def setup_class(self, request: Any, *args: Any, **options: Any) -> None:
        """Let moto read the request, with the body as bytes."""
        super().setup_class(request, *args, **{**options, "use_raw_body": True})
        self.is_over_http = self.is_over_http or self.is_werkzeug_request

    def call_action(self) -> TYPE_RESPONSE:
        """Record the call, apply faults and return the response."""
        answer = self._answer()
        return answer.status, {**self.response_headers, **answer.headers}, answer.body

    def _get_action(self) -> str:
        """Find the operation by method and path only. moto would also accept a parameter or header named Action."""
        found = self._route
        return found.operation if found else ""

    @property
    def _route(self) -> Route | None:
        return route(service=self.error.service, method=self.method, path=self.raw_path, query=self.parsed_url.query)

    def _answer(self) -> Answer:
        found = self._route
        if found is None or self._operation(found.operation) is None:
            return error_answer(self.error("UnknownOperationException", "Unknown operation"))
        try:
            backend = self.backend
        except KeyError:
            return self._no_such_region()
        model = get_service_model(self.error.service).operation_model(found.operation)
        error: ServiceError | None = None
        try:
            self._given = read_parameters(
                route=found, content=self.body or b"", shape=cast(StructureShape, model.input_shape), error=self.error
            )
        except ServiceError as caught:
            error = caught
        return self._pass(backend, found.operation, error)

    def _pass(self, backend: EmulatedService, operation: str, error: ServiceError | None) -> Answer:
        """Return the response to the given parameters, subject to faults."""
        model = get_service_model(self.error.service).operation_model(operation)
        shape = cast(StructureShape, model.input_shape)
        backend.record(operation, self._given)
        passage = CallTransport(
            backend=backend,
            operation=operation,
            parameters=self._given,
            success=int(model.http.get("responseCode", 200)),
            url=self.uri,
            over_http=self.is_over_http,
        )
        if (kept_from_it := passage.strike("before", None)) is not None:
            return kept_from_it  # the call had no effect, so no fault can come after it
        try:
            answer = result_answer(self._effect(backend, operation, shape, error), status=passage.success)
        except ServiceError as caught:
            answer = error_answer(caught)
        return passage.strike("after", answer) or answer

    def _effect(
        self, backend: EmulatedService, operation: str, shape: StructureShape, error: ServiceError | None
    ) -> Result:
        backend.admit()
        if error is not None:
            raise error
        self._authorize(backend.permissions_for(operation, self._given))
        validate(self._given, shape, error=self.error)
        perform = self._operation(operation)
        return perform() if perform else None

    def _authorize(self, needed: Sequence[Permission]) -> None:
        authorizer = type(self).authorizer
        if authorizer is None:
            return
        signed_by = _ACCESS_KEY.search(self.headers.get("Authorization", ""))  # moto's own knows only AWS's keys
        if signed_by is None:
            raise self.error("MissingAuthenticationTokenException", "Missing Authentication Token")
        try:
            denial = authorizer(access_key=signed_by[1], region=self.region, needed=needed)
        except OSError as error:
            raise self.error("ServiceUnavailableException", f"IAM does not answer: {error}") from error
        if denial is not None:
            if denial.permission in needed[1:]:  # the service's own call to another service is denied
                raise self.error("ForbiddenException", "Forbidden")
            raise self.error(denial.code, denial.text)

    def _no_such_region(self) -> Answer:
        """Fail as the service does in most regions, where its host name does not exist. A server can only reject."""
        if self.is_over_http:
            message = f"Credential should be scoped to a valid region; the service is not available in {self.region}"
            return error_answer(self.error("InvalidSignatureException", message))
        raise EndpointConnectionError(endpoint_url=self.uri)
